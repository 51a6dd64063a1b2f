import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { obtain } from "./index.ts";

/** An engine that answers but cannot give containers, as on a machine without network. */
let engine: Server;
beforeAll(async () => {
  engine = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url?.endsWith("/info") === true) {
      response.end(JSON.stringify({ OperatingSystem: "Linux", Architecture: "x86_64", NCPU: 2 }));
    } else {
      response.statusCode = 500;
      response.end(JSON.stringify({ message: "out of order" }));
    }
  });
  await new Promise<void>((listening) => engine.listen(0, "127.0.0.1", listening));
  vi.stubEnv("DOCKER_HOST", `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`);
  vi.stubEnv("POSTGRES_URL", "");
});
afterAll(() => {
  vi.unstubAllEnvs();
  engine.close();
});

test("where Docker answers but gives no container, a process is started and the reason told", async () => {
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const postgres = await obtain("postgres");
  expect(told.mock.calls.join("")).toMatch(/Docker answers but gave no postgres.*out of order/);
  told.mockRestore();
  expect(postgres.origin).toBe("process");
  await postgres.close();
});
