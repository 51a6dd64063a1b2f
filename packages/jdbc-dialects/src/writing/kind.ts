import {
  DATE_NAME,
  DECIMAL_NAME,
  decimalScale,
  type Schema,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";

/** Digits of a second that a temporal type keeps. */
export type Digits = 3 | 6 | 9;

/**
 * What a value is to a database, whatever its schema calls it: Connect's types, its logical types
 * and those of Debezium. `any` is a value without schema, taken as the column wants it.
 */
export type Kind =
  | { readonly is: ScalarKind }
  | { readonly is: "decimal"; readonly scale: number; readonly precision: number | undefined }
  /** Scale and digits in the value (Debezium's `VariableScaleDecimal`). */
  | { readonly is: "variable_decimal" }
  | { readonly is: "time" | "timestamp"; readonly digits: Digits }
  | { readonly is: "array"; readonly element: Kind };

export type ScalarKind =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "boolean"
  | "string"
  | "bytes"
  | "date"
  | "zoned_time"
  | "zoned_timestamp"
  | "uuid"
  | "json"
  | "any";

const BY_TYPE: Readonly<Record<string, ScalarKind>> = {
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FLOAT32: "float32",
  FLOAT64: "float64",
  BOOLEAN: "boolean",
  STRING: "string",
  BYTES: "bytes",
  MAP: "json",
  STRUCT: "json",
};

const BY_NAME: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [DATE_NAME, { is: "date" }],
  [TIME_NAME, { is: "time", digits: 3 }],
  [TIMESTAMP_NAME, { is: "timestamp", digits: 3 }],
  ["io.debezium.time.Date", { is: "date" }],
  ["io.debezium.time.Time", { is: "time", digits: 3 }],
  ["io.debezium.time.MicroTime", { is: "time", digits: 6 }],
  ["io.debezium.time.NanoTime", { is: "time", digits: 9 }],
  ["io.debezium.time.Timestamp", { is: "timestamp", digits: 3 }],
  ["io.debezium.time.MicroTimestamp", { is: "timestamp", digits: 6 }],
  ["io.debezium.time.NanoTimestamp", { is: "timestamp", digits: 9 }],
  ["io.debezium.time.ZonedTime", { is: "zoned_time" }],
  ["io.debezium.time.ZonedTimestamp", { is: "zoned_timestamp" }],
  ["io.debezium.data.Json", { is: "json" }],
  ["io.debezium.data.Uuid", { is: "uuid" }],
  ["io.debezium.data.VariableScaleDecimal", { is: "variable_decimal" }],
]);

/**
 * The kind of a schema's values; null is for values without schema. Structs and maps, and arrays of
 * other than plain values, are JSON.
 */
export function kindOf(schema: Schema | null): Kind {
  if (schema === null) return { is: "any" };
  if (schema.name === DECIMAL_NAME) {
    const precision = Number(schema.parameters?.get("connect.decimal.precision"));
    return {
      is: "decimal",
      scale: decimalScale(schema),
      precision: Number.isInteger(precision) && precision > 0 ? precision : undefined,
    };
  }
  const named = BY_NAME.get(schema.name ?? "");
  if (named !== undefined) return named;
  if (schema.type !== "ARRAY") return { is: BY_TYPE[schema.type] ?? "json" };
  const element = schema.valueSchemaOrNull;
  const kind = element && kindOf(element);
  if (kind === null || ["json", "array", "variable_decimal", "any"].includes(kind.is)) {
    return { is: "json" };
  }
  return { is: "array", element: kind };
}
