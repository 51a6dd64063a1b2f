import { isMapLike, mapEntries, type MapLike } from "@millrace/connect-api";
import { noSchemalessElements } from "./misled-path.ts";

/**
 * Collects the entries of a map without schema, in a plain object as long as it can hold
 * them in order, else in a `Map` (see `MapLike` of connect-api).
 */
export class MapCollector {
  #map: Map<unknown, unknown> | Record<string, unknown>;

  /** Starts with the entries of a map, and in its kind. */
  constructor(from: MapLike = {}) {
    this.#map = from instanceof Map ? new Map(from) : { ...(from as Record<string, unknown>) };
  }

  /** An empty one of the same kind. */
  static like(map: MapLike): MapCollector {
    return new MapCollector(map instanceof Map ? new Map() : {});
  }

  set(key: unknown, value: unknown): this {
    if (!(this.#map instanceof Map)) {
      if (typeof key === "string" && staysInOrder(key)) {
        this.#map[key] = value;
        return this;
      }
      this.#map = new Map(mapEntries(this.#map));
    }
    this.#map.set(key, value);
    return this;
  }

  delete(key: string): this {
    if (this.#map instanceof Map) this.#map.delete(key);
    else delete this.#map[key];
    return this;
  }

  get map(): MapLike {
    return this.#map;
  }
}

/** Calls back for each entry, in order. Faster than to go through a list of entries. */
export function eachEntry(map: MapLike, visit: (key: string, value: unknown) => void): void {
  if (map instanceof Map) {
    for (const [key, value] of map as Map<unknown, unknown>) visit(key as string, value);
    return;
  }
  const entries = map as Record<string, unknown>;
  for (const key of Object.keys(entries)) visit(key, entries[key]);
}

/**
 * A list or map like this one, of what becomes of its elements.
 * @param path leads to it, for messages
 * @throws {DataError} when it is neither
 */
export function eachElement(
  value: unknown,
  path: string,
  convert: (element: unknown) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map((element) => convert(element ?? null));
  if (!isMapLike(value)) throw noSchemalessElements(path, value);
  const updated = MapCollector.like(value);
  eachEntry(value, (key, element) => updated.set(key, convert(element ?? null)));
  return updated.map;
}

/** JavaScript puts keys like "7" first, and `__proto__` is no key. */
function staysInOrder(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first > 0x39) return first !== 0x5f || key !== "__proto__";
  return !/^(?:0|[1-9]\d*)$/.test(key);
}
