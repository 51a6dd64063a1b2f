import { floatText, doubleText } from "./java-number.ts";
import { isDecimal } from "./decimal.ts";
import { isFloat64 } from "./float64.ts";
import { javaClassName } from "./java-class-name.ts";
import { mapEntries, isMapLike } from "./map-like.ts";
import type { Schema } from "./schema.ts";
import { isStruct, type Struct } from "./struct.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A Connect value as Java's `toString` prints it: what StringConverter and FileStreamSink
 * write. `[1, 2]` for a list, `{a=1}` for a map, `Struct{a=1,b=x}` for a struct (without
 * its null fields), `1.0E10` for a double, `Thu Feb 29 00:00:00 UTC 2024` for a date.
 *
 * Bytes have no text of their own in Java: it prints a number that changes from run to
 * run; here it depends on the content.
 * @param schema tells 1 the float from 1 the integer; null for data without schema
 */
export function javaText(schema: Schema | null, value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return numberText(schema, value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : objectText(schema, value);
    case "undefined":
      return "null";
    default:
      return javaClassName(value);
  }
}

/** A number as Java prints it, by the type of its schema; without one, whole numbers are integers. */
export function numberText(schema: Schema | null, value: number): string {
  switch (schema?.type) {
    case "FLOAT32":
      return floatText(value);
    case "FLOAT64":
      return doubleText(value);
    default:
      return Number.isSafeInteger(value) ? (value + 0).toString() : doubleText(value);
  }
}

function objectText(schema: Schema | null, value: object): string {
  if (isStruct(value)) return structText(value);
  if (Array.isArray(value)) {
    const items = schema?.type === "ARRAY" ? schema.valueSchemaOrNull : null;
    return `[${value.map((item) => javaText(items, item)).join(", ")}]`;
  }
  if (value instanceof Date) return dateText(value);
  if (isFloat64(value)) return doubleText(value.value);
  if (isDecimal(value)) return value.toString();
  if (value instanceof Uint8Array) return `[B@${contentHash(value).toString(16)}`;
  if (isMapLike(value)) return mapText(schema, value);
  return (value as { toString(): string }).toString();
}

function structText(struct: Struct): string {
  const parts: string[] = [];
  for (const { name, index, schema } of struct.schema.fields) {
    const value = struct.values[index];
    if (value !== null && value !== undefined) parts.push(`${name}=${javaText(schema, value)}`);
  }
  return `Struct{${parts.join(",")}}`;
}

function mapText(schema: Schema | null, map: object): string {
  const keys = schema?.type === "MAP" ? schema.keySchemaOrNull : null;
  const values = schema?.type === "MAP" ? schema.valueSchemaOrNull : null;
  const parts: string[] = [];
  for (const [key, value] of mapEntries(map)) {
    parts.push(`${javaText(keys, key)}=${javaText(values, value)}`);
  }
  return `{${parts.join(", ")}}`;
}

function dateText(date: Date): string {
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits);
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${twoDigits(date.getUTCDate())}`;
  return `${day} ${time.join(":")} UTC ${String(date.getUTCFullYear()).padStart(4, "0")}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** `Arrays.hashCode(byte[])`, as an unsigned number. */
function contentHash(bytes: Uint8Array): number {
  let hash = 1;
  for (const byte of bytes) hash = (Math.imul(31, hash) + ((byte << 24) >> 24)) | 0;
  return hash >>> 0;
}
