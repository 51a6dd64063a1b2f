import {
  DataError,
  doubleText,
  isFloat64,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";

/**
 * Offsets as Kafka Connect stores them: JSON of primitives. Keys of objects stand in the
 * order in which Java's `HashMap` would give them, because the offsets topic is compacted
 * by bytes: the same partition must always give the same key.
 */

/** @throws {DataError} when a value is not a primitive */
export function offsetKey(connector: string, partition: SourcePartition | null): string {
  return `[${JSON.stringify(connector)},${partition === null ? "null" : objectJson(partition)}]`;
}

/** @throws {DataError} when a value is not a primitive */
export function offsetValue(offset: SourceOffset): string {
  return objectJson(offset);
}

/** Integers beyond 2^53 become bigint; everything else is what JSON.parse gives. */
export function parseOffset(json: string): SourceOffset | null {
  return JSON.parse(json, exactInteger) as SourceOffset | null;
}

// The source text of a number is the third argument of a reviver (ES2025; Node 22 has it).
function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? "")
    ? BigInt(context?.source ?? "")
    : value;
}

function objectJson(object: Readonly<Record<string, unknown>>): string {
  const members = javaHashMapOrder(Object.keys(object)).map(
    (key) => `${JSON.stringify(key)}:${primitiveJson(key, object[key])}`,
  );
  return `{${members.join(",")}}`;
}

function primitiveJson(key: string, value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (Number.isInteger(value)) return JSON.stringify(value);
      if (Number.isFinite(value)) return doubleText(value);
      break;
    case "undefined":
      return "null";
    default:
      if (value === null) return "null";
      if (isFloat64(value) && Number.isFinite(value.value)) return doubleText(value.value);
  }
  throw new DataError(
    `Offsets may only contain strings, numbers, booleans and nulls, but field ${key} is ${typeof value}`,
  );
}

/** The order in which a `java.util.HashMap` of default capacity gives these keys. */
export function javaHashMapOrder(keys: readonly string[]): string[] {
  let capacity = 16;
  while (keys.length > capacity * 0.75) capacity *= 2;
  const bucket = (key: string) => {
    let hash = 0;
    for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  // Sorting is stable: keys of one bucket stay in the order they were put in.
  return keys.toSorted((a, b) => bucket(a) - bucket(b));
}
