const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The hash of Java's Utils.murmur2, as a signed 32-bit integer: Kafka's key-to-partition hash. */
export function murmur2(data: Uint8Array, length: number = data.length): number {
  let hash = SEED ^ length;
  const tail = length & ~3;
  for (let i = 0; i < tail; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  const rest = length & 3;
  if (rest > 2) hash ^= data[tail + 2]! << 16;
  if (rest > 1) hash ^= data[tail + 1]! << 8;
  if (rest > 0) hash = Math.imul(hash ^ data[tail]!, M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}
