/**
 * Where the fields of a record batch stand (message format 2, KIP-98), counted from the batch's
 * first byte. Everything from `ATTRIBUTES` to the end of the batch is covered by the checksum.
 */
export const BATCH_BASE_OFFSET = 0;
export const BATCH_LENGTH = 8;
export const BATCH_LEADER_EPOCH = 12;
export const BATCH_MAGIC = 16;
export const BATCH_CRC = 17;
export const BATCH_ATTRIBUTES = 21;
export const BATCH_LAST_OFFSET_DELTA = 23;
export const BATCH_BASE_TIMESTAMP = 27;
export const BATCH_MAX_TIMESTAMP = 35;
export const BATCH_PRODUCER_ID = 43;
export const BATCH_PRODUCER_EPOCH = 51;
export const BATCH_BASE_SEQUENCE = 53;
export const BATCH_RECORD_COUNT = 57;
export const BATCH_RECORDS = 61;

/** `length` counts what follows it: base offset and the length itself come on top. */
export const BATCH_LENGTH_OVERHEAD = 12;

export const ATTRIBUTE_CODEC = 0x07;
export const ATTRIBUTE_LOG_APPEND_TIME = 0x08;
export const ATTRIBUTE_TRANSACTIONAL = 0x10;
export const ATTRIBUTE_CONTROL = 0x20;

/**
 * An int64 as a number. Offsets, timestamps and producer ids stay far below 2^53, so nothing is
 * lost, and the data path is spared a BigInt per field.
 */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4_294_967_296 + buffer.readUInt32BE(at + 4);
}
