import { KafkaError } from "../errors.ts";
import { formatTopicPartition } from "../types.ts";
import {
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_TRANSACTIONAL,
  BATCH_ATTRIBUTES,
  BATCH_LAST_OFFSET_DELTA,
  BATCH_LEADER_EPOCH,
  BATCH_LENGTH,
  BATCH_LENGTH_OVERHEAD,
  BATCH_MAGIC,
  BATCH_PRODUCER_ID,
  BATCH_RECORD_COUNT,
  BATCH_RECORDS,
  readInt64,
} from "./batch-header.ts";
import { OpenBatch, RecordColumns } from "./decode.ts";
import type { FetchedRecords } from "./decode.ts";
import { readVarint, varintEnd } from "./varint.ts";

/** A transaction that the broker says was aborted: its records lie at `firstOffset` and after. */
export interface AbortedTransaction {
  producerId: number;
  firstOffset: number;
}

/** What one partition got in one fetch response. */
export interface PartitionData {
  topic: string;
  partition: number;
  buffer: Buffer;
  /** Where the record batches lie in `buffer`, end exclusive. The last one may be cut off. */
  start: number;
  end: number;
  /** Null: read everything. Else in read_committed mode, ordered by first offset. */
  aborted: readonly AbortedTransaction[] | null;
}

/** A control record's key: version (int16), then type (int16). */
const ABORT_MARKER = 0;

/**
 * Walks the record batches one partition got in one response: control markers, aborted
 * transactions and what lies before the position are passed over (Java: CompletedFetch).
 * Batches are opened one at a time, as they are read.
 */
export class BatchCursor {
  readonly topic: string;
  readonly partition: number;
  /** Bytes of the response that belong to this partition. */
  readonly byteLength: number;
  /** The offset after everything returned or passed over so far. */
  position: number;
  readonly #buffer: Buffer;
  readonly #end: number;
  readonly #checkCrcs: boolean;
  readonly #aborted: readonly AbortedTransaction[] | null;
  /** Aborted transactions whose records have been reached, as producer ids. */
  readonly #abortedProducers = new Set<number>();
  #nextAborted = 0;
  #at: number;
  #open: OpenBatch | undefined;

  constructor(data: PartitionData, position: number, checkCrcs: boolean) {
    this.topic = data.topic;
    this.partition = data.partition;
    this.position = position;
    this.byteLength = data.end - data.start;
    this.#buffer = data.buffer;
    this.#at = data.start;
    this.#end = data.end;
    this.#aborted = data.aborted;
    this.#checkCrcs = checkCrcs;
  }

  /**
   * The next records, at most `max`; undefined once nothing is left. `position` has then passed
   * markers and aborted records at the end, too.
   *
   * @throws KafkaError CORRUPT_MESSAGE; `position` stays before the batch that cannot be read
   */
  next(max: number): FetchedRecords | undefined {
    let columns: RecordColumns | undefined;
    try {
      while (columns === undefined || columns.length < max) {
        this.#open ??= this.#openNext();
        const batch = this.#open;
        if (batch === undefined) break;
        if (columns === undefined) {
          const capacity = Math.min(max, batch.remaining + this.#recordsAhead(batch, max));
          columns = this.#columnsFor(batch, capacity);
        } else if (
          columns.buffer !== batch.buffer ||
          columns.timestampType !== batch.timestampType ||
          columns.length === columns.offsets.length
        ) {
          break;
        }
        this.#read(batch, columns);
        // All of it lay before the position: the next batch may need other columns.
        if (columns.length === 0) columns = undefined;
      }
    } catch (error) {
      // What was read before the bad batch is handed out first: the position has passed it.
      if (columns === undefined || columns.length === 0) throw error;
    }
    return columns;
  }

  #read(batch: OpenBatch, columns: RecordColumns): void {
    batch.read(columns, this.position, columns.offsets.length - columns.length);
    if (batch.remaining > 0) {
      this.position = columns.offsets[columns.length - 1]! + 1;
    } else {
      this.position = Math.max(this.position, batch.nextOffset);
      this.#open = undefined;
    }
  }

  #columnsFor(batch: OpenBatch, capacity: number): RecordColumns {
    return new RecordColumns(
      this.topic,
      this.partition,
      batch.buffer,
      batch.timestampType,
      capacity,
    );
  }

  /** How many more records may follow in the same buffer: an upper bound for the columns' size. */
  #recordsAhead(batch: OpenBatch, max: number): number {
    if (batch.buffer !== this.#buffer) return 0;
    let count = 0;
    let at = this.#at;
    while (count < max && isComplete(this.#buffer, at, this.#end)) {
      count += this.#buffer.readInt32BE(at + BATCH_RECORD_COUNT);
      at = batchEnd(this.#buffer, at);
    }
    return count;
  }

  /** Opens the next batch that has records for the reader. */
  #openNext(): OpenBatch | undefined {
    const buffer = this.#buffer;
    while (isComplete(buffer, this.#at, this.#end)) {
      const at = this.#at;
      this.#checkMagic(at);
      const nextOffset =
        readInt64(buffer, at) + buffer.readInt32BE(at + BATCH_LAST_OFFSET_DELTA) + 1;
      if (nextOffset > this.position && !this.#passesOver(at, nextOffset - 1)) {
        const batch = new OpenBatch(this.topic, this.partition, buffer, at, this.#checkCrcs);
        this.#at = batchEnd(buffer, at);
        if (batch.remaining > 0) return batch;
      }
      this.#at = batchEnd(buffer, at);
      this.position = Math.max(this.position, nextOffset);
    }
    return undefined;
  }

  /** Whether a batch is a control marker or belongs to an aborted transaction. */
  #passesOver(at: number, lastOffset: number): boolean {
    const attributes = this.#buffer.readInt16BE(at + BATCH_ATTRIBUTES);
    const control = (attributes & ATTRIBUTE_CONTROL) !== 0;
    if (this.#aborted === null) return control;

    // A producer may abort several transactions within one response, and a committed one may lie
    // between them: each entry counts from its first offset up to that producer's abort marker.
    let next = this.#aborted[this.#nextAborted];
    while (next !== undefined && next.firstOffset <= lastOffset) {
      this.#abortedProducers.add(next.producerId);
      next = this.#aborted[++this.#nextAborted];
    }
    const producerId = readInt64(this.#buffer, at + BATCH_PRODUCER_ID);
    if (control) {
      if (this.#isAbortMarker(at)) this.#abortedProducers.delete(producerId);
      return true;
    }
    return (attributes & ATTRIBUTE_TRANSACTIONAL) !== 0 && this.#abortedProducers.has(producerId);
  }

  /** Control batches hold one record and are never compressed. */
  #isAbortMarker(at: number): boolean {
    const buffer = this.#buffer;
    if (buffer.readInt32BE(at + BATCH_RECORD_COUNT) === 0) return false;
    readVarint(buffer, at + BATCH_RECORDS);
    readVarint(buffer, varintEnd + 1);
    readVarint(buffer, varintEnd);
    const keyLength = readVarint(buffer, varintEnd);
    return keyLength >= 4 && buffer.readInt16BE(varintEnd + 2) === ABORT_MARKER;
  }

  #checkMagic(at: number): void {
    const magic = this.#buffer[at + BATCH_MAGIC];
    if (magic === 2) return;
    const { topic, partition } = this;
    throw new KafkaError(
      "UNSUPPORTED_FOR_MESSAGE_FORMAT",
      `Could not read ${formatTopicPartition(topic, partition)} from offset ${this.position}: the batch is in ` +
        `message format ${magic}, from before Kafka 0.11; copy the topic with a client that writes format 2`,
      { topic, partition, retriable: false },
    );
  }
}

/** The end of what a response holds for a partition: where the next fetch goes on. */
export interface FetchEnd {
  /** The offset after the last complete batch. */
  nextOffset: number;
  /** That batch's leader epoch. */
  leaderEpoch: number;
}

/** Finds out from batch headers alone where the next fetch goes on; undefined without a batch. */
export function fetchEnd(buffer: Buffer, start: number, end: number): FetchEnd | undefined {
  let last = -1;
  for (let at = start; isComplete(buffer, at, end); at = batchEnd(buffer, at)) last = at;
  if (last < 0) return undefined;
  return {
    nextOffset: readInt64(buffer, last) + buffer.readInt32BE(last + BATCH_LAST_OFFSET_DELTA) + 1,
    leaderEpoch: buffer.readInt32BE(last + BATCH_LEADER_EPOCH),
  };
}

function batchEnd(buffer: Buffer, at: number): number {
  return at + BATCH_LENGTH_OVERHEAD + buffer.readInt32BE(at + BATCH_LENGTH);
}

/** The broker cuts the last batch off where a response is full. */
function isComplete(buffer: Buffer, at: number, end: number): boolean {
  if (at + BATCH_RECORDS > end) return false;
  const next = batchEnd(buffer, at);
  return next > at + BATCH_LENGTH_OVERHEAD && next <= end;
}
