import { MS_PER_DAY } from "@millrace/connect-api";
import type { DriverValue } from "../session.ts";
import type { Kind } from "../writing/kind.ts";
import { wholeText } from "../writing/literals.ts";

/** How the elements of an array parameter are sent: PostgreSQL's binary format of one type. */
export interface ElementType {
  readonly type: string;
  readonly oid: number;
  /** Bytes of every value, without its length; undefined where values differ. */
  readonly fixed?: number;
  /** Writes a value that is not null at this place; returns the bytes taken. */
  write(into: Buffer, at: number, value: Exclude<DriverValue, null>): number;
  /** Bytes that a value takes at most, where they are not fixed. */
  size?(value: Exclude<DriverValue, null>): number;
}

/** 2000-01-01, from which PostgreSQL counts. */
const EPOCH_MS = 946_684_800_000;
const UINT32 = 2 ** 32;

const INT4: ElementType = {
  type: "int4",
  oid: 23,
  fixed: 4,
  write: (into, at, value) => into.writeInt32BE(Number(value), at) - at,
};

const INT8: ElementType = {
  type: "int8",
  oid: 20,
  fixed: 8,
  write(into, at, value) {
    if (typeof value === "bigint") into.writeBigInt64BE(value, at);
    else writeInt64(into, at, Number(value));
    return 8;
  },
};

const FLOAT4: ElementType = {
  type: "float4",
  oid: 700,
  fixed: 4,
  write: (into, at, value) => into.writeFloatBE(Number(value), at) - at,
};

const FLOAT8: ElementType = {
  type: "float8",
  oid: 701,
  fixed: 8,
  write: (into, at, value) => into.writeDoubleBE(Number(value), at) - at,
};

const BOOL: ElementType = {
  type: "bool",
  oid: 16,
  fixed: 1,
  write(into, at, value) {
    into[at] = value ? 1 : 0;
    return 1;
  },
};

const TEXT: ElementType = {
  type: "text",
  oid: 25,
  size: (value) => String(value).length * 3,
  write(into, at, value) {
    return into.write(wholeText(String(value)), at, "utf8");
  },
};

const BYTEA: ElementType = {
  type: "bytea",
  oid: 17,
  size: (value) => (value as Uint8Array).byteLength,
  write(into, at, value) {
    const bytes = value as Uint8Array;
    into.set(bytes, at);
    return bytes.byteLength;
  },
};

const DATE: ElementType = {
  type: "date",
  oid: 1082,
  fixed: 4,
  write: (into, at, value) => into.writeInt32BE(Number(value) - EPOCH_MS / MS_PER_DAY, at) - at,
};

const TIME: ElementType = {
  type: "time",
  oid: 1083,
  fixed: 8,
  write(into, at, value) {
    writeInt64(into, at, Number(value) * 1000);
    return 8;
  },
};

const timestamp = (type: string, oid: number): ElementType => ({
  type,
  oid,
  fixed: 8,
  write(into, at, value) {
    const micros = (Number(value) - EPOCH_MS) * 1000;
    if (Number.isSafeInteger(micros)) writeInt64(into, at, micros);
    else into.writeBigInt64BE(BigInt(Number(value) - EPOCH_MS) * 1000n, at);
    return 8;
  },
});
const TIMESTAMP = timestamp("timestamp", 1114);
const TIMESTAMPTZ = timestamp("timestamptz", 1184);

function writeInt64(into: Buffer, at: number, value: number): void {
  const high = Math.floor(value / UINT32);
  into.writeInt32BE(high, at);
  into.writeUInt32BE(value - high * UINT32, at + 4);
}

/** What values of a kind are sent as; everything without a type of its own is text, to be cast. */
export function elementType(kind: Kind, zoned: boolean): ElementType {
  switch (kind.is) {
    case "int8":
    case "int16":
    case "int32":
      return INT4;
    case "int64":
      return INT8;
    case "float32":
      return FLOAT4;
    case "float64":
      return FLOAT8;
    case "boolean":
      return BOOL;
    case "bytes":
      return BYTEA;
    case "date":
      return DATE;
    case "time":
      return kind.digits === 3 ? TIME : TEXT;
    case "timestamp":
      if (kind.digits !== 3) return TEXT;
      return zoned ? TIMESTAMPTZ : TIMESTAMP;
    default:
      return TEXT;
  }
}

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/**
 * One column of rows as a one-dimensional array in binary format (PostgreSQL: `array_recv`).
 * @throws {DataError} for a value that cannot be encoded
 */
export function encodeArray<Row>(
  element: ElementType,
  rows: readonly Row[],
  valueOf: (row: Row) => DriverValue,
): Buffer {
  const { fixed } = element;
  let buffer: Buffer = Buffer.allocUnsafe(
    HEADER_BYTES + rows.length * (LENGTH_BYTES + (fixed ?? 32)),
  );
  let at = HEADER_BYTES;
  let hasNull = 0;
  for (const row of rows) {
    const value = valueOf(row);
    if (value === null) {
      if (at + LENGTH_BYTES > buffer.length) buffer = grown(buffer, at, LENGTH_BYTES);
      hasNull = 1;
      at = buffer.writeInt32BE(NULL_LENGTH, at);
      continue;
    }
    const needed = LENGTH_BYTES + (fixed ?? element.size!(value));
    if (at + needed > buffer.length) buffer = grown(buffer, at, needed);
    const length = element.write(buffer, at + LENGTH_BYTES, value);
    buffer.writeInt32BE(length, at);
    at += LENGTH_BYTES + length;
  }
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull, 4);
  buffer.writeInt32BE(element.oid, 8);
  buffer.writeInt32BE(rows.length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer.subarray(0, at);
}

function grown(buffer: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + needed));
  buffer.copy(larger, 0, 0, used);
  return larger;
}
