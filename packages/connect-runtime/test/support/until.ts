import { setTimeout as delay } from "node:timers/promises";

/** Waits until something is true; fails after a few seconds saying what was not. */
export async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`Not within 5 s: ${what}`);
    await delay(5);
  }
}
