import {
  decimalSchema,
  OPTIONAL_BOOLEAN_SCHEMA,
  OPTIONAL_BYTES_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  Schema,
  SchemaBuilder,
} from "@millrace/connect-api";
import type { Decimal128 } from "mongodb";
import { bsonType, type Document, isDocument } from "../bson/document.ts";
import { toDecimal } from "./decimal.ts";

/** What stands for "any type yet": of null, and of the elements of an empty list. It becomes a text. */
const ANY = new Schema({ type: "STRING", optional: true });

const OF_CLASS: Readonly<Record<string, Schema>> = {
  Int32: OPTIONAL_INT32_SCHEMA,
  Long: OPTIONAL_INT64_SCHEMA,
  Double: OPTIONAL_FLOAT64_SCHEMA,
  Timestamp: OPTIONAL_TIMESTAMP_SCHEMA,
  Binary: OPTIONAL_BYTES_SCHEMA,
};

/**
 * The schema of one document (Java: `BsonDocumentToSchema`): `_id` first, then fields by name, all
 * optional; what has no counterpart, and lists of several types, are texts.
 */
export function inferSchema(document: Document): Schema {
  return structOf("default", document).build();
}

function structOf(path: string, document: Document): SchemaBuilder {
  const builder = SchemaBuilder.struct().name(path);
  for (const name of idFirst(Object.keys(document))) {
    const within = path === "default" || name === "_id" ? name : `${path}_${name}`;
    builder.field(name, schemaOf(within, document[name]));
  }
  return builder;
}

function idFirst(names: readonly string[]): string[] {
  // By UTF-16 units, as Java compares texts.
  const others = names.filter((name) => name !== "_id").sort();
  return names.includes("_id") ? ["_id", ...others] : others;
}

function schemaOf(path: string, value: unknown): Schema {
  if (value === null) return ANY;
  if (typeof value === "boolean") return OPTIONAL_BOOLEAN_SCHEMA;
  if (value instanceof Date) return OPTIONAL_TIMESTAMP_SCHEMA;
  if (Array.isArray(value)) return listOf(path, value);
  if (isDocument(value)) return structOf(path, value).optional().build();
  const type = bsonType(value);
  if (type === "Decimal128") return decimalOf(value as Decimal128);
  return (type === undefined ? undefined : OF_CLASS[type]) ?? OPTIONAL_STRING_SCHEMA;
}

function decimalOf(value: Decimal128): Schema {
  const decimal = toDecimal(value);
  return decimal === undefined
    ? OPTIONAL_STRING_SCHEMA // NaN and the infinities
    : decimalSchema(decimal.scale, { optional: true });
}

function listOf(path: string, items: readonly unknown[]): Schema {
  let combined = ANY;
  for (const item of items) combined = combine(combined, schemaOf(path, item));
  return SchemaBuilder.array(combined).name(path).optional().build();
}

/** A schema that fits the values of both. */
function combine(a: Schema, b: Schema): Schema {
  if (a === ANY) return b;
  if (b === ANY || a.equals(b)) return a;
  if (a.type !== b.type) return OPTIONAL_STRING_SCHEMA;
  if (a.type === "ARRAY") {
    const items = combine(a.valueSchema, b.valueSchema);
    return SchemaBuilder.array(items).name(a.name!).optional().build();
  }
  return a.type === "STRUCT" ? combineStructs(a, b) : OPTIONAL_STRING_SCHEMA;
}

function combineStructs(a: Schema, b: Schema): Schema {
  const builder = SchemaBuilder.struct().name(a.name!).optional();
  const names = new Set([...a.fields, ...b.fields].map(({ name }) => name));
  for (const name of idFirst([...names])) {
    const [one, other] = [a.field(name)?.schema, b.field(name)?.schema];
    builder.field(name, one && other ? combine(one, other) : (one ?? other)!);
  }
  return builder.build();
}
