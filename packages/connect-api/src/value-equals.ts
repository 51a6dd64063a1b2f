/**
 * Deep equality of Connect values: bytes by content, dates by instant, maps and arrays
 * by element, objects that define `equals` by that. 1 and 1n are the same INT64.
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
  if (a instanceof Map) return b instanceof Map && sameEntries(a, b);
  if ("equals" in a && typeof a.equals === "function") return a.equals(b) === true;
  return !(b instanceof Map) && sameEntries(new Map(Object.entries(a)), new Map(Object.entries(b)));
}

function sameNumber(a: unknown, b: unknown): boolean {
  if (typeof a === "bigint" && typeof b === "number") return Number(a) === b && BigInt(b) === a;
  if (typeof a === "number" && typeof b === "bigint") return sameNumber(b, a);
  return a === b;
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!valueEquals(value, b.get(key))) return false;
    } else if (![...b].some(([k, v]) => valueEquals(key, k) && valueEquals(value, v))) {
      return false;
    }
  }
  return true;
}
