import { DataError, isFloat64, isMapLike, javaClassName, mapEntries } from "@millrace/connect-api";
import { ANYTHING_FIELDS } from "./anything.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

type Kind = (typeof ANYTHING_FIELDS)[number];

/**
 * Writes data without schema as the record Anything.
 * @throws {DataError} for what is no such data
 */
export function writeAnything(value: unknown, out: ByteWriter): void {
  const kind = kindOf(value);
  for (const field of ANYTHING_FIELDS) {
    out.byte(field === kind ? 2 : 0);
    if (field === kind) writeKind(kind, value, out);
  }
}

function kindOf(value: unknown): Kind | undefined {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "bigint":
      return "long";
    case "number":
      return Number.isSafeInteger(value) ? "long" : "double";
    default:
      break;
  }
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return "array";
  if (value instanceof Uint8Array) return "bytes";
  if (isFloat64(value)) return "double";
  if (isMapLike(value)) return "map";
  throw new DataError(
    `Java class ${javaClassName(value)} does not have corresponding schema type: give the value a schema`,
  );
}

function writeKind(kind: Kind, value: unknown, out: ByteWriter): void {
  switch (kind) {
    case "array": {
      const items = value as unknown[];
      if (items.length > 0) out.int(items.length);
      for (const item of items) writeAnything(item, out);
      return out.byte(0);
    }
    case "map": {
      const entries = [...mapEntries(value as object)];
      if (entries.length > 0) out.int(entries.length);
      for (const [key, item] of entries) {
        writeAnything(key, out);
        writeAnything(item, out);
      }
      return out.byte(0);
    }
    case "boolean":
      return out.byte(value === true ? 1 : 0);
    case "bytes":
      out.int((value as Uint8Array).length);
      return out.raw(value as Uint8Array);
    case "long":
      return out.long(value as number | bigint);
    case "string":
      return out.text(value as string, true);
    default:
      return out.double(Number(value));
  }
}

/** Whether the bytes of a field follow: the index of its branch is 1, not 0. */
export const isSet = (input: ByteReader): boolean => input.int() !== 0;
