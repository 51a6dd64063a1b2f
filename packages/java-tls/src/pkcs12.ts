import { createDecipheriv, createHmac, hash, pbkdf2Sync, timingSafeEqual } from "node:crypto";

import { children, integer, objectId, readDer, type DerElement } from "./der.ts";

/** What a PKCS #12 store holds (RFC 7292). */
export interface Pkcs12 {
  /** X.509 certificates, DER, in the order of the store. */
  readonly certificates: Buffer[];
  /** PKCS #8 private keys, DER, not encrypted any more. */
  readonly privateKeys: Buffer[];
}

/** The store can't be read; the message says why and what helps, and holds no password. */
export class Pkcs12Error extends Error {}

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6";
const X509 = "1.2.840.113549.1.9.22.1";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const SHA1_3DES = "1.2.840.113549.1.12.1.3";

const DIGESTS: Record<string, string> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const PRFS: Record<string, string> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};
const CIPHERS: Record<string, { name: string; keyLength: number }> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", keyLength: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", keyLength: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", keyLength: 32 },
  "1.2.840.113549.3.7": { name: "des-ede3-cbc", keyLength: 24 },
};

/**
 * Reads certificates and keys, as Java's PKCS12 KeyStore. node:tls takes such a file only with a
 * private key in it, which a truststore has not.
 * @param keyPassword of the private keys, where it differs from the store's
 * @throws Pkcs12Error
 */
export function readPkcs12(file: Buffer, password: string, keyPassword = password): Pkcs12 {
  try {
    const [, authSafe, mac] = children(readDer(file));
    const contents = octets(inner(children(authSafe!)[1]));
    if (mac !== undefined) verify(mac, contents, password);
    const found: Pkcs12 = { certificates: [], privateKeys: [] };
    for (const content of children(readDer(contents)))
      readBags(readDer(safeOf(content, password)), keyPassword, found);
    return found;
  } catch (cause) {
    if (cause instanceof Pkcs12Error) throw cause;
    throw new Pkcs12Error("it is no PKCS #12 store, or damaged", { cause });
  }
}

/** The element inside an explicit [0]. */
function inner(element: DerElement | undefined): DerElement {
  if (element === undefined) throw new RangeError("element missing");
  return readDer(element.content);
}

function octets(element: DerElement | undefined): Buffer {
  if (element?.tag !== 0x04) throw new RangeError("no octets");
  return element.content;
}

function safeOf(content: DerElement, password: string): Buffer {
  const [type, value] = children(content);
  if (objectId(type) === DATA) return octets(inner(value));
  if (objectId(type) !== ENCRYPTED_DATA)
    throw new Pkcs12Error("it is protected by a public key, which is not supported");
  const [, info] = children(inner(value));
  const [, algorithm, encrypted] = children(info!);
  return decrypt(algorithm!, encrypted!.content, password);
}

function readBags(bags: DerElement, keyPassword: string, found: Pkcs12): void {
  for (const bag of children(bags)) {
    const [id, content] = children(bag);
    const value = inner(content);
    switch (objectId(id)) {
      case CERTIFICATE_BAG: {
        const [type, certificate] = children(value);
        if (objectId(type) === X509) found.certificates.push(octets(inner(certificate)));
        break;
      }
      case KEY_BAG:
        found.privateKeys.push(value.whole);
        break;
      case SHROUDED_KEY_BAG: {
        const [algorithm, encrypted] = children(value);
        found.privateKeys.push(decrypt(algorithm!, octets(encrypted), keyPassword));
        break;
      }
      case SAFE_CONTENTS_BAG:
        readBags(value, keyPassword, found);
        break;
    }
  }
}

function decrypt(algorithm: DerElement, encrypted: Buffer, password: string): Buffer {
  const [id, parameters] = children(algorithm);
  const { name, key, iv } = cipherOf(objectId(id), parameters!, password);
  const decipher = createDecipheriv(name, key, iv);
  try {
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch (cause) {
    throw new Pkcs12Error("the password is wrong", { cause });
  }
}

function cipherOf(id: string, parameters: DerElement, password: string) {
  if (id === SHA1_3DES) {
    const [salt, iterations] = children(parameters);
    const derive = (purpose: number, length: number) =>
      derivePkcs12("sha1", purpose, password, octets(salt), integer(iterations), length);
    return { name: "des-ede3-cbc", key: derive(1, 24), iv: derive(2, 8) };
  }
  if (id !== PBES2)
    throw new Pkcs12Error(
      "its encryption is outdated (RC2 or single DES); write it anew with keytool -importkeystore",
    );
  const [derivation, encryption] = children(parameters);
  const [kdf, kdfParameters] = children(derivation!);
  if (objectId(kdf) !== PBKDF2) throw new Pkcs12Error("its key derivation is not supported");
  const [salt, iterations, ...rest] = children(kdfParameters!);
  const prf = rest.find(({ tag }) => tag === 0x30);
  const digest = prf === undefined ? "sha1" : PRFS[objectId(children(prf)[0])];
  const [cipherId, iv] = children(encryption!);
  const cipher = CIPHERS[objectId(cipherId)];
  if (digest === undefined || cipher === undefined)
    throw new Pkcs12Error("its encryption is not supported; AES with PBKDF2 is");
  const { name, keyLength } = cipher;
  const key = pbkdf2Sync(password, octets(salt), integer(iterations), keyLength, digest);
  return { name, key, iv: octets(iv) };
}

function verify(mac: DerElement, contents: Buffer, password: string): void {
  const [digestInfo, salt, iterations] = children(mac);
  const [algorithm, expected] = children(digestInfo!);
  const digest = DIGESTS[objectId(children(algorithm!)[0])];
  if (digest === undefined)
    throw new Pkcs12Error("its integrity check is not supported; HMAC with SHA-1 or SHA-2 is");
  const { length } = hash(digest, "", "buffer");
  const rounds = iterations === undefined ? 1 : integer(iterations);
  const key = derivePkcs12(digest, 3, password, octets(salt), rounds, length);
  const actual = createHmac(digest, key).update(contents).digest();
  if (!timingSafeEqual(actual, octets(expected)))
    throw new Pkcs12Error("the password is wrong, or the store is damaged");
}

/** RFC 7292 appendix B. @param purpose 1 key, 2 initial value, 3 integrity */
function derivePkcs12(
  digest: string,
  purpose: number,
  password: string,
  salt: Buffer,
  iterations: number,
  length: number,
): Buffer {
  const block = digest === "sha384" || digest === "sha512" ? 128 : 64;
  const stretch = (bytes: Buffer) =>
    Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes.length === 0 ? 0 : bytes);
  const text = Buffer.from(`${password}\0`, "utf16le").swap16();
  const state = Buffer.concat([stretch(salt), stretch(text)]);
  const result: Buffer[] = [];
  for (let have = 0; have < length;) {
    let round = hash(digest, Buffer.concat([Buffer.alloc(block, purpose), state]), "buffer");
    for (let i = 1; i < iterations; i++) round = hash(digest, round, "buffer");
    result.push(round);
    have += round.length;
    const add = Buffer.alloc(block, round);
    for (let at = 0; at < state.length; at += block) addOnePlus(state, at, add);
  }
  return Buffer.concat(result).subarray(0, length);
}

/** state[at…] = (state[at…] + addend + 1) mod 2^(8 · length) */
function addOnePlus(state: Buffer, at: number, addend: Buffer): void {
  let carry = 1;
  for (let i = addend.length - 1; i >= 0; i--) {
    const sum = state[at + i]! + addend[i]! + carry;
    state[at + i] = sum & 0xff;
    carry = sum >> 8;
  }
}
