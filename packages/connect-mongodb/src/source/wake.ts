/** Wakes those that wait for something to change. */
export class Wake {
  #resolve: () => void = () => undefined;
  #promise = this.#next();

  /** Settles at the next signal. */
  get changed(): Promise<void> {
    return this.#promise;
  }

  signal(): void {
    const wake = this.#resolve;
    this.#promise = this.#next();
    wake();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

/** Settles when the signal is aborted; `dispose` when nobody waits any more. */
export function whenAborted(signal: AbortSignal): {
  readonly promise: Promise<undefined>;
  dispose(): void;
} {
  let listener: () => void = () => undefined;
  const promise = new Promise<undefined>((resolve) => {
    listener = () => resolve(undefined);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  return { promise, dispose: () => signal.removeEventListener("abort", listener) };
}
