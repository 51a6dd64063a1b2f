import { setTimeout as delay } from "node:timers/promises";

const LIMIT_MS = 30_000;

/** Waits until something is true; fails after half a minute saying what was not. */
export async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`Not within ${LIMIT_MS} ms: ${what}`);
    await delay(5);
  }
}
