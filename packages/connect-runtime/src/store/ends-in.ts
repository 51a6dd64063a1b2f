/** Waits no longer than until the signal is aborted. @throws what the promise throws; the signal's reason */
export async function endsIn<T>(deadline: AbortSignal, promise: Promise<T>): Promise<T> {
  deadline.throwIfAborted();
  let giveUp: (() => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => reject(deadline.reason as Error);
    deadline.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    deadline.removeEventListener("abort", giveUp!);
  }
}
