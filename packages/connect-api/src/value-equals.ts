import { isMapLike, mapEntries, type MapLike } from "./map-like.ts";

/**
 * Deep equality of Connect values: bytes by content, dates by instant, lists by element,
 * maps by entry (a `Map` and a plain object may be equal), objects that define `equals` by
 * that. 1 and 1n are the same INT64.
 */
export function valueEquals(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object") return sameNumber(a, b);
  if (a === null || b === null) return false;
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, i) => valueEquals(item, b[i]))
    );
  }
  if (isMapLike(a)) return isMapLike(b) && sameEntries(a, b);
  return "equals" in a && typeof a.equals === "function" && a.equals(b) === true;
}

function sameNumber(a: unknown, b: unknown): boolean {
  if (typeof a === "bigint" && typeof b === "number") return Number(a) === b && BigInt(b) === a;
  if (typeof a === "number" && typeof b === "bigint") return sameNumber(b, a);
  return a === b;
}

function sameEntries(a: MapLike, b: MapLike): boolean {
  const entries = new Map(mapEntries(b));
  const others = [...mapEntries(a)];
  if (others.length !== entries.size) return false;
  return others.every(([key, value]) =>
    entries.has(key)
      ? valueEquals(value, entries.get(key))
      : [...entries].some(([k, v]) => valueEquals(key, k) && valueEquals(value, v)),
  );
}
