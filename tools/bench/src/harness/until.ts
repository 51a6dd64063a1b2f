import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again until the answer is yes.
 * @throws Error when it takes longer than `timeoutMs`
 */
export async function until(
  what: string,
  reached: () => Promise<boolean>,
  { everyMs = 50, timeoutMs = 300_000 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`Not after ${timeoutMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}
