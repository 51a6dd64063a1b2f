import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  DATE_SCHEMA,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_BOOLEAN_SCHEMA,
  OPTIONAL_BYTES_SCHEMA,
  OPTIONAL_DATE_SCHEMA,
  OPTIONAL_FLOAT32_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT16_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_INT8_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIME_SCHEMA,
  type Schema,
  STRING_SCHEMA,
  TIME_SCHEMA,
} from "@millrace/connect-api";
import { readInt64 } from "../reading/integers.ts";
import { mapNumeric } from "../reading/numeric-mapping.ts";
import { timestampSchema } from "../reading/timestamps.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import { readDecimal, readDouble, readWhole } from "./numeric.ts";
import {
  BIT,
  BOOL,
  BPCHAR,
  BYTEA,
  CHAR,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  JSON,
  JSONB,
  MONEY,
  NAME,
  NUMERIC,
  OID,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  UUID,
  VARCHAR,
  XML,
} from "./oids.ts";
import {
  dateReader,
  readTimeTz,
  timeReader,
  timestampReader,
  timestampTzReader,
} from "./temporal.ts";

/** Makes the Connect value of a column from its bytes. */
export type ValueReader = (bytes: Buffer, at: number, length: number) => unknown;

/** How a column is asked for and read. */
export interface ColumnType {
  readonly schema: Schema;
  /** 1 for the binary form, 0 for the text form. */
  readonly format: 0 | 1;
  readonly read: ValueReader;
}

/** What the type of a result column is known by. */
export interface ColumnKind {
  readonly typeOid: number;
  /** `atttypmod`, -1 for none. */
  readonly typeModifier: number;
  readonly isEnum: boolean;
  readonly optional: boolean;
}

export interface PostgresTypeOptions extends TypeOptions {
  /** Digits after the point of the type money. */
  readonly moneyScale: number;
}

/** Scale of a Decimal where the column has none of its own (Java: `PostgreSqlDatabaseDialect.decimalScale`). */
const UNCONSTRAINED_SCALE = 127;
/**
 * How a column becomes a field, or undefined for a type that Connect has no schema for:
 * arrays, composites, ranges, network addresses, intervals, geometry, text search.
 * (Java: `PostgreSqlDatabaseDialect` on the types that pgjdbc reports.)
 */
export function columnType(kind: ColumnKind, options: PostgresTypeOptions): ColumnType | undefined {
  const { optional } = kind;
  const binary = (required: Schema, nullable: Schema, read: ValueReader): ColumnType => ({
    schema: optional ? nullable : required,
    format: 1,
    read,
  });
  const string = (read: ValueReader) => binary(STRING_SCHEMA, OPTIONAL_STRING_SCHEMA, read);
  if (kind.isEnum) return string(readText);
  switch (kind.typeOid) {
    case BOOL:
      return binary(BOOLEAN_SCHEMA, OPTIONAL_BOOLEAN_SCHEMA, (bytes, at) => bytes[at] !== 0);
    case INT2:
      return binary(INT16_SCHEMA, OPTIONAL_INT16_SCHEMA, (bytes, at) => bytes.readInt16BE(at));
    case INT4:
      return binary(INT32_SCHEMA, OPTIONAL_INT32_SCHEMA, (bytes, at) => bytes.readInt32BE(at));
    case INT8:
      return binary(INT64_SCHEMA, OPTIONAL_INT64_SCHEMA, readInt64);
    case OID:
      return binary(INT64_SCHEMA, OPTIONAL_INT64_SCHEMA, (bytes, at) => bytes.readUInt32BE(at));
    case FLOAT4:
      return binary(FLOAT32_SCHEMA, OPTIONAL_FLOAT32_SCHEMA, (bytes, at) => bytes.readFloatBE(at));
    case FLOAT8:
      return binary(FLOAT64_SCHEMA, OPTIONAL_FLOAT64_SCHEMA, (bytes, at) => bytes.readDoubleBE(at));
    case MONEY:
      return binary(FLOAT64_SCHEMA, OPTIONAL_FLOAT64_SCHEMA, moneyReader(options.moneyScale));
    case NUMERIC:
      return numericType(kind, options);
    case TEXT:
    case VARCHAR:
    case BPCHAR:
    case NAME:
    case JSON:
      return string(readText);
    case JSONB:
      // A version byte comes first.
      return string((bytes, at, length) => readText(bytes, at + 1, length - 1));
    case XML:
      // The binary form may add an encoding declaration.
      return { ...string(readText), format: 0 };
    case CHAR:
      return { ...string(readText), format: 0 };
    case UUID:
      return string(readUuid);
    case BYTEA:
      return binary(BYTES_SCHEMA, OPTIONAL_BYTES_SCHEMA, copyBytes);
    case BIT:
      return bitType(kind);
    case DATE:
      return binary(DATE_SCHEMA, OPTIONAL_DATE_SCHEMA, dateReader(options.calendar));
    case TIME:
      return binary(TIME_SCHEMA, OPTIONAL_TIME_SCHEMA, timeReader(options.timeZone));
    case TIMETZ:
      return binary(TIME_SCHEMA, OPTIONAL_TIME_SCHEMA, readTimeTz);
    case TIMESTAMP:
      return {
        schema: timestampSchema(options.granularity, optional),
        format: 1,
        read: timestampReader(options),
      };
    case TIMESTAMPTZ:
      return {
        schema: timestampSchema(options.granularity, optional),
        format: 1,
        read: timestampTzReader(options),
      };
    default:
      return undefined;
  }
}

/** (Java: `GenericDatabaseDialect`, case NUMERIC.) */
function numericType(
  { typeModifier, optional }: ColumnKind,
  { numericMapping }: PostgresTypeOptions,
): ColumnType {
  const declared = typeModifier >= 4 ? typeModifier - 4 : undefined;
  const precision = declared === undefined ? 0 : declared >>> 16;
  const scale = declared === undefined ? UNCONSTRAINED_SCALE : signedScale(declared);
  const mapping = declared === undefined ? "none" : numericMapping;
  const { schema, as } = mapNumeric({ precision, scale, optional }, mapping);
  if (as === "integer") return { schema, format: 1, read: readWhole };
  if (as === "double") return { schema, format: 1, read: readDouble };
  return { schema, format: 1, read: (bytes, at) => readDecimal(bytes, at, scale) };
}

/** The scale is eleven bits of two's complement. */
function signedScale(declared: number): number {
  return ((declared & 0x7ff) ^ 0x400) - 0x400;
}

/** bit(1) is a boolean, up to bit(8) an int8 of these bits, a longer one the text of its bits. */
function bitType({ typeModifier: bits, optional }: ColumnKind): ColumnType {
  if (bits <= 1) {
    return {
      schema: optional ? OPTIONAL_BOOLEAN_SCHEMA : BOOLEAN_SCHEMA,
      format: 1,
      read: (bytes, at) => bytes.readUInt8(at + 4) !== 0,
    };
  }
  if (bits <= 8) {
    return {
      schema: optional ? OPTIONAL_INT8_SCHEMA : INT8_SCHEMA,
      format: 1,
      // The bits come first in their byte; eight of them fill an int8 with its sign.
      read: (bytes, at) => ((bytes.readUInt8(at + 4) >> (8 - bits)) << 24) >> 24,
    };
  }
  const schema = optional ? OPTIONAL_BYTES_SCHEMA : BYTES_SCHEMA;
  return { schema, format: 0, read: copyBytes };
}

/** An int64 of the currency's smallest unit. */
function moneyReader(scale: number): ValueReader {
  return (bytes, at) => Number(`${readInt64(bytes, at)}e-${scale}`);
}

function readText(bytes: Buffer, at: number, length: number): string {
  return bytes.toString("utf8", at, at + length);
}

/** A copy, since the buffer holds other rows too and would be kept alive by this one. */
function copyBytes(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.from(bytes.subarray(at, at + length));
}

function readUuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
