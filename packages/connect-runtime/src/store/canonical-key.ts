/**
 * One text for all the ways in which the key of one source partition may be written: its
 * fields sorted, no blanks. Java connectors give the fields of a partition in the order of
 * whatever map they use. A key that is not JSON stands for itself (I7).
 */
export function canonicalKey(key: string): string {
  try {
    return JSON.stringify(JSON.parse(key, sorted));
  } catch {
    return key;
  }
}

// Integers beyond 2^53 must stay apart: numbers stand as the text they were written as.
function sorted(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === "number") return { number: context?.source ?? String(value) };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}
