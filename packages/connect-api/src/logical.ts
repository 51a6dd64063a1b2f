import type { Decimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { Schema } from "./schema.ts";

/**
 * Kafka Connect's four logical types. A schema of such a name accepts only the logical
 * value: a base number is refused, as in Java.
 */

/** BYTES; value `Decimal`, whose scale must equal the schema's parameter `scale`. */
export const DECIMAL_NAME = "org.apache.kafka.connect.data.Decimal";
/** INT32, days since the epoch; value `Date` at midnight UTC. */
export const DATE_NAME = "org.apache.kafka.connect.data.Date";
/** INT32, milliseconds of the day; value `Date` on 1970-01-01 UTC. */
export const TIME_NAME = "org.apache.kafka.connect.data.Time";
/** INT64, milliseconds since the epoch; value `Date`. */
export const TIMESTAMP_NAME = "org.apache.kafka.connect.data.Timestamp";

export const DECIMAL_SCALE_PARAMETER = "scale";

export const MS_PER_DAY = 86_400_000;

export const DATE_SCHEMA: Schema = new Schema({ type: "INT32", name: DATE_NAME, version: 1 });
export const TIME_SCHEMA: Schema = new Schema({ type: "INT32", name: TIME_NAME, version: 1 });
export const TIMESTAMP_SCHEMA: Schema = new Schema({
  type: "INT64",
  name: TIMESTAMP_NAME,
  version: 1,
});
export const OPTIONAL_DATE_SCHEMA: Schema = new Schema({
  type: "INT32",
  name: DATE_NAME,
  version: 1,
  optional: true,
});
export const OPTIONAL_TIME_SCHEMA: Schema = new Schema({
  type: "INT32",
  name: TIME_NAME,
  version: 1,
  optional: true,
});
export const OPTIONAL_TIMESTAMP_SCHEMA: Schema = new Schema({
  type: "INT64",
  name: TIMESTAMP_NAME,
  version: 1,
  optional: true,
});

/** The schema of decimals with so many digits after the point. */
export function decimalSchema(
  scale: number,
  options: { optional?: boolean; precision?: number } = {},
): Schema {
  const parameters = new Map([[DECIMAL_SCALE_PARAMETER, String(scale)]]);
  if (options.precision !== undefined) {
    parameters.set("connect.decimal.precision", String(options.precision));
  }
  return new Schema({
    type: "BYTES",
    name: DECIMAL_NAME,
    version: 1,
    optional: options.optional ?? false,
    parameters,
  });
}

/**
 * The digits after the point that a Decimal schema asks for.
 * @throws {DataError} when its parameter `scale` is missing or not a whole number
 */
export function decimalScale(schema: Schema): number {
  const text = schema.parameters?.get(DECIMAL_SCALE_PARAMETER);
  if (text === undefined) {
    throw new DataError("Invalid Decimal schema: scale parameter not found.");
  }
  if (!/^[+-]?\d+$/.test(text)) {
    throw new DataError("Invalid scale parameter found in Decimal schema: ", {
      cause: new DataError(`For input string: "${text}"`, {
        javaName: "java.lang.NumberFormatException",
      }),
    });
  }
  return Number(text);
}

/**
 * The unscaled bytes of a decimal (Java: `Decimal.fromLogical`).
 * @throws {DataError} when its scale is not that of the schema
 */
export function decimalToBytes(scale: number, value: Decimal): Buffer {
  if (value.scale !== scale) {
    throw new DataError(
      `Decimal value has mismatching scale for given Decimal schema. Schema has scale ${scale}, value has scale ${value.scale}.`,
    );
  }
  return value.toBytes();
}

/** Days since the epoch (Java: `Date.fromLogical`). @throws {DataError} when it is not midnight UTC */
export function dateToDays(value: Date): number {
  const days = value.getTime() / MS_PER_DAY;
  if (!Number.isInteger(days)) {
    throw new DataError(
      "Kafka Connect Date type should not have any time fields set to non-zero values.",
    );
  }
  return days;
}

/** Midnight UTC of a day counted from the epoch. */
export function daysToDate(days: number): Date {
  return new Date(days * MS_PER_DAY);
}

/**
 * Milliseconds of the day (Java: `Time.fromLogical`, which lets the end of the day pass).
 * @throws {DataError} when it is not a time of 1970-01-01 UTC
 */
export function timeToMillis(value: Date): number {
  const millis = value.getTime();
  if (millis < 0 || millis > MS_PER_DAY) {
    throw new DataError(
      "Kafka Connect Time type should not have any date fields set to non-zero values.",
    );
  }
  return millis;
}

/** The time so many milliseconds after midnight. @throws {DataError} when that is not within a day */
export function millisToTime(millis: number): Date {
  if (millis < 0 || millis > MS_PER_DAY) {
    throw new DataError(
      "Time values must use number of milliseconds greater than 0 and less than 86400000",
    );
  }
  return new Date(millis);
}
