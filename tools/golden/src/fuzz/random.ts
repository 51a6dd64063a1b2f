/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to `below`, without it. */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** True so many times out of a hundred. */
  chance(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)]!;
  }
}
