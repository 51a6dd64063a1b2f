/** Which of the numbers 0 to `expected - 1` came, and how often. */
export class Arrivals {
  readonly #times: Uint8Array;
  /** What came that nobody sent. */
  strange = 0;

  constructor(expected: number) {
    this.#times = new Uint8Array(expected);
  }

  add(number: number): void {
    const times = this.#times[number];
    if (times === undefined) this.strange++;
    else if (times < 255) this.#times[number] = times + 1;
  }

  get missing(): number {
    return this.#times.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0);
  }

  /** Arrivals beyond the first of each number. */
  get repeated(): number {
    return this.#times.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
  }
}
