import { serveSharedServices } from "./shared.ts";

/** vitest's globalSetup: shared services last as long as the test run. */
export async function setup(): Promise<() => Promise<void>> {
  const services = await serveSharedServices();
  return async () => await services[Symbol.asyncDispose]();
}
