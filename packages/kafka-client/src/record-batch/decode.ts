import { KafkaError } from "../errors.ts";
import { formatTopicPartition } from "../types.ts";
import type { RecordHeader } from "../types.ts";
import {
  ATTRIBUTE_CODEC,
  ATTRIBUTE_LOG_APPEND_TIME,
  BATCH_ATTRIBUTES,
  BATCH_BASE_OFFSET,
  BATCH_BASE_TIMESTAMP,
  BATCH_CRC,
  BATCH_LAST_OFFSET_DELTA,
  BATCH_LEADER_EPOCH,
  BATCH_LENGTH,
  BATCH_LENGTH_OVERHEAD,
  BATCH_MAX_TIMESTAMP,
  BATCH_RECORD_COUNT,
  BATCH_RECORDS,
  readInt64,
} from "./batch-header.ts";
import { CODECS, decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { readVarint, readVarlong, varintEnd } from "./varint.ts";

export type TimestampType = "CreateTime" | "LogAppendTime";

/**
 * Consecutive records of one partition, as columns over the buffer they arrived in: nothing is
 * copied. A row is named by its index, 0 to `length - 1`; the arrays may be longer than that.
 *
 * The whole buffer stays in memory as long as the object, or one key or value taken from it, is
 * referenced: copy what is kept for long.
 */
export interface FetchedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly length: number;
  readonly buffer: Buffer;
  readonly offsets: Float64Array;
  /** Milliseconds since 1970; -1 where the writer gave none. */
  readonly timestamps: Float64Array;
  readonly timestampType: TimestampType;
  /** Epoch of the leader that wrote the last of these records, -1 where unknown (for commits). */
  readonly leaderEpoch: number;
  /** Where the keys lie in `buffer`, end exclusive; a start of -1 is a null key. */
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  /** Where the values lie in `buffer`, end exclusive; a start of -1 is a null value. */
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** A view, not a copy. */
  key(index: number): Buffer | null;
  /** A view, not a copy. */
  value(index: number): Buffer | null;
  /** The value as UTF-8 text: cheaper than `value(index)?.toString()`. */
  valueText(index: number): string | null;
  keyText(index: number): string | null;
  /** In the order they were written, with duplicates and nulls; one shared empty array where none. */
  headers(index: number): readonly RecordHeader[];
}

/** Two columns of float64, five of int32. */
const ROW_BYTES = 2 * 8 + 5 * 4;

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);

/** The columns, filled row by row by the decoder and then handed out as `FetchedRecords`. */
export class RecordColumns implements FetchedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly buffer: Buffer;
  readonly timestampType: TimestampType;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** Where a row's header count stands; -1 where it has no headers. */
  readonly headerStart: Int32Array;
  length = 0;
  leaderEpoch = -1;

  constructor(
    topic: string,
    partition: number,
    buffer: Buffer,
    timestampType: TimestampType,
    capacity: number,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.buffer = buffer;
    this.timestampType = timestampType;
    // One piece of memory for all: V8 keeps account of each.
    const memory = new ArrayBuffer(capacity * ROW_BYTES);
    const ints = (column: number) => new Int32Array(memory, capacity * (16 + 4 * column), capacity);
    this.offsets = new Float64Array(memory, 0, capacity);
    this.timestamps = new Float64Array(memory, capacity * 8, capacity);
    this.keyStart = ints(0);
    this.keyEnd = ints(1);
    this.valueStart = ints(2);
    this.valueEnd = ints(3);
    this.headerStart = ints(4);
  }

  key(index: number): Buffer | null {
    const start = this.keyStart[index]!;
    return start < 0 ? null : this.buffer.subarray(start, this.keyEnd[index]);
  }

  value(index: number): Buffer | null {
    const start = this.valueStart[index]!;
    return start < 0 ? null : this.buffer.subarray(start, this.valueEnd[index]);
  }

  keyText(index: number): string | null {
    const start = this.keyStart[index]!;
    return start < 0 ? null : this.buffer.toString("utf8", start, this.keyEnd[index]);
  }

  valueText(index: number): string | null {
    const start = this.valueStart[index]!;
    return start < 0 ? null : this.buffer.toString("utf8", start, this.valueEnd[index]);
  }

  headers(index: number): readonly RecordHeader[] {
    const start = this.headerStart[index]!;
    return start < 0 ? NO_HEADERS : readHeaders(this.buffer, start);
  }
}

function readHeaders(buffer: Buffer, start: number): RecordHeader[] {
  const count = readVarint(buffer, start);
  let position = varintEnd;
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(buffer, position);
    const key = buffer.toString("utf8", varintEnd, varintEnd + keyLength);
    const valueLength = readVarint(buffer, varintEnd + keyLength);
    const valueStart = varintEnd;
    position = valueLength < 0 ? valueStart : valueStart + valueLength;
    headers.push({ key, value: valueLength < 0 ? null : buffer.subarray(valueStart, position) });
  }
  return headers;
}

/**
 * One record batch opened for reading: checksum verified, records decompressed. `read` moves rows
 * into columns; where it stopped is kept, so that a poll may end in the middle of a batch.
 */
export class OpenBatch {
  /** The records: the response itself, or what was decompressed from it. */
  readonly buffer: Buffer;
  readonly timestampType: TimestampType;
  /** The offset after the batch, which in a compacted log may lie far behind its last record. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  remaining: number;
  readonly #topic: string;
  readonly #partition: number;
  readonly #baseOffset: number;
  readonly #baseTimestamp: number;
  readonly #end: number;
  #position: number;

  constructor(topic: string, partition: number, response: Buffer, at: number, checkCrc: boolean) {
    this.#topic = topic;
    this.#partition = partition;
    this.#baseOffset = readInt64(response, at + BATCH_BASE_OFFSET);
    this.nextOffset = this.#baseOffset + response.readInt32BE(at + BATCH_LAST_OFFSET_DELTA) + 1;
    this.leaderEpoch = response.readInt32BE(at + BATCH_LEADER_EPOCH);
    this.remaining = response.readInt32BE(at + BATCH_RECORD_COUNT);
    const end = at + BATCH_LENGTH_OVERHEAD + response.readInt32BE(at + BATCH_LENGTH);
    if (checkCrc) this.#verify(response, at, end);

    const attributes = response.readInt16BE(at + BATCH_ATTRIBUTES);
    const appendTime = (attributes & ATTRIBUTE_LOG_APPEND_TIME) !== 0;
    this.timestampType = appendTime ? "LogAppendTime" : "CreateTime";
    this.#baseTimestamp = readInt64(
      response,
      at + (appendTime ? BATCH_MAX_TIMESTAMP : BATCH_BASE_TIMESTAMP),
    );

    const codec = CODECS[attributes & ATTRIBUTE_CODEC];
    if (codec === "none") {
      this.buffer = response;
      this.#position = at + BATCH_RECORDS;
      this.#end = end;
    } else {
      this.buffer = this.#decompress(codec, response.subarray(at + BATCH_RECORDS, end));
      this.#position = 0;
      this.#end = this.buffer.length;
    }
  }

  /** Moves up to `max` rows into `columns`, leaving out those before `fromOffset`. */
  read(columns: RecordColumns, fromOffset: number, max: number): void {
    const { buffer } = this;
    const { offsets, timestamps, keyStart, keyEnd, valueStart, valueEnd, headerStart } = columns;
    const appendTime = this.timestampType === "LogAppendTime";
    const baseOffset = this.#baseOffset;
    const baseTimestamp = this.#baseTimestamp;
    const batchEnd = this.#end;
    let position = this.#position;
    let row = columns.length;
    const stop = row + max;
    let remaining = this.remaining;

    while (remaining > 0 && row < stop) {
      const length = readVarint(buffer, position);
      const bodyStart = varintEnd;
      const recordEnd = bodyStart + length;
      if (length <= 0 || recordEnd > batchEnd) throw this.#corrupt(`a record of ${length} bytes`);

      // The byte before the timestamp delta holds the record's attributes: none are in use.
      const timestampDelta = readVarlong(buffer, bodyStart + 1);
      const offset = baseOffset + readVarint(buffer, varintEnd);
      const keyLength = readVarint(buffer, varintEnd);
      const keyAt = varintEnd;
      const afterKey = keyLength < 0 ? keyAt : keyAt + keyLength;
      const valueLength = readVarint(buffer, afterKey);
      const valueAt = varintEnd;
      const afterValue = valueLength < 0 ? valueAt : valueAt + valueLength;
      if (afterValue >= recordEnd) throw this.#corrupt(`offset ${offset}, longer than its record`);

      position = recordEnd;
      remaining--;
      if (offset < fromOffset) continue;
      offsets[row] = offset;
      timestamps[row] = appendTime ? baseTimestamp : baseTimestamp + timestampDelta;
      keyStart[row] = keyLength < 0 ? -1 : keyAt;
      keyEnd[row] = afterKey;
      valueStart[row] = valueLength < 0 ? -1 : valueAt;
      valueEnd[row] = afterValue;
      headerStart[row] = buffer[afterValue] === 0 ? -1 : afterValue;
      row++;
    }
    this.#position = position;
    this.remaining = remaining;
    columns.length = row;
    columns.leaderEpoch = this.leaderEpoch;
  }

  #verify(response: Buffer, at: number, end: number): void {
    const stored = response.readUInt32BE(at + BATCH_CRC);
    const computed = crc32c(response.subarray(at + BATCH_ATTRIBUTES, end));
    if (stored !== computed)
      throw this.#corrupt(`checksum ${computed} where the batch says ${stored}`);
  }

  #decompress(codec: (typeof CODECS)[number] | undefined, records: Buffer): Buffer {
    if (codec === undefined || codec === "none") throw this.#corrupt("an unknown compression");
    try {
      return decompress(codec, records);
    } catch (cause) {
      throw this.#corrupt(`${codec} data that does not decompress`, cause);
    }
  }

  #corrupt(found: string, cause?: unknown): KafkaError {
    const { topic, partition } = { topic: this.#topic, partition: this.#partition };
    return new KafkaError(
      "CORRUPT_MESSAGE",
      `Could not read the batch at offset ${this.#baseOffset} of ${formatTopicPartition(topic, partition)}: ` +
        `it holds ${found}; read past it with a seek, or restore the partition from a replica`,
      { topic, partition, retriable: false, cause },
    );
  }
}
