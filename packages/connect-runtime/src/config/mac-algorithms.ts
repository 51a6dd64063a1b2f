/** Java's names of MACs, in lower case as Java does not tell case apart, and Node's of their digests. */
const DIGEST_OF: Readonly<Record<string, string>> = {
  hmacmd5: "md5",
  hmacsha1: "sha1",
  hmacsha224: "sha224",
  hmacsha256: "sha256",
  hmacsha384: "sha384",
  hmacsha512: "sha512",
  "hmacsha512/224": "sha512-224",
  "hmacsha512/256": "sha512-256",
  "hmacsha3-224": "sha3-224",
  "hmacsha3-256": "sha3-256",
  "hmacsha3-384": "sha3-384",
  "hmacsha3-512": "sha3-512",
};

/** The digest of a MAC in Java's names, as `HmacSHA256`, in Node's; undefined: there is none. */
export function macDigest(algorithm: string): string | undefined {
  const name = algorithm.toLowerCase();
  return Object.hasOwn(DIGEST_OF, name) ? DIGEST_OF[name] : undefined;
}
