import type { Bytes, RecordHeader } from "../types.ts";
import {
  ATTRIBUTE_TRANSACTIONAL,
  BATCH_ATTRIBUTES,
  BATCH_BASE_OFFSET,
  BATCH_BASE_SEQUENCE,
  BATCH_BASE_TIMESTAMP,
  BATCH_CRC,
  BATCH_LAST_OFFSET_DELTA,
  BATCH_LEADER_EPOCH,
  BATCH_LENGTH,
  BATCH_LENGTH_OVERHEAD,
  BATCH_MAGIC,
  BATCH_MAX_TIMESTAMP,
  BATCH_PRODUCER_EPOCH,
  BATCH_PRODUCER_ID,
  BATCH_RECORDS,
  BATCH_RECORD_COUNT,
} from "./batch-header.ts";
import { CODECS, type Codec } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import {
  boundOf,
  boundOfHeaders,
  guessedHeaders,
  guessedSize,
  sizeOf,
  sizeOfHeaders,
  writeBytes,
  writeHeaders,
} from "./record-fields.ts";
import { RepeatedHeaders } from "./repeated-headers.ts";
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "./varint.ts";

/** Where encoders get their memory from, and give it back to. */
export interface BufferSource {
  /** At least `size` bytes. */
  take(size: number): Buffer;
  give(buffer: Buffer): void;
}

/** Who wrote a batch; -1 throughout for a producer that is not idempotent. */
export interface ProducerStamp {
  producerId: number;
  epoch: number;
  baseSequence: number;
  transactional: boolean;
}

/** Varints of record length, offset delta, key length, value length, header count, and attributes. */
const FIXED_BOUND = 5 * 5 + 10 + 1;

/**
 * One record batch being written (message format 2). Records go straight into one growing buffer:
 * no object, promise or intermediate buffer per record (design: work in batches).
 */
export class BatchEncoder {
  readonly #source: BufferSource;
  #buffer: Buffer;
  #end = BATCH_RECORDS;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(source: BufferSource, initialSize: number) {
    this.#source = source;
    this.#buffer = source.take(Math.max(initialSize, 256));
  }

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes so far, with the batch's header. */
  get size(): number {
    return this.#end;
  }

  /** Bytes of memory it holds. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /**
   * Appends a record unless the batch would grow beyond `limit` bytes.
   * @returns false when it would; the batch is as before
   */
  append(
    timestampMs: number,
    key: Bytes,
    value: Bytes,
    headers: readonly RecordHeader[] | null | undefined,
    limit: number,
  ): boolean {
    const count = this.#count;
    const delta = count === 0 ? 0 : timestampMs - this.#baseTimestamp;
    const hasHeaders = headers != null && headers.length > 0;
    const packed = hasHeaders ? lastHeaders.bytesOf(headers) : undefined;
    const bound =
      FIXED_BOUND + boundOf(key) + boundOf(value) + (packed?.length ?? boundOfHeaders(headers));
    const roomy = this.#end + bound <= this.#buffer.length && this.#end + bound <= limit;
    if (!roomy && !this.#makeRoom(exactSize(delta, count, key, value, headers), limit))
      return false;

    const buffer = this.#buffer;
    const start = this.#end;
    // The length comes first, but is known last. We guess it as if strings were ASCII: where they
    // are not, it can only grow, and the record is moved by the byte or two its length then takes.
    const guess =
      1 +
      sizeOfVarlong(delta) +
      sizeOfVarint(count) +
      guessedSize(key) +
      guessedSize(value) +
      (hasHeaders ? (packed?.length ?? guessedHeaders(headers)) : 1);
    const width = sizeOfVarint(guess);
    const body = start + width;
    buffer[body] = 0; // attributes: none are defined
    let at = writeVarlong(buffer, body + 1, delta);
    at = writeVarint(buffer, at, count);
    at = writeBytes(buffer, at, key);
    at = writeBytes(buffer, at, value);
    if (!hasHeaders) buffer[at++] = 0;
    else if (packed === undefined) at = writeHeaders(buffer, at, headers);
    else {
      buffer.set(packed, at);
      at += packed.length;
    }
    const length = at - body;
    if (length !== guess) {
      const actualWidth = sizeOfVarint(length);
      if (actualWidth !== width) {
        buffer.copyWithin(start + actualWidth, body, at);
        at += actualWidth - width;
      }
    }
    writeVarint(buffer, start, length);

    if (count === 0) this.#baseTimestamp = this.#maxTimestamp = timestampMs;
    else if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs;
    this.#count = count + 1;
    this.#end = at;
    return true;
  }

  /** The records alone, as they are to be compressed. Valid until {@link release}. */
  get records(): Buffer {
    return this.#buffer.subarray(BATCH_RECORDS, this.#end);
  }

  /** Puts compressed records in the place of the plain ones. */
  replaceRecords(compressed: Buffer): void {
    const buffer = Buffer.allocUnsafeSlow(BATCH_RECORDS + compressed.length);
    compressed.copy(buffer, BATCH_RECORDS);
    this.#source.give(this.#buffer);
    this.#buffer = buffer;
    this.#end = buffer.length;
  }

  /**
   * Writes the batch's header for this producer and sequence; may be called again before a resend.
   * @returns the whole batch, a view of the encoder's buffer
   */
  stamp(codec: Codec, producer: ProducerStamp): Buffer {
    const buffer = this.#buffer;
    writeInt64(buffer, BATCH_BASE_OFFSET, 0);
    buffer.writeInt32BE(this.#end - BATCH_LENGTH_OVERHEAD, BATCH_LENGTH);
    buffer.writeInt32BE(-1, BATCH_LEADER_EPOCH);
    buffer[BATCH_MAGIC] = 2;
    const attributes =
      CODECS.indexOf(codec) | (producer.transactional ? ATTRIBUTE_TRANSACTIONAL : 0);
    buffer.writeInt16BE(attributes, BATCH_ATTRIBUTES);
    buffer.writeInt32BE(this.#count - 1, BATCH_LAST_OFFSET_DELTA);
    writeInt64(buffer, BATCH_BASE_TIMESTAMP, this.#baseTimestamp);
    writeInt64(buffer, BATCH_MAX_TIMESTAMP, this.#maxTimestamp);
    writeInt64(buffer, BATCH_PRODUCER_ID, producer.producerId);
    buffer.writeInt16BE(producer.epoch, BATCH_PRODUCER_EPOCH);
    buffer.writeInt32BE(producer.baseSequence, BATCH_BASE_SEQUENCE);
    buffer.writeInt32BE(this.#count, BATCH_RECORD_COUNT);
    const checksum = crc32c(buffer.subarray(BATCH_ATTRIBUTES, this.#end));
    buffer.writeUInt32BE(checksum, BATCH_CRC);
    return buffer.subarray(0, this.#end);
  }

  /** Gives the memory back. Only once nothing reads it any more, the socket included. */
  release(): void {
    this.#source.give(this.#buffer);
    this.#buffer = EMPTY;
    this.#end = 0;
  }

  #makeRoom(recordSize: number, limit: number): boolean {
    const needed = this.#end + recordSize;
    if (needed > limit) return false;
    if (needed <= this.#buffer.length) return true;
    // A first record that is larger than the buffer gets just its size: it may well stay alone.
    const doubled = this.#count === 0 ? 0 : Math.min(this.#buffer.length * 2, limit);
    const larger = this.#source.take(Math.max(needed, doubled));
    this.#buffer.copy(larger, BATCH_RECORDS, BATCH_RECORDS, this.#end);
    this.#source.give(this.#buffer);
    this.#buffer = larger;
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
/** Of whichever batch: batches of one topic follow each other. */
const lastHeaders = new RepeatedHeaders();

/** What the smallest batch with this record takes, with the batch's header. */
export function singleRecordBatchSize(
  key: Bytes,
  value: Bytes,
  headers: readonly RecordHeader[] | null | undefined,
): number {
  return BATCH_RECORDS + exactSize(0, 0, key, value, headers);
}

function exactSize(
  delta: number,
  index: number,
  key: Bytes,
  value: Bytes,
  headers: readonly RecordHeader[] | null | undefined,
): number {
  let body = 1 + sizeOfVarlong(delta) + sizeOfVarint(index) + sizeOf(key) + sizeOf(value);
  body += sizeOfHeaders(headers);
  return sizeOfVarint(body) + body;
}

/** A safe integer as int64, without a BigInt. */
function writeInt64(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4);
}
