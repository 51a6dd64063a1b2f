import type { SampleWindows } from "./sample-windows.ts";

/**
 * What a task measures, in memory that its thread writes and the main thread reads: nothing
 * is sent, nothing waits, and the figures of a thread that was ended are still there. All of
 * it is 64-bit floats: first how to read the rest, then the tallies, then the samples.
 */

/** Numbers that go up, or stand for now. The order matters: see {@link TALLIES}. */
const TALLY_NAMES = [
  // What became of records is read before how many there were, so that none seem to be lost (I4).
  "written",
  "filtered",
  "skipped",
  "deadLettered",
  "read",
  /** Records that `put` has taken, also those that were reported afterwards. */
  "sent",
  "commits",
  "commitAttempts",
  "recordFailures",
  "recordErrors",
  "recordsSkipped",
  "retries",
  "errorsLogged",
  "deadLetterRequests",
  "deadLetterFailures",
  /** Milliseconds since 1970; 0: there was none. */
  "lastErrorMs",
  "partitions",
  /** Records that were polled and are not committed, of the partition with most of them. */
  "uncommitted",
  /** Records in Kafka that are not polled, of the partition with most of them. */
  "lag",
  "produceRequests",
  "producedRecords",
  "producedBytes",
  "resentRecords",
  "unsentRecords",
  "fetches",
  "fetchedBytes",
] as const;

/** What is measured again and again: for each, a sample holds how often, the sum, the least and the greatest. */
const STAT_NAMES = [
  "batchSize",
  "pollMs",
  "written",
  "held",
  "putMs",
  "sent",
  "commitMs",
  "commitFailure",
  "transactionSize",
  /** Records of a produce request. */
  "producedRecords",
  /** Bytes of a batch. */
  "producedBytes",
  "produceMs",
  "resentRecords",
  "unsentRecords",
  /** Bytes of an answer. */
  "fetchedBytes",
  "fetchMs",
] as const;

export type Tally = (typeof TALLY_NAMES)[number];
export type Stat = (typeof STAT_NAMES)[number];

const HEADER = 3;
/** Places in the header. */
export const WINDOW_MS = 0;
export const SAMPLES = 1;
/** Which sample is being filled. */
export const CURRENT = 2;

export const TALLIES = placesOf(TALLY_NAMES, HEADER, 1);

const STAT_SIZE = 4;
/** Places of a statistic's parts, from where it begins. */
export const COUNT = 0;
export const SUM = 1;
export const MIN = 2;
export const MAX = 3;

/** Places of the statistics in a sample, which begins with the time it was begun at. */
export const STATS = placesOf(STAT_NAMES, 1, STAT_SIZE);
export const SAMPLE_SIZE = 1 + STAT_NAMES.length * STAT_SIZE;

const FIRST_SAMPLE = HEADER + TALLY_NAMES.length;

export function placeOfSample(index: number): number {
  return FIRST_SAMPLE + index * SAMPLE_SIZE;
}

/** Memory for one task; whoever runs it begins by clearing it. */
export function newTaskMemory({ windowMs, samples }: SampleWindows): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(placeOfSample(samples) * Float64Array.BYTES_PER_ELEMENT);
  const slots = new Float64Array(memory);
  slots[WINDOW_MS] = Math.max(1, windowMs);
  slots[SAMPLES] = samples;
  return memory;
}

/** Forgets all that was measured, and keeps how it is sampled. */
export function clear(slots: Float64Array): void {
  slots.fill(0, CURRENT);
}

function placesOf<const N extends string>(
  names: readonly N[],
  first: number,
  size: number,
): Readonly<Record<N, number>> {
  const places = names.map((name, i) => [name, first + i * size] as const);
  return Object.fromEntries(places) as Record<N, number>;
}
