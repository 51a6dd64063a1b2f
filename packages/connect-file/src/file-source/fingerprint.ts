import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** How much of a file's beginning tells it from others. */
export const FULL_BYTES = 1024;
/** How much before a position is compared before more is read from there. */
export const GUARD_BYTES = 256;
const HASH_BYTES = 8;

/**
 * What a file begins with, as far as it was read: it grows with what was read, up to
 * `FULL_BYTES`, and whatever is appended to the file does not change it.
 */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

export const NOTHING_READ: Fingerprint = { bytes: 0, hash: "" };

/** @param beginning the file from its first byte on */
export function fingerprintOf(beginning: Buffer, length = beginning.length): Fingerprint {
  const bytes = Math.min(length, beginning.length, FULL_BYTES);
  if (bytes === 0) return NOTHING_READ;
  const digest = hash("sha256", beginning.subarray(0, bytes), "buffer");
  // A part of a text would keep all of it.
  return { bytes, hash: digest.toString("hex", 0, HASH_BYTES) };
}

/** Whether a file that begins like this may be the one of the fingerprint. */
export function matches({ bytes, hash }: Fingerprint, beginning: Buffer): boolean {
  return beginning.length >= bytes && fingerprintOf(beginning, bytes).hash === hash;
}

/** Long enough to know a copy of the file by. */
export function isFull({ bytes }: Fingerprint): boolean {
  return bytes === FULL_BYTES;
}

/** What stands right before a position: that much further than a fingerprint a file is known by. */
export interface Guard {
  readonly position: number;
  readonly crc: number;
}

/** @param before the file up to the position, or the end of that */
export function guardAt(position: number, before: Buffer): Guard {
  return { position, crc: crc32(before.subarray(-GUARD_BYTES)) };
}
