import {
  DataError,
  DATE_NAME,
  daysToDate,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  isDecimal,
  isMapLike,
  mapEntries,
  millisToTime,
  type Schema,
  Struct,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import { isOneOf } from "./from-connect-schema.ts";

/** Makes the Connect value of a parsed JSON node. @throws {DataError} when it does not fit */
export type JsonReader = (node: unknown) => unknown;

/** Compiles the reader for a Connect schema. */
export function compileJsonReader(schema: Schema | null): JsonReader {
  if (schema === null) return readAny;
  const read = compileLogical(schema) ?? compileType(schema);
  const { defaultValue, optional } = schema;
  return (node) => {
    if (node !== null && node !== undefined) return read(node);
    if (defaultValue !== undefined) return defaultValue;
    if (optional) return null;
    throw new DataError(`Invalid null value for required ${schema.type} field`);
  };
}

function compileType(schema: Schema): JsonReader {
  const wrong = (node: unknown): never => {
    throw new DataError(
      `A ${Array.isArray(node) ? "list" : typeof node} of JSON cannot be of type ${schema.type}`,
    );
  };
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
      return (node) => (typeof node === "number" && (node | 0) === node ? node : wrong(node));
    case "INT64":
      return (node) =>
        Number.isSafeInteger(node) || typeof node === "bigint" ? node : wrong(node);
    case "FLOAT32":
      return (node) => Math.fround(toFloat(node, wrong));
    case "FLOAT64":
      return (node) => toFloat(node, wrong);
    case "BOOLEAN":
      return (node) => (typeof node === "boolean" ? node : wrong(node));
    case "STRING":
      // An enum may list numbers and booleans.
      return (node) => {
        if (typeof node === "string") return node;
        return typeof node === "number" || typeof node === "boolean" ? `${node}` : wrong(node);
      };
    case "BYTES":
      return (node) => (typeof node === "string" ? Buffer.from(node, "base64") : wrong(node));
    case "ARRAY": {
      const read = compileJsonReader(schema.valueSchemaOrNull);
      return (node) => (Array.isArray(node) ? node.map((item) => read(item)) : wrong(node));
    }
    case "MAP":
      return compileMap(schema, wrong);
    case "STRUCT":
      return isOneOf(schema) ? compileOneOf(schema) : compileStruct(schema, wrong);
  }
}

function compileMap(
  { keySchema, valueSchema }: Schema,
  wrong: (node: unknown) => never,
): JsonReader {
  const readKey = compileJsonReader(keySchema);
  const readValue = compileJsonReader(valueSchema);
  return (node) => {
    if (Array.isArray(node)) {
      const entries = node as { readonly key: unknown; readonly value: unknown }[];
      return new Map(entries.map(({ key, value }) => [readKey(key), readValue(value)]));
    }
    if (!isMapLike(node)) return wrong(node);
    return new Map([...mapEntries(node)].map(([key, value]) => [key, readValue(value)]));
  };
}

function compileStruct(schema: Schema, wrong: (node: unknown) => never): JsonReader {
  const names = schema.fields.map(({ name }) => name);
  const readers = schema.fields.map((field) => compileJsonReader(field.schema));
  return (node) => {
    if (typeof node !== "object" || Array.isArray(node)) return wrong(node);
    const object = node as Readonly<Record<string, unknown>>;
    const values: unknown[] = [];
    for (let i = 0; i < readers.length; i++) {
      const name = names[i]!;
      // What the object does not have must not be found in what all objects have.
      values.push(readers[i]!(Object.hasOwn(object, name) ? object[name] : undefined));
    }
    return Struct.of(schema, values);
  };
}

/** The first of the types that the node fits. */
function compileOneOf(schema: Schema): JsonReader {
  const readers = schema.fields.map((field) => compileJsonReader(field.schema));
  return (node) => {
    for (const [i, read] of readers.entries()) {
      if (!fits(schema.fields[i]!.schema, node)) continue;
      const values = schema.fields.map((): unknown => null);
      values[i] = read(node);
      return Struct.of(schema, values);
    }
    throw new DataError(`Did not find matching oneof field for data: ${typeof node}`);
  };
}

function fits(schema: Schema, node: unknown): boolean {
  switch (schema.type) {
    case "STRING":
    case "BYTES":
      return typeof node === "string" || schema.name === DECIMAL_NAME;
    case "BOOLEAN":
      return typeof node === "boolean";
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return Number.isSafeInteger(node) || typeof node === "bigint";
    case "FLOAT32":
    case "FLOAT64":
      return typeof node === "number" || isDecimal(node);
    case "ARRAY":
      return Array.isArray(node);
    case "MAP":
      return isMapLike(node) || Array.isArray(node);
    case "STRUCT":
      return (
        isMapLike(node) &&
        schema.fields.every(
          ({ name, schema }) =>
            Object.hasOwn(node, name) || schema.optional || schema.defaultValue !== undefined,
        )
      );
  }
}

function compileLogical(schema: Schema): JsonReader | undefined {
  switch (schema.name) {
    case DECIMAL_NAME: {
      const scale = decimalScale(schema);
      return (node) =>
        typeof node === "string"
          ? Decimal.fromBytes(Buffer.from(node, "base64"), scale)
          : Decimal.parse(String(node)).withScale(scale);
    }
    case DATE_NAME:
      return (node) => daysToDate(whole(node));
    case TIME_NAME:
      return (node) => millisToTime(whole(node));
    case TIMESTAMP_NAME:
      return (node) => new Date(whole(node));
    default:
      return undefined;
  }
}

function whole(node: unknown): number {
  if (Number.isSafeInteger(node)) return node as number;
  throw new DataError(`A date or time must be a whole number, but found ${String(node)}`);
}

function toFloat(node: unknown, wrong: (node: unknown) => never): number {
  if (typeof node === "number") return node;
  if (typeof node === "bigint" || isDecimal(node)) return Number(node.toString());
  if (node === "NaN" || node === "Infinity" || node === "-Infinity") return Number(node);
  return wrong(node);
}

/** Data without schema. */
function readAny(node: unknown): unknown {
  return node ?? null;
}
