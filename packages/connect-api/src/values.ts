import { isDecimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { isFloat64 } from "./float64.ts";
import { javaClassName } from "./java-class-name.ts";
import { doubleText } from "./java-number.ts";
import { javaText, numberText } from "./java-text.ts";
import { MS_PER_DAY } from "./logical.ts";
import { isMapLike, mapEntries } from "./map-like.ts";
import type { Schema } from "./schema.ts";
import { isStruct } from "./struct.ts";

/**
 * The text of a value as headers carry it (Java: `Values.convertToString`): strings as
 * they are, bytes as base64, dates in ISO notation, lists, maps and structs much like
 * JSON, with the strings in them quoted. Null stays null. Times are UTC.
 * @param schema tells 1 the float from 1 the integer; null for data without schema
 * @throws {DataError} when the value is of no type that has a text
 */
export function convertToString(schema: Schema | null, value: unknown): string | null {
  return value === null || value === undefined ? null : textOf(schema, value, false);
}

/** @param embedded within a container, where strings are quoted */
function textOf(schema: Schema | null, value: unknown, embedded: boolean): string {
  switch (typeof value) {
    case "string":
      return embedded ? quoted(value) : value;
    case "number":
      return numberText(schema, value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      if (value !== null) return objectText(schema, value, embedded);
      return "null";
    case "undefined":
      return "null";
    default:
      throw unexpected(value);
  }
}

function objectText(schema: Schema | null, value: object, embedded: boolean): string {
  if (value instanceof Uint8Array) {
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
    return embedded ? `"${base64}"` : base64;
  }
  if (value instanceof Date) return temporalText(value);
  if (isDecimal(value)) return value.toString();
  if (isFloat64(value)) return doubleText(value.value);
  if (isStruct(value)) {
    const fields = value.schema.fields.map(
      (field) => `${quoted(field.name)}:${textOf(field.schema, value.get(field), true)}`,
    );
    return `{${fields.join(",")}}`;
  }
  if (Array.isArray(value)) {
    const items = schema?.type === "ARRAY" ? schema.valueSchemaOrNull : null;
    return `[${value.map((item) => textOf(items, item, true)).join(",")}]`;
  }
  if (isMapLike(value)) return `{${entryTexts(schema, value).join(",")}}`;
  throw unexpected(value);
}

function unexpected(value: unknown): DataError {
  return new DataError(
    `Failed to serialize unexpected value type ${javaClassName(value)}: ${javaText(null, value)}`,
  );
}

function entryTexts(schema: Schema | null, map: object): string[] {
  const keys = schema?.type === "MAP" ? schema.keySchemaOrNull : null;
  const values = schema?.type === "MAP" ? schema.valueSchemaOrNull : null;
  const texts: string[] = [];
  for (const [key, value] of mapEntries(map)) {
    texts.push(`${textOf(keys, key, true)}:${textOf(values, value, true)}`);
  }
  return texts;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/**
 * The pattern goes by the value alone, as in Java's `Values.dateFormatFor`: what lies
 * before 1970-01-02 is a time of day, midnights are dates, the rest are timestamps.
 */
function temporalText(date: Date): string {
  // Years of more than four digits stand with a sign in ISO notation, without in Java's.
  const iso = date.toISOString().replace(/^\+0/, "");
  const millis = date.getTime();
  if (millis < MS_PER_DAY) return iso.slice(iso.indexOf("T") + 1);
  return millis % MS_PER_DAY === 0 ? iso.slice(0, iso.indexOf("T")) : iso;
}
