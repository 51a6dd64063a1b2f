/** How long a task has been in each of its states since it was started (Java: `StateTracker`). */
export class StateTimes {
  readonly #now: () => number;
  readonly #beganMs: number;
  readonly #passedMs = new Map<string, number>();
  #state: string | undefined;
  #sinceMs: number;

  /** @param now milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#beganMs = this.#sinceMs = now();
  }

  reached(state: string): void {
    const nowMs = this.#now();
    if (this.#state !== undefined) {
      this.#passedMs.set(this.#state, this.#msIn(this.#state, nowMs));
    }
    this.#state = state;
    this.#sinceMs = nowMs;
  }

  /** The share of all the time, 0 to 1. */
  ratio(state: string): number {
    const nowMs = this.#now();
    const allMs = nowMs - this.#beganMs;
    return allMs <= 0 ? 0 : this.#msIn(state, nowMs) / allMs;
  }

  #msIn(state: string, nowMs: number): number {
    const before = this.#passedMs.get(state) ?? 0;
    return state === this.#state ? before + nowMs - this.#sinceMs : before;
  }
}
