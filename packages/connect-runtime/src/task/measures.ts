import type { FetchObserver, ProduceObserver } from "@millrace/kafka-client";
import { DEFAULT_WINDOWS } from "../metrics/sample-windows.ts";
import {
  clear,
  COUNT,
  CURRENT,
  MAX,
  MIN,
  newTaskMemory,
  placeOfSample,
  SAMPLE_SIZE,
  SAMPLES,
  type Stat,
  STATS,
  SUM,
  TALLIES,
  type Tally,
  WINDOW_MS,
} from "../metrics/task-memory.ts";
import type { TaskCounters } from "./counters.ts";

/** How the commits of a task's offsets go. */
export interface CommitMeasures {
  committed(durationMs: number): void;
  commitFailed(): void;
}

/** What happens to records that fail (Java: `ErrorHandlingMetrics`). */
export interface ErrorMeasures {
  /** An operation on a record threw, also when it is to be repeated. */
  recordFailed(): void;
  retried(): void;
  /** A record was given up by the task, which fails or skips it. */
  gaveUp(skipped: boolean): void;
  errorLogged(): void;
  deadLetterRequested(): void;
  deadLetterFailed(): void;
}

/**
 * What a task measures of itself, batch by batch: a few additions in memory that the main
 * thread reads when somebody looks ({@link newTaskMemory}).
 */
export class TaskMeasures implements TaskCounters, CommitMeasures, ErrorMeasures {
  readonly #slots: Float64Array;
  readonly #windowMs: number;
  readonly #samples: number;
  /** Of the producer that writes a source's records (Java: `SenderMetricsRegistry`). */
  readonly producer: ProduceObserver = {
    requestSent: (records, batchBytes) => {
      this.#count("produceRequests");
      this.#add("producedRecords", records);
      for (const bytes of batchBytes) this.#add("producedBytes", bytes);
    },
    requestEnded: (latencyMs) => this.#note(STATS.produceMs, latencyMs),
    retried: (records) => this.#add("resentRecords", records),
    failed: (records) => this.#add("unsentRecords", records),
  };
  /** Of the consumer that reads a sink's records (Java: `FetchMetricsManager`). */
  readonly consumer: FetchObserver = {
    fetched: (bytes, latencyMs) => {
      this.#count("fetches");
      this.#add("fetchedBytes", bytes);
      this.#note(STATS.fetchMs, latencyMs);
    },
  };
  /** Where the sample that is being filled begins. */
  #sample = placeOfSample(0);

  /** @param memory what was in it is forgotten: a task counts from its start */
  constructor(memory = newTaskMemory(DEFAULT_WINDOWS)) {
    this.#slots = new Float64Array(memory);
    this.#windowMs = this.#slots[WINDOW_MS]!;
    this.#samples = this.#slots[SAMPLES]!;
    clear(this.#slots);
  }

  get read(): number {
    return this.#slots[TALLIES.read]!;
  }
  set read(count: number) {
    this.#slots[TALLIES.read] = count;
  }

  get written(): number {
    return this.#slots[TALLIES.written]!;
  }
  set written(count: number) {
    const more = count - this.written;
    this.#slots[TALLIES.written] = count;
    // It goes down when a sink's task reports what it had taken.
    if (more > 0) this.#note(STATS.written, more);
  }

  get filtered(): number {
    return this.#slots[TALLIES.filtered]!;
  }
  set filtered(count: number) {
    this.#slots[TALLIES.filtered] = count;
  }

  get skipped(): number {
    return this.#slots[TALLIES.skipped]!;
  }
  set skipped(count: number) {
    this.#slots[TALLIES.skipped] = count;
  }

  get deadLettered(): number {
    return this.#slots[TALLIES.deadLettered]!;
  }
  set deadLettered(count: number) {
    this.#slots[TALLIES.deadLettered] = count;
  }

  /**
   * A poll has given records.
   * @param durationMs how long a source's plugin took
   */
  polled(count: number, durationMs?: number): void {
    this.#note(STATS.batchSize, count);
    if (durationMs !== undefined) this.#note(STATS.pollMs, durationMs);
  }

  /** Records that are under way, at a moment that is typical of the task. */
  holds(count: number): void {
    this.#note(STATS.held, count);
  }

  /** `put` has taken records. */
  put(count: number, durationMs: number): void {
    this.#slots[TALLIES.sent]! += count;
    this.#note(STATS.sent, count);
    this.#note(STATS.putMs, durationMs);
  }

  committed(durationMs: number): void {
    this.#slots[TALLIES.commitAttempts]!++;
    this.#slots[TALLIES.commits]!++;
    this.#note(STATS.commitMs, durationMs);
    this.#note(STATS.commitFailure, 0);
  }

  commitFailed(): void {
    this.#slots[TALLIES.commitAttempts]!++;
    this.#note(STATS.commitFailure, 1);
  }

  /** A transaction was committed, with so many records in it. */
  transaction(size: number): void {
    this.#note(STATS.transactionSize, size);
  }

  /** Where a sink's consumer is. */
  position(partitions: number, uncommitted: number, lag: number): void {
    this.#slots[TALLIES.partitions] = partitions;
    this.#slots[TALLIES.uncommitted] = uncommitted;
    this.#slots[TALLIES.lag] = lag;
  }

  recordFailed(): void {
    this.#count("recordFailures");
    this.#slots[TALLIES.lastErrorMs] = Date.now();
  }

  retried(): void {
    this.#count("retries");
  }

  gaveUp(skipped: boolean): void {
    this.#count("recordErrors");
    if (skipped) this.#count("recordsSkipped");
  }

  errorLogged(): void {
    this.#count("errorsLogged");
  }

  deadLetterRequested(): void {
    this.#count("deadLetterRequests");
  }

  deadLetterFailed(): void {
    this.#count("deadLetterFailures");
  }

  #count(tally: Tally): void {
    this.#slots[TALLIES[tally]]!++;
  }

  /** Counts a number whose rate is of interest, too. */
  #add(name: Tally & Stat, value: number): void {
    this.#slots[TALLIES[name]]! += value;
    this.#note(STATS[name], value);
  }

  #note(stat: number, value: number): void {
    const slots = this.#slots;
    const at = this.#currentSample() + stat;
    if (slots[at + COUNT]!++ === 0) {
      slots[at + MIN] = slots[at + MAX] = value;
    } else if (value < slots[at + MIN]!) slots[at + MIN] = value;
    else if (value > slots[at + MAX]!) slots[at + MAX] = value;
    slots[at + SUM]! += value;
  }

  /** The sample to fill now: when one covers its window, the oldest one is emptied and begun. */
  #currentSample(): number {
    const slots = this.#slots;
    const nowMs = Date.now();
    if (nowMs - slots[this.#sample]! >= this.#windowMs) {
      const next = slots[this.#sample] === 0 ? 0 : (slots[CURRENT]! + 1) % this.#samples;
      this.#sample = placeOfSample(next);
      slots.fill(0, this.#sample, this.#sample + SAMPLE_SIZE);
      slots[this.#sample] = nowMs;
      slots[CURRENT] = next;
    }
    return this.#sample;
  }
}
