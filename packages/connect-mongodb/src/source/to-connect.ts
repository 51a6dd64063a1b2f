import {
  DataError,
  DATE_NAME,
  DECIMAL_NAME,
  type Field,
  isDecimal,
  type Schema,
  Struct,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { Binary, Decimal128, Double, Int32, Long, Timestamp } from "mongodb";
import { BSON } from "mongodb";
import { bsonType, type Document, isDocument, lookUp } from "../bson/document.ts";
import type { JsonWriter } from "../bson/json-writer.ts";
import { toDecimal } from "./decimal.ts";

const MS_PER_DAY = 86_400_000;
const INTEGER_BITS = { INT8: 8, INT16: 16, INT32: 32 } as const;

/** Makes values of schemas from BSON (Java: `BsonValueToSchemaAndValue`). */
export class ToConnect {
  readonly #json: JsonWriter;

  constructor(json: JsonWriter) {
    this.#json = json;
  }

  /** @throws {DataError} when the value does not fit the schema */
  value(schema: Schema, value: unknown): unknown {
    if (value === null && schema.optional) return null;
    switch (schema.type) {
      case "STRING":
        return this.#text(value);
      case "BOOLEAN":
        return typeof value === "boolean" ? value : misfit(schema, value);
      case "BYTES":
        return bytes(schema, value);
      case "ARRAY":
        return Array.isArray(value)
          ? value.map((item) => this.value(schema.valueSchema, item))
          : misfit(schema, value);
      case "MAP":
        return isDocument(value) ? this.#map(schema, value) : misfit(schema, value);
      case "STRUCT":
        return isDocument(value) ? this.#struct(schema, value) : misfit(schema, value);
      default:
        return number(schema, value);
    }
  }

  /** What is no text is written as JSON, and a type that becomes a text in it without quotes. */
  #text(value: unknown): string {
    if (typeof value === "string") return value;
    const text = this.#json.value(value);
    return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  }

  #map(schema: Schema, document: Document): Map<string, unknown> {
    const entries = Object.entries(document);
    return new Map(entries.map(([name, value]) => [name, this.value(schema.valueSchema, value)]));
  }

  #struct(schema: Schema, document: Document): Struct {
    const values = schema.fields.map((field) => this.#field(field, document));
    return Struct.of(schema, values);
  }

  #field({ name, schema }: Field, document: Document): unknown {
    const value = lookUp(document, name);
    if (value !== undefined) return this.value(schema, value);
    if (schema.optional || schema.defaultValue !== undefined) return schema.defaultValue ?? null;
    throw new DataError(`Missing field '${name}' in: '${this.#json.write(document)}'`);
  }
}

function bytes(schema: Schema, value: unknown): unknown {
  if (schema.name === DECIMAL_NAME) {
    const decimal = bsonType(value) === "Decimal128" ? toDecimal(value as Decimal128) : undefined;
    return isDecimal(decimal) ? decimal : misfit(schema, value);
  }
  if (typeof value === "string") return Buffer.from(value);
  if (bsonType(value) === "Binary") return Buffer.from((value as Binary).value());
  return isDocument(value) ? BSON.serialize(value) : misfit(schema, value);
}

function number(schema: Schema, value: unknown): unknown {
  const found = numeric(value) ?? misfit(schema, value);
  switch (schema.name) {
    case TIMESTAMP_NAME:
      return new Date(Number(found));
    case DATE_NAME:
      return new Date(Math.floor(Number(found) / MS_PER_DAY) * MS_PER_DAY);
    case TIME_NAME:
      return new Date(((Number(found) % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY);
    default:
      return narrowed(schema, found, value);
  }
}

function numeric(value: unknown): number | bigint | undefined {
  if (value instanceof Date) return value.getTime();
  switch (bsonType(value)) {
    case "Int32":
    case "Double":
      return (value as Int32 | Double).value;
    case "Long": {
      const long = (value as Long).toBigInt();
      return Number.isSafeInteger(Number(long)) ? Number(long) : long;
    }
    case "Timestamp":
      return (value as Timestamp).t * 1000;
    default:
      return typeof value === "number" ? value : undefined;
  }
}

/** A number in the width of its schema. @throws {DataError} when it is too large for it */
function narrowed(schema: Schema, found: number | bigint, value: unknown): number | bigint {
  switch (schema.type) {
    case "FLOAT32":
      return Math.fround(Number(found));
    case "FLOAT64":
      return Number(found);
    case "INT64":
      return typeof found === "number" ? Math.trunc(found) : found;
    default: {
      const bits = INTEGER_BITS[schema.type as keyof typeof INTEGER_BITS];
      const whole = Math.trunc(Number(found));
      const limit = 2 ** (bits - 1);
      return whole >= -limit && whole < limit ? whole : misfit(schema, value);
    }
  }
}

function misfit(schema: Schema, value: unknown): never {
  const type = value === null ? "null" : (bsonType(value) ?? typeof value);
  throw new DataError(
    `Schema type of ${schema.type.toLowerCase()} but value was of type: ${type.toLowerCase()}`,
  );
}
