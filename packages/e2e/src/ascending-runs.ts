/** What a sequence of row numbers shows about losses and repetitions. */
export interface RunReport {
  /** How many numbers there were. */
  readonly count: number;
  readonly distinct: number;
  /** How often the sequence went back: once per restart is what at-least-once allows. */
  readonly rewinds: number;
  /** The first number after a jump forward over ones that had not been seen: a loss, unless it comes later. */
  readonly gaps: readonly number[];
}

/**
 * Reads a sequence that should count up from `first` by one, and may go back and count up
 * again. In an at-least-once pipeline of one partition a rewind repeats rows, but no row
 * may be jumped over.
 */
export class AscendingRuns {
  readonly #seen = new Set<number>();
  readonly #gaps: number[] = [];
  #count = 0;
  #rewinds = 0;
  #previous: number;
  #highest: number;

  constructor(first = 1) {
    this.#previous = this.#highest = first - 1;
  }

  add(number: number): void {
    this.#count++;
    if (number <= this.#previous) this.#rewinds++;
    else if (number > this.#previous + 1 && number > this.#highest + 1) this.#gaps.push(number);
    this.#seen.add(number);
    this.#previous = number;
    this.#highest = Math.max(this.#highest, number);
  }

  has(number: number): boolean {
    return this.#seen.has(number);
  }

  get distinct(): number {
    return this.#seen.size;
  }

  report(): RunReport {
    return {
      count: this.#count,
      distinct: this.#seen.size,
      rewinds: this.#rewinds,
      gaps: [...this.#gaps],
    };
  }
}

/** `AscendingRuns` of a sequence that is there as a whole. */
export function ascendingRuns(numbers: Iterable<number>, first = 1): RunReport {
  const runs = new AscendingRuns(first);
  for (const number of numbers) runs.add(number);
  return runs.report();
}
