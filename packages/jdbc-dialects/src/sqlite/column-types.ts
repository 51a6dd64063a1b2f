import { DataError, Decimal, decimalSchema } from "@millrace/connect-api";
import { safeInteger } from "../reading/integers.ts";
import { mapNumeric } from "../reading/numeric-mapping.ts";
import { schemaOf } from "../reading/schemas.ts";
import {
  dateOfDay,
  inNanos,
  instantMaker,
  timeOfDay,
  timestampSchema,
  wallClockInstant,
  wallClockMaker,
} from "../reading/timestamps.ts";
import { parseTimeOfDay } from "../reading/temporal-text.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import type { ValueType } from "../reading/value-stream.ts";
import { parseMoment } from "./moments.ts";

/** What SQLite can store; integers as bigint, whatever their size. */
export type Stored = bigint | number | string | Uint8Array;

/** A column of a result. */
export interface SqliteColumn {
  readonly name: string;
  /** As it was declared; null for an expression, or a column without a type. */
  readonly declared: string | null;
  readonly optional: boolean;
  /** A value that was found in the column, for one without a type. */
  readonly sample: Stored | null;
}

/** Scale of a Decimal where the column has none of its own. */
const UNCONSTRAINED_SCALE = 127;
const US_PER_DAY = 86_400_000_000;

const isDateType = (declared: string): boolean => /^(DATE|DATETIME|TIMESTAMP)\b/.test(declared);

export const isPointInTime = ({ declared }: SqliteColumn): boolean =>
  declared !== null && isDateType(declared.toUpperCase());

/**
 * How a column becomes a field. A type in SQLite is no more than a word: what it is taken
 * for goes by the names that Java's driver knows, then by the rules of affinity (SQLite
 * documentation, "Datatypes In SQLite", 3.1). Integers and reals have 64 bits there,
 * whatever they are called, and so they have here.
 * @param unitMs what an integer counts that stands for a point in time
 */
export function valueType(column: SqliteColumn, options: TypeOptions, unitMs: number): ValueType {
  const { optional } = column;
  const declared = column.declared?.toUpperCase() ?? "";
  const [name = "", precision, scale] =
    /^([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$/.exec(declared)?.slice(1) ?? [];
  if (name === "") return sampledType(column);
  if (name === "DATE") return dateType(optional, options, unitMs);
  if (name === "TIME") return timeType(optional, options);
  if (isDateType(declared)) return timestampType(optional, options, unitMs);
  if (name === "BOOLEAN" || name === "BOOL") return booleanType(optional);
  if (name === "TINYINT") return smallType("int8", 7n, optional);
  if (name === "SMALLINT" || name === "INT2") return smallType("int16", 15n, optional);
  if (name === "MEDIUMINT") return smallType("int32", 31n, optional);
  if (name.includes("INT")) return { schema: schemaOf("int64", optional), read: readInteger };
  if (/CHAR|CLOB|TEXT|JSON|UUID|STRING/.test(name)) {
    return { schema: schemaOf("string", optional), read: readText };
  }
  if (/BLOB|BINARY/.test(name)) return { schema: schemaOf("bytes", optional), read: readBytes };
  if (/REAL|FLOA|DOUB/.test(name)) {
    return { schema: schemaOf("float64", optional), read: (value: Stored) => Number(value) };
  }
  return decimalType(name, precision, scale, optional, options);
}

/** Without a type, what is there counts. */
function sampledType({ sample, optional }: SqliteColumn): ValueType {
  switch (typeof sample) {
    case "bigint":
      return { schema: schemaOf("int64", optional), read: readInteger };
    case "number":
      return { schema: schemaOf("float64", optional), read: (value: Stored) => Number(value) };
    case "object":
      if (sample === null) break;
      return { schema: schemaOf("bytes", optional), read: readBytes };
    default:
  }
  return { schema: schemaOf("string", optional), read: readText };
}

function readInteger(value: Stored): number | bigint {
  if (typeof value === "bigint") return safeInteger(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new DataError(`${told(value)} is no integer`);
}

function smallType(type: "int8" | "int16" | "int32", bits: bigint, optional: boolean): ValueType {
  const limit = 2n ** bits;
  return {
    schema: schemaOf(type, optional),
    read: (value: Stored) => {
      const whole = BigInt(readInteger(value));
      if (whole < limit && whole >= -limit) return Number(whole);
      throw new DataError(`${whole} does not fit into the ${type} that its type asks for`);
    },
  };
}

function booleanType(optional: boolean): ValueType {
  return {
    schema: schemaOf("boolean", optional),
    read: (value: Stored) =>
      typeof value === "string" ? /^(true|t|yes|y|on|1)$/i.test(value) : Number(value) !== 0,
  };
}

function readText(value: Stored): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}

/** A copy, as the driver may use the memory again. */
function readBytes(value: Stored): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
}

/** DECIMAL(p,s) and NUMERIC(p,s); anything else that is called by no known name is a number of any kind. */
function decimalType(
  name: string,
  precision: string | undefined,
  declaredScale: string | undefined,
  optional: boolean,
  { numericMapping }: TypeOptions,
): ValueType {
  if (precision === undefined) {
    const schema = decimalSchema(UNCONSTRAINED_SCALE, { optional, precision: 0 });
    return { schema, read: (value: Stored) => readDecimal(value, UNCONSTRAINED_SCALE) };
  }
  const scale = Number(declaredScale ?? 0);
  const column = { precision: Number(precision), scale, optional };
  const { schema, as } = mapNumeric(column, name === "NUMERIC" ? numericMapping : "none");
  if (as === "integer") return { schema, read: readInteger };
  if (as === "double") return { schema, read: (value: Stored) => Number(value) };
  return { schema, read: (value: Stored) => readDecimal(value, scale) };
}

/** A real is no decimal number: it is rounded to the digits that the column has. */
function readDecimal(value: Stored, scale: number): Decimal {
  if (typeof value === "bigint") return new Decimal(value, 0).withScale(scale);
  const text = typeof value === "number" && scale <= 100 ? value.toFixed(scale) : told(value);
  return Decimal.parse(text).withScale(scale);
}

function dateType(optional: boolean, options: TypeOptions, unitMs: number): ValueType {
  return {
    schema: schemaOf("date", optional),
    read: (value: Stored) => {
      const { micros } = parseMoment(value, unitMs);
      return dateOfDay(Math.floor(Number(micros) / US_PER_DAY), options.calendar);
    },
    instant: momentInstant(options, unitMs),
  };
}

function timestampType(optional: boolean, options: TypeOptions, unitMs: number): ValueType {
  const ofWallClock = wallClockMaker(options);
  const ofInstant = instantMaker(options);
  return {
    schema: timestampSchema(options.granularity, optional),
    read: (value: Stored) => {
      const { micros, nanos, isInstant } = parseMoment(value, unitMs);
      return (isInstant ? ofInstant : ofWallClock)(micros, nanos);
    },
    instant: momentInstant(options, unitMs),
  };
}

function momentInstant({ timeZone }: TypeOptions, unitMs: number) {
  return (value: Stored) => {
    const { micros, nanos, isInstant } = parseMoment(value, unitMs);
    return isInstant ? inNanos(micros, nanos) : wallClockInstant(micros, nanos, timeZone);
  };
}

/** A text, or milliseconds of the day. */
function timeType(optional: boolean, { timeZone }: TypeOptions): ValueType {
  // Java reads a time as one of 1970-01-01.
  const offset = timeZone.toInstant(0) * 1000;
  return {
    schema: schemaOf("time", optional),
    read: (value: Stored) =>
      typeof value === "string"
        ? timeOfDay(parseTimeOfDay(value) + offset)
        : timeOfDay(Number(value) * 1000),
  };
}

const told = (value: Stored): string =>
  value instanceof Uint8Array ? `a blob of ${value.length} bytes` : String(value);
