import { createRequire } from "node:module";

/** CRC-32C (Castagnoli), bit-reversed polynomial. */
const POLYNOMIAL = 0x82f6_3b78;

type Crc32c = (data: Uint8Array) => number;

/**
 * CRC-32C of `data`, the checksum of record batches. Native where `@node-rs/crc32` has a binary
 * for the platform (it covers the common ones), table-driven otherwise: an order of magnitude
 * slower, but right.
 */
export const crc32c: Crc32c = native() ?? crc32cPure;

function native(): Crc32c | undefined {
  try {
    // The package throws while it is loaded where no binary fits, so it cannot be a static import.
    const binding = createRequire(import.meta.url)("@node-rs/crc32") as { crc32c: Crc32c };
    // Called through its own closure: the binding takes an initial state as second argument.
    return (data) => binding.crc32c(data);
  } catch {
    return undefined;
  }
}

let table: Uint32Array | undefined;

/** The fallback, exported so that a test can hold it against the native one. */
export function crc32cPure(data: Uint8Array): number {
  table ??= buildTable();
  let crc = 0xffff_ffff;
  for (let i = 0; i < data.length; i++) {
    crc = table[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

function buildTable(): Uint32Array {
  const entries = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) {
      entry = entry & 1 ? (entry >>> 1) ^ POLYNOMIAL : entry >>> 1;
    }
    entries[i] = entry;
  }
  return entries;
}
