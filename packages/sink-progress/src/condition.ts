/** Lets callers wait until something holds that other code makes true. */
export class Condition {
  readonly #checks = new Set<() => void>();

  /** To be called whenever what is waited for may have come to hold. */
  changed(): void {
    for (const check of this.#checks) check();
  }

  /**
   * @returns true once `holds` does, false when it did not in time
   * @throws the signal's reason when it is aborted first
   */
  async wait(holds: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (holds()) return true;
    return await new Promise<boolean>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#checks.delete(check);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const check = () => holds() && end(() => resolve(true));
      const abort = () => end(() => reject(signal?.reason as Error));
      const timer = setTimeout(() => end(() => resolve(false)), timeoutMs);
      this.#checks.add(check);
      signal?.addEventListener("abort", abort);
    });
  }
}
