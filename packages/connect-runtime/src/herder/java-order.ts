/**
 * Keys in the order in which Java's `HashMap` with Java's `String.hashCode` lists them.
 * Where the Java worker fills a list from a map, this is the order its clients know.
 * @param buckets of the map when it was made: 16, or fewer for the copy of a small map
 */
export function inJavaOrder(keys: Iterable<string>, buckets = 16): string[] {
  const distinct = [...new Set(keys)];
  while (distinct.length > buckets * 0.75) buckets *= 2;
  return distinct
    .map((key, position) => ({ key, position, bucket: spread(hashCode(key)) & (buckets - 1) }))
    .toSorted((a, b) => a.bucket - b.bucket || a.position - b.position)
    .map(({ key }) => key);
}

function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16);
}
