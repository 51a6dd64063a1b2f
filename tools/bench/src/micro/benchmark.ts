/** A piece of the data path, to be run over and over. */
export interface MicroBenchmark {
  /** `group/what`: "json/write flat". */
  readonly name: string;
  /** Makes what it needs; only those that run are prepared. */
  readonly prepare: () => Prepared;
}

export interface Prepared {
  /** How many operations one call of `run` makes: enough that the clock does not count. */
  readonly operations: number;
  /** Payload bytes of all these operations, for MB/s; 0 where it says nothing. */
  readonly bytes: number;
  readonly run: () => void;
}

let kept: unknown;

/** Makes a result count, so that the compiler cannot leave out what made it. */
export function keep(value: unknown): void {
  kept = value;
}

/** The last value that was kept. */
export const lastKept = (): unknown => kept;
