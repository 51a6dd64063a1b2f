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
 * Waits for a promise, but not beyond an abort; the promise itself goes on.
 * @returns undefined where the abort came first
 * @throws what the promise throws
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T } | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      signal.removeEventListener("abort", giveUp);
      resolve(undefined);
    };
    signal.addEventListener("abort", giveUp);
    promise
      .then((value) => resolve({ value }), reject)
      .finally(() => signal.removeEventListener("abort", giveUp));
    if (signal.aborted) giveUp();
  });
}
