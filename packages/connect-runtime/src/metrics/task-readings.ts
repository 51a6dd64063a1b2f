import {
  COUNT,
  MAX,
  MIN,
  placeOfSample,
  SAMPLES,
  type Stat,
  STATS,
  SUM,
  TALLIES,
  type Tally,
  WINDOW_MS,
} from "./task-memory.ts";

/** Where the records are that a task has read (I4): all of them add up to what it has read. */
export interface RecordsByFate {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly skipped: number;
  readonly deadLettered: number;
  readonly held: number;
}

/** What a task has measured, as it was at one moment. */
export class TaskReadings {
  readonly #slots: Float64Array;
  readonly #nowMs: number;
  /** Where the samples begin that are not out of date. */
  readonly #samples: readonly number[];
  readonly #rateMs: number;

  /** @param memory a task's (`newTaskMemory`), which may be written meanwhile */
  constructor(memory: SharedArrayBuffer, nowMs = Date.now()) {
    this.#slots = new Float64Array(memory).slice();
    this.#nowMs = nowMs;
    const count = this.#slots[SAMPLES]!;
    const windowMs = this.#slots[WINDOW_MS]!;
    this.#samples = Array.from({ length: count }, (_, i) => placeOfSample(i)).filter(
      (at) => nowMs - this.#slots[at]! < count * windowMs,
    );
    this.#rateMs = this.#timeCovered(windowMs, count);
  }

  tally(name: Tally): number {
    return this.#slots[TALLIES[name]]!;
  }

  get records(): RecordsByFate {
    const written = this.tally("written");
    const filtered = this.tally("filtered");
    const skipped = this.tally("skipped");
    const deadLettered = this.tally("deadLettered");
    const done = written + filtered + skipped + deadLettered;
    // Between a count of what is done and the one of what was read there may lie a moment.
    const read = Math.max(this.tally("read"), done);
    return { read, written, filtered, skipped, deadLettered, held: read - done };
  }

  /** Undefined where nothing was measured lately; as are the others. */
  average(stat: Stat): number | undefined {
    const count = this.#sum(stat, COUNT);
    return count === 0 ? undefined : this.#sum(stat, SUM) / count;
  }

  max(stat: Stat): number | undefined {
    return this.#extreme(stat, MAX, Math.max);
  }

  min(stat: Stat): number | undefined {
    return this.#extreme(stat, MIN, Math.min);
  }

  /** The sum per second. */
  rate(stat: Stat): number {
    return (this.#sum(stat, SUM) * 1000) / this.#rateMs;
  }

  /** How often per second. */
  frequency(stat: Stat): number {
    return (this.#sum(stat, COUNT) * 1000) / this.#rateMs;
  }

  #sum(stat: Stat, part: number): number {
    return this.#samples.reduce((sum, at) => sum + this.#slots[at + STATS[stat] + part]!, 0);
  }

  #extreme(stat: Stat, part: number, choose: (...values: number[]) => number): number | undefined {
    const values = this.#samples
      .map((at) => at + STATS[stat])
      .filter((at) => this.#slots[at + COUNT]! > 0)
      .map((at) => this.#slots[at + part]!);
    return values.length === 0 ? undefined : choose(...values);
  }

  /**
   * The time that rates are over. A sample that has only begun does not make them jump: all
   * but one of the windows count in full (Java: `Rate.windowSize`).
   */
  #timeCovered(windowMs: number, count: number): number {
    const oldest = Math.min(this.#nowMs, ...this.#samples.map((at) => this.#slots[at]!));
    const elapsedMs = this.#nowMs - oldest;
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / windowMs));
    return Math.max(elapsedMs + missing * windowMs, windowMs);
  }
}
