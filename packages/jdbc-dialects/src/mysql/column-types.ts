import { DataError, Decimal, decimalSchema } from "@millrace/connect-api";
import type { CalendarSystem } from "../calendar.ts";
import { safeInteger } from "../reading/integers.ts";
import { schemaOf } from "../reading/schemas.ts";
import { dayOf, parseTimeOfDay, parseWallClock } from "../reading/temporal-text.ts";
import {
  dateOfDay,
  inNanos,
  instantMaker,
  timeOfDay,
  timestampSchema,
  wallClockInstant,
  wallClockMaker,
} from "../reading/timestamps.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import type { ValueType } from "../reading/value-stream.ts";
import type { ValueOptions, ZeroDates } from "./driver-properties.ts";

/** Column types of the protocol (MySQL: `enum_field_types`). */
const TYPES = {
  DECIMAL: 0,
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  VARCHAR: 15,
  BIT: 16,
  VECTOR: 242,
  JSON: 245,
  NEWDECIMAL: 246,
  ENUM: 247,
  SET: 248,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(TYPES).map(([name, type]) => [type, name.toLowerCase()]),
);

/** Flags of a column (MySQL: "Field Flags"). */
const NOT_NULL = 1;
const UNSIGNED = 32;
const AUTO_INCREMENT = 512;

/** Number of the character set of bytes. */
const BINARY = 63;

/** What the protocol tells of a column. */
export interface MysqlColumn {
  readonly name: string;
  readonly columnType: number;
  readonly flags: number;
  /** Of the text form, in bytes. */
  readonly columnLength: number;
  /** Digits after the point; 31 for a double whose digits are open. */
  readonly decimals: number;
  readonly characterSet: number;
}

export const isAutoIncrement = ({ flags }: MysqlColumn): boolean => (flags & AUTO_INCREMENT) !== 0;

export const isGeometry = ({ columnType }: MysqlColumn): boolean => columnType === TYPES.GEOMETRY;

export const isPointInTime = ({ columnType }: MysqlColumn): boolean =>
  columnType === TYPES.TIMESTAMP || columnType === TYPES.DATETIME || columnType === TYPES.DATE;

/** Whether the column knows the instant; others show what clocks of `db.timezone` show. */
export const isInstant = ({ columnType }: MysqlColumn): boolean => columnType === TYPES.TIMESTAMP;

/** As messages call the type: `bigint unsigned`. */
export function typeName({ columnType, flags, columnLength, characterSet }: MysqlColumn): string {
  const name = NAMES.get(columnType) ?? `type ${columnType}`;
  const isBytes = characterSet === BINARY && /blob|string/.test(name);
  const unsigned = (flags & UNSIGNED) !== 0 && /tiny|short|long|int24/.test(name);
  return `${name}${columnType === TYPES.BIT ? `(${columnLength})` : ""}${isBytes ? " binary" : ""}${unsigned ? " unsigned" : ""}`;
}

/**
 * How a column becomes a field, or undefined for a type that Connect has no schema for.
 * (Java: `MySqlDatabaseDialect`, `GenericDatabaseDialect` on the types that Connector/J
 * reports.) Values come as the driver is told to give them: numbers, texts of what a number
 * can't hold, texts of dates.
 */
export function valueType(
  column: MysqlColumn,
  options: TypeOptions,
  values: ValueOptions,
): ValueType | undefined {
  const { columnType, columnLength } = column;
  const isUnsigned = (column.flags & UNSIGNED) !== 0;
  const optional = (column.flags & NOT_NULL) === 0;
  const nullableDates = optional || values.zeroDates === "CONVERT_TO_NULL";
  const number = (type: "int8" | "int16" | "int32" | "float32" | "float64"): ValueType => ({
    schema: schemaOf(type, optional),
    read: (value: number) => value,
  });
  switch (columnType) {
    case TYPES.TINY:
      // tinyint(1) is a BIT to Java's driver, an int8 to the connector.
      if (columnLength === 1 && values.tinyInt1IsBit) return number("int8");
      return number(isUnsigned ? "int16" : "int8");
    case TYPES.SHORT:
      return number(isUnsigned ? "int32" : "int16");
    case TYPES.INT24:
      return number("int32");
    case TYPES.LONG:
      if (!isUnsigned) return number("int32");
      return { schema: schemaOf("int64", optional), read: (value: number) => value };
    case TYPES.LONGLONG:
      return { schema: schemaOf("int64", optional), read: readInt64 };
    case TYPES.FLOAT:
      return number("float32");
    case TYPES.DOUBLE:
      return number("float64");
    case TYPES.DECIMAL:
    case TYPES.NEWDECIMAL:
      return decimalType(column, isUnsigned, optional);
    case TYPES.BIT:
      if (columnLength > 1) return bytesType(optional);
      return { schema: schemaOf("int8", optional), read: (bits: Uint8Array) => bits[0] ?? 0 };
    case TYPES.YEAR:
      if (!values.yearIsDate) return number("int16");
      return {
        schema: schemaOf("date", optional),
        read: (year: number) => dateOfDay(dayOf(year, 1, 1), options.calendar),
      };
    case TYPES.DATE:
      return dateType(nullableDates, options, values.zeroDates);
    case TYPES.TIME:
      return timeType(optional, options);
    case TYPES.DATETIME:
    case TYPES.TIMESTAMP:
      return timestampType(
        columnType === TYPES.TIMESTAMP,
        nullableDates,
        options,
        values.zeroDates,
      );
    case TYPES.JSON:
    case TYPES.ENUM:
    case TYPES.SET:
      return textType(optional);
    case TYPES.VARCHAR:
    case TYPES.VAR_STRING:
    case TYPES.STRING:
    case TYPES.TINY_BLOB:
    case TYPES.MEDIUM_BLOB:
    case TYPES.LONG_BLOB:
    case TYPES.BLOB:
      return column.characterSet === BINARY ? bytesType(optional) : textType(optional);
    case TYPES.GEOMETRY:
      return bytesType(optional);
    default:
      return undefined;
  }
}

function textType(optional: boolean): ValueType {
  return { schema: schemaOf("string", optional), read: (text: string) => text };
}

/** A copy, since the driver's buffer holds other rows too and would be kept alive by this one. */
function bytesType(optional: boolean): ValueType {
  return { schema: schemaOf("bytes", optional), read: (bytes: Uint8Array) => Buffer.from(bytes) };
}

const INT64_MAX = 2n ** 63n - 1n;

/** A number where that is exact, else its digits. */
function readInt64(value: number | string): number | bigint {
  if (typeof value === "number") return value;
  const whole = BigInt(value);
  if (whole > INT64_MAX) {
    throw new DataError(
      `${value} is more than an int64 holds; read the column by a query, as CAST(… AS DECIMAL(20))`,
    );
  }
  return safeInteger(whole);
}

/** The length counts a point and a sign besides the digits. */
function decimalType(
  { columnLength, decimals }: MysqlColumn,
  isUnsigned: boolean,
  optional: boolean,
): ValueType {
  const precision = columnLength - (isUnsigned ? 0 : 1) - (decimals > 0 ? 1 : 0);
  return {
    schema: decimalSchema(decimals, { optional, precision }),
    read: (text: string) => Decimal.parse(text).withScale(decimals),
  };
}

/** Of the calendar that the server counts by; a day or month of zero is its own invention. */
const ZERO = /^\d{4}-(?:00|\d\d-00)/;

function zeroDate(text: string, zeroDates: ZeroDates): string | null {
  if (zeroDates === "CONVERT_TO_NULL") return null;
  if (zeroDates === "ROUND") return "0001-01-01 00:00:00";
  throw new DataError(
    `${text} is no date of any calendar; set connection.zeroDateTimeBehavior to CONVERT_TO_NULL or ROUND, or correct the value`,
  );
}

/** The text to read; null for what becomes null. */
const dated = (text: string, zeroDates: ZeroDates): string | null =>
  ZERO.test(text) ? zeroDate(text, zeroDates) : text;

function dateType(optional: boolean, options: TypeOptions, zeroDates: ZeroDates): ValueType {
  const { calendar, timeZone } = options;
  return {
    schema: schemaOf("date", optional),
    read: (text: string) => dateValue(dated(text, zeroDates), calendar),
    instant: (text: string) => {
      const { micros, nanos } = parseWallClock(text);
      return wallClockInstant(micros, nanos, timeZone);
    },
  };
}

function dateValue(text: string | null, calendar: CalendarSystem): Date | null {
  if (text === null) return null;
  const year = Number(text.slice(0, 4));
  return dateOfDay(dayOf(year, Number(text.slice(5, 7)), Number(text.slice(8, 10))), calendar);
}

const US_PER_DAY = 86_400_000_000;

/** Of a day: what is longer, or before it, is a duration, which Connect's Time is not. */
function timeType(optional: boolean, { timeZone }: TypeOptions): ValueType {
  // Java reads a time as one of 1970-01-01.
  const offset = timeZone.toInstant(0) * 1000;
  return {
    schema: schemaOf("time", optional),
    read: (text: string) => {
      const micros = parseTimeOfDay(text);
      if (micros >= 0 && micros < US_PER_DAY) return timeOfDay(micros + offset);
      throw new DataError(
        `${text} is no time of a day; read the column by a query, as CAST(… AS CHAR) or TIME_TO_SEC(…)`,
      );
    },
  };
}

/** A timestamp comes in the session's zone, which is UTC; a datetime shows what `db.timezone` does. */
function timestampType(
  isInstant: boolean,
  optional: boolean,
  options: TypeOptions,
  zeroDates: ZeroDates,
): ValueType {
  const make = isInstant ? instantMaker(options) : wallClockMaker(options);
  return {
    schema: timestampSchema(options.granularity, optional),
    read: (text: string) => {
      const shown = dated(text, zeroDates);
      if (shown === null) return null;
      const { micros, nanos } = parseWallClock(shown);
      return make(micros, nanos);
    },
    instant: (text: string) => {
      const { micros, nanos } = parseWallClock(text);
      return isInstant ? inNanos(micros, nanos) : wallClockInstant(micros, nanos, options.timeZone);
    },
  };
}
