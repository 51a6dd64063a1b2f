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
