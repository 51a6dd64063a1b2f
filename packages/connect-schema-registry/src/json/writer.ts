import { exactJson } from "@millrace/avro-data";
import {
  type Decimal,
  DataError,
  DATE_NAME,
  dateToDays,
  DECIMAL_NAME,
  decimalScale,
  decimalToBytes,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  javaClassName,
  mapEntries,
  type Schema,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { JsonSchemaConfig } from "./config.ts";
import { isOneOf } from "./from-connect-schema.ts";

/** Gives the JSON text of a value. @throws {DataError} when it does not fit */
export type JsonWriter = (value: unknown) => string;

/** Compiles the writer for a Connect schema. */
export function compileJsonWriter(schema: Schema | null, config: JsonSchemaConfig): JsonWriter {
  if (schema === null) return writeAny;
  const write = compile(schema, config);
  const { defaultValue, optional } = schema;
  return (value) => {
    const given = value ?? defaultValue ?? null;
    if (given !== null) return write(given);
    if (optional) return "null";
    throw new DataError(
      "Conversion error: null value for field that is required and has no default value",
    );
  };
}

function compile(schema: Schema, config: JsonSchemaConfig): JsonWriter {
  return compileLogical(schema, config) ?? compileType(schema, config);
}

function compileType(schema: Schema, config: JsonSchemaConfig): JsonWriter {
  const wrong = (value: unknown): never => {
    throw new DataError(`Invalid type for ${schema.type}: class ${javaClassName(value)}`);
  };
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
      return (value) =>
        typeof value === "number" && (value | 0) === value ? `${value}` : wrong(value);
    case "INT64":
      return (value) =>
        Number.isSafeInteger(value) || typeof value === "bigint" ? String(value) : wrong(value);
    case "FLOAT32":
    case "FLOAT64":
      return (value) => (typeof value === "number" ? number(value) : wrong(value));
    case "BOOLEAN":
      return (value) => (typeof value === "boolean" ? `${value}` : wrong(value));
    case "STRING":
      return (value) => (typeof value === "string" ? JSON.stringify(value) : wrong(value));
    case "BYTES":
      return (value) => (value instanceof Uint8Array ? base64(value) : wrong(value));
    case "ARRAY": {
      const write = compileJsonWriter(schema.valueSchemaOrNull, config);
      return (value) =>
        Array.isArray(value) ? `[${value.map((item) => write(item)).join(",")}]` : wrong(value);
    }
    case "MAP":
      return compileMap(schema, config, wrong);
    case "STRUCT":
      return compileStruct(schema, config, wrong);
  }
}

function compileMap(
  { keySchema, valueSchema }: Schema,
  config: JsonSchemaConfig,
  wrong: (value: unknown) => never,
): JsonWriter {
  const writeKey = compileJsonWriter(keySchema, config);
  const writeValue = compileJsonWriter(valueSchema, config);
  const isObject = keySchema.type === "STRING" && !keySchema.optional;
  return (value) => {
    if (!(value instanceof Map)) return wrong(value);
    const entries = [...(value as Map<unknown, unknown>)].map(([key, item]) =>
      isObject
        ? `${writeKey(key)}:${writeValue(item)}`
        : `{"key":${writeKey(key)},"value":${writeValue(item)}}`,
    );
    return isObject ? `{${entries.join(",")}}` : `[${entries.join(",")}]`;
  };
}

function compileStruct(
  schema: Schema,
  config: JsonSchemaConfig,
  wrong: (value: unknown) => never,
): JsonWriter {
  const { fields } = schema;
  const writers = fields.map((field) => compileJsonWriter(field.schema, config));
  const equal = new WeakSet([schema]);
  const check = (other: Schema) => {
    if (equal.has(other)) return;
    if (!schema.equals(other)) throw new DataError("Mismatching schema.");
    equal.add(other);
  };
  if (isOneOf(schema)) {
    return (value) => {
      if (!isStruct(value)) return wrong(value);
      check(value.schema);
      const set = value.values.findIndex((item) => item !== null && item !== undefined);
      if (set < 0) throw new DataError("No field of the union is set");
      return writers[set]!(value.values[set]);
    };
  }
  const keys = fields.map(({ name }) => `${JSON.stringify(name)}:`);
  // What may be missing is left out instead of written as null.
  const omitted = fields.map(
    ({ schema }) =>
      config["use.optional.for.nonrequired"] &&
      schema.optional &&
      schema.defaultValue === undefined,
  );
  return (value) => {
    if (!isStruct(value)) return wrong(value);
    if (value.schema !== schema) check(value.schema);
    const { values } = value;
    let text = "";
    for (let i = 0; i < writers.length; i++) {
      const item = values[i];
      if (omitted[i]! && (item === null || item === undefined)) continue;
      text += `${text === "" ? "{" : ","}${keys[i]!}${writers[i]!(item)}`;
    }
    return text === "" ? "{}" : `${text}}`;
  };
}

function compileLogical(schema: Schema, config: JsonSchemaConfig): JsonWriter | undefined {
  switch (schema.name) {
    case DECIMAL_NAME: {
      const numeric = config["decimal.format"].toUpperCase() === "NUMERIC";
      return (value) => {
        if (!isDecimal(value)) throw notOf("Decimal", "BigDecimal", value);
        return numeric ? value.toString() : base64(bytesOf(schema, value));
      };
    }
    case DATE_NAME:
      return dates("Date", dateToDays);
    case TIME_NAME:
      return dates("Time", timeToMillis);
    case TIMESTAMP_NAME:
      return dates("Timestamp", (date) => date.getTime());
    default:
      return undefined;
  }
}

const bytesOf = (schema: Schema, value: Decimal): Buffer =>
  decimalToBytes(decimalScale(schema), value);

function dates(type: string, toNumber: (date: Date) => number): JsonWriter {
  return (value) => {
    if (!(value instanceof Date)) throw notOf(type, "Date", value);
    return `${toNumber(value)}`;
  };
}

function notOf(type: string, expected: string, value: unknown): DataError {
  return new DataError(
    `Invalid type for ${type}, expected ${expected} but was class ${javaClassName(value)}`,
  );
}

/** JSON has no word for what is no number: Jackson writes texts. */
function number(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  return `"${value}"`;
}

function base64(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}"`;
}

/** Data without schema. */
function writeAny(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) return base64(value);
  if (isFloat64(value)) return number(value.value);
  if (Array.isArray(value)) return `[${value.map(writeAny).join(",")}]`;
  if (isMapLike(value)) {
    const entries = [...mapEntries(value)];
    return `{${entries.map(([key, item]) => `${JSON.stringify(String(key))}:${writeAny(item)}`).join(",")}}`;
  }
  if (["string", "number", "boolean", "bigint"].includes(typeof value)) return exactJson(value);
  throw new DataError(
    `Java class ${javaClassName(value)} does not have corresponding schema type.`,
  );
}
