import { DataError, doubleText, isFloat64, isStruct, javaClassName } from "@millrace/connect-api";
import { base64, finite, isInt64, quote } from "./scalar-text.ts";

/**
 * The JSON text of a value without schema, by its own type; numbers are integers when they
 * are whole.
 * @throws {DataError} for what has no type in Connect, such as a `Date`: those need a schema
 */
export function writeAny(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Number.isSafeInteger(value) ? `${value}` : finite(value, doubleText);
    case "boolean":
      return `${value}`;
    case "bigint":
      if (isInt64(value)) return `${value}`;
      break;
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : writeObject(value);
    default:
  }
  throw noType(value);
}

function writeObject(value: object): string {
  if (Array.isArray(value)) return writeArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return writePlain(value as Record<string, unknown>);
  }
  if (value instanceof Map) return writeMap(value);
  if (isFloat64(value)) return finite(value.value, doubleText);
  if (value instanceof Uint8Array) return base64(value);
  if (isStruct(value)) throw new DataError("Mismatching schema.");
  throw noType(value);
}

function writeArray(array: readonly unknown[]): string {
  let text = "[";
  for (let i = 0; i < array.length; i++) text += (i === 0 ? "" : ",") + writeAny(array[i]);
  return `${text}]`;
}

function writePlain(object: Readonly<Record<string, unknown>>): string {
  let text = "{";
  for (const key of Object.keys(object)) {
    text += (text === "{" ? "" : ",") + quoteKey(key) + writeAny(object[key]);
  }
  return `${text}}`;
}

/** Keys come again with each record: they are quoted once, as long as there are not too many. */
const quotedKeys = new Map<string, string>();
const MAX_QUOTED_KEYS = 10_000;

function quoteKey(key: string): string {
  let quoted = quotedKeys.get(key);
  if (quoted === undefined) {
    if (quotedKeys.size >= MAX_QUOTED_KEYS) quotedKeys.clear();
    quotedKeys.set(key, (quoted = `${quote(key)}:`));
  }
  return quoted;
}

/** An object, or a list of pairs where a key is no string. */
function writeMap(map: ReadonlyMap<unknown, unknown>): string {
  const entries = [...map];
  if (entries.every(([key]) => typeof key === "string")) {
    return `{${entries.map(([key, value]) => `${quote(key as string)}:${writeAny(value)}`).join(",")}}`;
  }
  return `[${entries.map(([key, value]) => `[${writeAny(key)},${writeAny(value)}]`).join(",")}]`;
}

function noType(value: unknown): DataError {
  return new DataError(
    `Java class class ${javaClassName(value)} does not have corresponding schema type.`,
  );
}
