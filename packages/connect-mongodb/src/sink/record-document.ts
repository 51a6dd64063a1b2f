import {
  DataError,
  DECIMAL_NAME,
  type Decimal,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  javaClassName,
  javaText,
  mapEntries,
  type Schema,
  type SinkRecord,
  type Struct,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import { Binary, BSON, Decimal128, Double, Long } from "mongodb";
import { type Document, setField } from "../bson/document.ts";
import { parseDocument } from "../bson/json-reader.ts";

/** The documents of a record; each is made when first asked for, as Java does. */
export class RecordDocument {
  readonly #record: SinkRecord;
  #key: Document | undefined;
  #value: Document | undefined;

  constructor(record: SinkRecord) {
    this.#record = record;
  }

  get hasKey(): boolean {
    return this.#record.key !== null;
  }

  get hasValue(): boolean {
    return this.#record.value !== null;
  }

  /** Undefined when the record has no key. @throws {DataError} when its key is no document */
  get key(): Document | undefined {
    if (!this.hasKey) return undefined;
    return (this.#key ??= toDocument("key", this.#record.key));
  }

  /** Undefined when the record has no value. @throws {DataError} when its value is no document */
  get value(): Document | undefined {
    if (!this.hasValue) return undefined;
    return (this.#value ??= toDocument("value", this.#record.value));
  }
}

function toDocument(what: "key" | "value", data: unknown): Document {
  try {
    if (isStruct(data)) return structToDocument(data);
    if (typeof data === "string") return parseDocument(data);
    if (data instanceof Uint8Array) return fromBson(data);
    if (isMapLike(data)) return mapToDocument(data);
  } catch (error) {
    throw new DataError(cannotConvert(what, data), { cause: error });
  }
  throw new DataError(cannotConvert(what, data), {
    cause: new DataError(
      "It must be a struct, a map, a text with a JSON document or bytes with a BSON document",
    ),
  });
}

/** In Java's words, which the dead-letter topic's readers know. */
function cannotConvert(what: "key" | "value", data: unknown): string {
  const shown = typeof data === "object" ? "…" : javaText(null, data);
  return `Could not convert ${what} '${shown}' (${javaClassName(data)}) into a BsonDocument.`;
}

function fromBson(bytes: Uint8Array): Document {
  return BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true });
}

function structToDocument(struct: Struct): Document {
  const document: Document = {};
  for (const { name, index, schema } of struct.schema.fields) {
    setField(document, name, toBson(schema, struct.values[index]));
  }
  return document;
}

function mapToDocument(map: object): Document {
  const document: Document = {};
  for (const [name, value] of mapEntries(map)) setField(document, String(name), untyped(value));
  return document;
}

/** A value with its schema: int8 to int32 are int32, dates and times of all kinds dates. */
function toBson(schema: Schema, value: unknown): unknown {
  if (value === null || value === undefined) {
    return schema.defaultValue === undefined || schema.defaultValue === null
      ? null
      : toBson(schema, schema.defaultValue);
  }
  switch (schema.type) {
    case "INT64":
      return schema.name === TIMESTAMP_NAME ? value : toLong(value as number | bigint);
    case "FLOAT32":
      return new Double(Math.fround(value as number));
    case "FLOAT64":
      return new Double(value as number);
    case "BYTES":
      return schema.name === DECIMAL_NAME ? toDecimal128(value as Decimal) : toBinary(value);
    case "ARRAY":
      return (value as unknown[]).map((item) => toBson(schema.valueSchema, item));
    case "MAP":
      return typedMap(schema, value as Map<unknown, unknown>);
    case "STRUCT":
      return structToDocument(value as Struct);
    default:
      return value;
  }
}

function typedMap(schema: Schema, map: Map<unknown, unknown>): Document {
  if (schema.keySchema.type !== "STRING") {
    throw new DataError(`a map's keys must be texts to be names of fields`);
  }
  const document: Document = {};
  for (const [name, value] of map)
    setField(document, name as string, toBson(schema.valueSchema, value));
  return document;
}

/** A value without schema: whole numbers are int64, as Java's JSON without schema has them. */
function untyped(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? Long.fromNumber(value) : new Double(value);
    case "bigint":
      return Long.fromBigInt(value);
    case "object":
      return value === null ? null : untypedObject(value);
    case "undefined":
      return null;
    default:
      return value;
  }
}

function untypedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(untyped);
  if (isFloat64(value)) return new Double(value.value);
  if (isDecimal(value)) return toDecimal128(value);
  if (isStruct(value)) return structToDocument(value);
  if (value instanceof Uint8Array) return toBinary(value);
  return isMapLike(value) ? mapToDocument(value) : value;
}

function toLong(value: number | bigint): Long {
  return typeof value === "bigint" ? Long.fromBigInt(value) : Long.fromNumber(value);
}

function toBinary(value: unknown): Binary {
  return new Binary(value as Uint8Array);
}

function toDecimal128(value: Decimal): Decimal128 {
  try {
    return Decimal128.fromString(value.toString());
  } catch (error) {
    throw new DataError(`${value.toString()} has more digits than Decimal128 holds (34)`, {
      cause: error,
    });
  }
}
