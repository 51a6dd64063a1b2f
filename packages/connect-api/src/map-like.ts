/**
 * Maps in data without schema. A JSON object without schema is a plain object where
 * JavaScript can hold it unchanged, and a `Map` where it cannot: keys like `"7"`, which
 * an object would reorder, or `__proto__`, and whatever has keys that are no strings.
 * Data with a schema always has a `Map`.
 */
export type MapLike = ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>;

/** True for a `Map` and for a plain object (not for one of a class). */
export function isMapLike(value: unknown): value is MapLike {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Map) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The entries, in order. */
export function mapEntries(map: MapLike | object): Iterable<[unknown, unknown]> {
  return map instanceof Map
    ? (map as Map<unknown, unknown>).entries()
    : (Object.entries(map) as [unknown, unknown][]);
}

/** The value of a key, undefined when there is none; never what a prototype has. */
export function mapGet(map: MapLike | object, key: string): unknown {
  if (map instanceof Map) return (map as Map<unknown, unknown>).get(key);
  return Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : undefined;
}

/** A copy to change, of the same kind. */
export function mapCopy(map: MapLike): Map<unknown, unknown> | Record<string, unknown> {
  return map instanceof Map ? new Map(map) : { ...(map as Record<string, unknown>) };
}
