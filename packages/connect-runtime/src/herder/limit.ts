import { ConnectError } from "@millrace/connect-api";

/**
 * Waits for something that may be held up, but not for ever.
 * @param late says what did not happen, or makes the error that does
 * @throws {ConnectError} when the time is over
 */
export async function withLimit<T>(
  promise: Promise<T>,
  ms: number,
  late: string | (() => ConnectError),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(typeof late === "string" ? new ConnectError(`${late} within ${ms} ms`) : late()),
      ms,
    );
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the promise settles or the time is over, whichever is first; throws neither way. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  await withLimit(promise, ms, "not settled").catch(() => undefined);
}
