/** Waits; ends early, without an error, when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/**
 * Waits for a promise, but not longer than that and not beyond an abort; the promise
 * itself goes on. Undefined when it did not come in time.
 * @throws what the promise throws
 */
export function inTime<T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<{ readonly value: T } | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      end();
      resolve(undefined);
    };
    const timer = setTimeout(giveUp, Math.max(0, ms));
    signal.addEventListener("abort", giveUp);
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    promise.then((value) => resolve({ value }), reject).finally(end);
    if (signal.aborted) giveUp();
  });
}
