import { crc32cPure } from "../../src/record-batch/crc32c.ts";
import { CODECS, compress } from "../../src/record-batch/compression.ts";
import type { Codec } from "../../src/record-batch/compression.ts";

/** A record as a test wants it in a batch; written by code that shares nothing with the encoder. */
export interface BuiltRecord {
  offset: number;
  timestamp?: number;
  key?: Buffer | string | null;
  value?: Buffer | string | null;
  headers?: [key: string, value: Buffer | string | null][];
}

export interface BuiltBatch {
  records: BuiltRecord[];
  baseOffset?: number;
  /** Where it lies behind the last record (compacted log). */
  lastOffset?: number;
  codec?: Codec;
  producerId?: number;
  transactional?: boolean;
  control?: "commit" | "abort";
  /** LogAppendTime with this timestamp. */
  appendTime?: number;
  leaderEpoch?: number;
  magic?: number;
}

export function buildBatch(batch: BuiltBatch): Buffer {
  const records = batch.control === undefined ? batch.records : [marker(batch)];
  const baseOffset = batch.baseOffset ?? records[0]?.offset ?? 0;
  const lastOffset = batch.lastOffset ?? records.at(-1)?.offset ?? baseOffset;
  const baseTimestamp = records[0]?.timestamp ?? 0;
  const plain = Buffer.concat(records.map((r) => buildRecord(r, baseOffset, baseTimestamp)));
  const codec = batch.codec ?? "none";
  const body = codec === "none" ? plain : compress(codec, plain);

  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(49 + body.length, 8);
  header.writeInt32BE(batch.leaderEpoch ?? 0, 12);
  header.writeInt8(batch.magic ?? 2, 16);
  const attributes =
    CODECS.indexOf(codec) |
    (batch.appendTime === undefined ? 0 : 8) |
    (batch.transactional === true ? 16 : 0) |
    (batch.control === undefined ? 0 : 32);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(lastOffset - baseOffset, 23);
  header.writeBigInt64BE(BigInt(baseTimestamp), 27);
  header.writeBigInt64BE(BigInt(batch.appendTime ?? baseTimestamp), 35);
  header.writeBigInt64BE(BigInt(batch.producerId ?? -1), 43);
  header.writeInt16BE(batch.producerId === undefined ? -1 : 0, 51);
  header.writeInt32BE(-1, 53);
  header.writeInt32BE(records.length, 57);
  const whole = Buffer.concat([header, body]);
  whole.writeUInt32BE(crc32cPure(whole.subarray(21)), 17);
  return whole;
}

function marker(batch: BuiltBatch): BuiltRecord {
  const key = Buffer.from([0, 0, 0, batch.control === "abort" ? 0 : 1]);
  return { offset: batch.baseOffset ?? 0, key, value: Buffer.alloc(6) };
}

function buildRecord(record: BuiltRecord, baseOffset: number, baseTimestamp: number): Buffer {
  const headers = record.headers ?? [];
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(BigInt((record.timestamp ?? 0) - baseTimestamp)),
    varint(BigInt(record.offset - baseOffset)),
    field(record.key),
    field(record.value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([key, value]) => [field(key), field(value)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function field(value: Buffer | string | null | undefined): Buffer {
  if (value === null || value === undefined) return varint(-1n);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Zigzag varint of up to 64 bits. */
export function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
