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
export function ascendingRuns(numbers: Iterable<number>, first = 1): RunReport {
  const seen = new Set<number>();
  const gaps: number[] = [];
  let count = 0;
  let rewinds = 0;
  let previous = first - 1;
  let highest = first - 1;
  for (const number of numbers) {
    count++;
    if (number <= previous) rewinds++;
    else if (number > previous + 1 && number > highest + 1) gaps.push(number);
    seen.add(number);
    previous = number;
    highest = Math.max(highest, number);
  }
  return { count, distinct: seen.size, rewinds, gaps };
}
