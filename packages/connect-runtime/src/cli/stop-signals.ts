const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Aborted on the first SIGINT or SIGTERM; a second one ends the process at once, with
 * what a shell expects of a process that a signal ended.
 */
export function stopSignal(onFirst: (signal: string) => void): AbortSignal {
  const stop = new AbortController();
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(128 + number);
      onFirst(signal);
      stop.abort();
    });
  }
  return stop.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
