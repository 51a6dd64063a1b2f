/** So long nothing more must come before what came is acted upon. */
const QUIET_MS = 50;
/** However much comes, so long after the first it is acted upon. */
const LONGEST_MS = 500;

/** Gathers what comes at nearly the same time, and acts once. */
export class Coalescer {
  readonly #act: (reasons: readonly string[]) => void;
  readonly #reasons = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #first = 0;

  constructor(act: (reasons: readonly string[]) => void) {
    this.#act = act;
  }

  get pending(): boolean {
    return this.#timer !== undefined;
  }

  add(reason: string): void {
    const now = Date.now();
    if (this.#timer === undefined) this.#first = now;
    this.#reasons.add(reason);
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, Math.min(QUIET_MS, this.#first + LONGEST_MS - now));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const reasons = [...this.#reasons];
      this.#reasons.clear();
      this.#act(reasons);
    }, waitMs);
  }

  /** What has come is forgotten. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
