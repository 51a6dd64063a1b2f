import {
  ConnectError,
  DataError,
  DATE_NAME,
  DATE_SCHEMA,
  INT64_SCHEMA,
  isConnectError,
  type JavaDateFormat,
  javaClassName,
  MS_PER_DAY,
  OPTIONAL_DATE_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIME_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  type Schema,
  STRING_SCHEMA,
  TIME_NAME,
  TIME_SCHEMA,
  TIMESTAMP_NAME,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

export const TIMESTAMP_TYPES = ["string", "unix", "Date", "Time", "Timestamp"] as const;
export type TimestampType = (typeof TIMESTAMP_TYPES)[number];

export const UNIX_PRECISIONS = ["nanoseconds", "microseconds", "milliseconds", "seconds"] as const;
export type UnixPrecision = (typeof UNIX_PRECISIONS)[number];

export interface TimestampFormat {
  /** For strings; null when none was configured. */
  readonly text: JavaDateFormat | null;
  readonly unix: UnixPrecision;
}

const SCHEMAS: Readonly<Record<TimestampType, readonly [required: Schema, optional: Schema]>> = {
  string: [STRING_SCHEMA, OPTIONAL_STRING_SCHEMA],
  unix: [INT64_SCHEMA, OPTIONAL_INT64_SCHEMA],
  Date: [DATE_SCHEMA, OPTIONAL_DATE_SCHEMA],
  Time: [TIME_SCHEMA, OPTIONAL_TIME_SCHEMA],
  Timestamp: [TIMESTAMP_SCHEMA, OPTIONAL_TIMESTAMP_SCHEMA],
};

/** The schema of timestamps in this form. */
export function timestampSchema(type: TimestampType, optional: boolean): Schema {
  return SCHEMAS[type][optional ? 1 : 0];
}

/** The form that values of a schema have; undefined when they are no timestamps. */
export function typeOfSchema(schema: Schema): TimestampType | undefined {
  switch (schema.name) {
    case TIMESTAMP_NAME:
      return "Timestamp";
    case DATE_NAME:
      return "Date";
    case TIME_NAME:
      return "Time";
    default:
  }
  if (schema.type === "STRING") return "string";
  return schema.type === "INT64" ? "unix" : undefined;
}

/** The form that a value without schema has. @throws {DataError} when it is no timestamp */
export function typeOfValue(value: unknown): TimestampType {
  if (value instanceof Date) return "Timestamp";
  if (typeof value === "string") return "string";
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return "unix";
  throw new DataError(
    `TimestampConverter does not support class ${javaClassName(value)} objects as timestamps`,
  );
}

/**
 * Brings timestamps of one form into another.
 * @throws {DataError} (when called) for a value that is none
 */
export function timestampConversion(
  from: TimestampType,
  to: TimestampType,
  format: TimestampFormat,
): (value: unknown) => unknown {
  const read = reader(from, format);
  const write = writer(to, format);
  return (value) => write(read(value));
}

/** The same for the values of a schema, null included. @throws {ConnectError} (when called) for a schema of other values */
export function schemaConversion(
  schema: Schema,
  to: TimestampType,
  format: TimestampFormat,
): (value: unknown) => unknown {
  const from = typeOfSchema(schema);
  if (from === undefined) {
    return () => {
      throw new ConnectError(
        `Schema ${schema.toString()} does not correspond to a known timestamp type format`,
      );
    };
  }
  const convert = timestampConversion(from, to, format);
  return (value) => (value === null ? null : convert(value));
}

function reader(from: TimestampType, format: TimestampFormat): (value: unknown) => Date {
  switch (from) {
    case "string":
      return (value) => {
        if (typeof value === "string") return parsed(value, format.text);
        throw new DataError(
          `Expected string timestamp to be a String, but found class ${javaClassName(value)}`,
        );
      };
    case "unix":
      return (value) => {
        if (typeof value === "number" || typeof value === "bigint") return unixDate(value, format);
        throw new DataError(
          `Expected Unix timestamp to be a Long, but found class ${javaClassName(value)}`,
        );
      };
    case "Date":
    case "Time":
    case "Timestamp":
      return (value) => {
        if (value instanceof Date) return value;
        throw new DataError(
          `Expected ${from} to be a java.util.Date, but found class ${javaClassName(value)}`,
        );
      };
  }
}

function parsed(text: string, format: JavaDateFormat | null): Date {
  if (format === null) {
    throw new DataError(
      "TimestampConverter cannot read string timestamps without its option format: set it to the pattern that they are written in",
    );
  }
  try {
    return format.parse(text);
  } catch (error) {
    if (!isConnectError(error)) throw error;
    throw new DataError(
      `Could not parse timestamp: value (${text}) does not match pattern (${format.pattern})`,
      { cause: error },
    );
  }
}

function unixDate(value: number | bigint, { unix }: TimestampFormat): Date {
  const millis = Number(toMillis(value, unix));
  const date = new Date(millis);
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(
    `Unix timestamp ${value} in ${unix} is out of range: check the option unix.precision`,
  );
}

/** Fractions are cut off towards zero, as in Java's `TimeUnit`. */
function toMillis(value: number | bigint, precision: UnixPrecision): number | bigint {
  switch (precision) {
    case "seconds":
      return Number(value) * 1000;
    case "milliseconds":
      return value;
    case "microseconds":
      return divided(value, 1000);
    case "nanoseconds":
      return divided(value, 1_000_000);
  }
}

function divided(value: number | bigint, divisor: number): number | bigint {
  return typeof value === "bigint" ? value / BigInt(divisor) : Math.trunc(value / divisor);
}

function writer(to: TimestampType, { text, unix }: TimestampFormat): (date: Date) => unknown {
  switch (to) {
    case "string":
      return (date) => text!.format(date);
    case "unix":
      return (date) => fromMillis(date.getTime(), unix);
    case "Date":
      return (date) => new Date(date.getTime() - modulo(date.getTime(), MS_PER_DAY));
    case "Time":
      return (date) => new Date(modulo(date.getTime(), MS_PER_DAY));
    case "Timestamp":
      return (date) => date;
  }
}

function fromMillis(millis: number, precision: UnixPrecision): number | bigint {
  switch (precision) {
    case "seconds":
      return Math.trunc(millis / 1000) + 0;
    case "milliseconds":
      return millis;
    case "microseconds":
      return scaled(millis, 1000);
    case "nanoseconds":
      return scaled(millis, 1_000_000);
  }
}

/** Beyond what fits into a long, the nearest that does. */
function scaled(millis: number, factor: number): number | bigint {
  const product = millis * factor;
  if (Number.isSafeInteger(product)) return product;
  const exact = BigInt(millis) * BigInt(factor);
  const limit = 2n ** 63n;
  return exact >= limit ? limit - 1n : exact < -limit ? -limit : exact;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
