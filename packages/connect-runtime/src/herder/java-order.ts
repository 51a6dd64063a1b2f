/**
 * Keys in the order in which Java's `HashMap` with Java's `String.hashCode` lists them.
 * Where the Java worker fills a list from a map, this is the order its clients know.
 * @param buckets of the map when it was made: 16, or fewer for the copy of a small map
 */
export function inJavaOrder(keys: Iterable<string>, buckets = 16): string[] {
  return byBucket(hashed(keys), buckets).map(({ key }) => key);
}

/**
 * The same of a copy of such a map, made by the constructor that takes one (OpenJDK 17): it has
 * as many buckets as its size asks for.
 */
export function inJavaOrderOfCopy(keys: Iterable<string>): string[] {
  const entries = byBucket(hashed(keys), 16);
  return byBucket(entries, bucketsFor(entries.length)).map(({ key }) => key);
}

/** Buckets of a map that was made for so many keys. */
export function bucketsFor(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.floor(size / 0.75 + 1)));
}

interface Entry {
  readonly key: string;
  readonly hash: number;
}

function hashed(keys: Iterable<string>): Entry[] {
  return [...new Set(keys)].map((key) => ({ key, hash: spread(hashCode(key)) }));
}

/** Those in one bucket stay as they are. */
function byBucket(entries: readonly Entry[], buckets: number): Entry[] {
  let size = buckets;
  while (entries.length > size * 0.75) size *= 2;
  const table: Entry[][] = [];
  for (const entry of entries) (table[entry.hash & (size - 1)] ??= []).push(entry);
  return table.flat();
}

function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16);
}
