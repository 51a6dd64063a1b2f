import { isDecimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { isFloat64 } from "./float64.ts";
import { DATE_NAME, TIME_NAME } from "./logical.ts";
import { isMapLike, mapEntries } from "./map-like.ts";
import type { Schema } from "./schema.ts";
import { isStruct, type Struct } from "./struct.ts";

/**
 * A Connect value as JSON on one line. Numbers keep every digit; bytes become base64,
 * dates and times ISO 8601; numbers that JSON does not know (NaN, Infinity) become texts.
 * @throws {DataError} for a value that is no Connect value
 */
export function jsonText(schema: Schema | null, value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : objectText(schema, value);
    default:
      throw new DataError(`A ${typeof value} cannot be written as JSON`);
  }
}

function objectText(schema: Schema | null, value: object): string {
  if (isStruct(value)) return structText(value);
  if (Array.isArray(value)) {
    const items = schema?.type === "ARRAY" ? schema.valueSchema : null;
    return `[${value.map((item) => jsonText(items, item)).join(",")}]`;
  }
  if (value instanceof Date) return JSON.stringify(dateText(schema, value));
  if (isDecimal(value)) return value.toPlainString();
  if (isFloat64(value)) return jsonText(schema, value.value);
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value;
    return `"${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}"`;
  }
  if (isMapLike(value)) return mapText(schema, value);
  throw new DataError(`A ${value.constructor.name} cannot be written as JSON`);
}

function structText(struct: Struct): string {
  const members = struct.schema.fields.map(
    ({ name, index, schema }) =>
      `${JSON.stringify(name)}:${jsonText(schema, struct.values[index])}`,
  );
  return `{${members.join(",")}}`;
}

/** An object, or where keys are not texts a list of `[key, value]`, as in JsonConverter. */
function mapText(schema: Schema | null, map: object): string {
  const keys = schema?.type === "MAP" ? schema.keySchema : null;
  const values = schema?.type === "MAP" ? schema.valueSchema : null;
  const entries = [...mapEntries(map)];
  if (entries.every(([key]) => typeof key === "string")) {
    const members = entries.map(
      ([key, value]) => `${jsonText(keys, key)}:${jsonText(values, value)}`,
    );
    return `{${members.join(",")}}`;
  }
  const pairs = entries.map(
    ([key, value]) => `[${jsonText(keys, key)},${jsonText(values, value)}]`,
  );
  return `[${pairs.join(",")}]`;
}

function dateText(schema: Schema | null, date: Date): string {
  const text = date.toISOString();
  if (schema?.name === DATE_NAME) return text.slice(0, text.indexOf("T"));
  if (schema?.name === TIME_NAME) return text.slice(text.indexOf("T") + 1);
  return text;
}
