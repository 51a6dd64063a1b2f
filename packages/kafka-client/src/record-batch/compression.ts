import { promisify } from "node:util";
import {
  constants,
  gunzipSync,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";

import { compressionsAlgorithms } from "../protocol.ts";

/** Compression of a record batch, by the names `compression.type` uses. */
export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Codecs in the order of their number in a batch's attributes. */
export const CODECS: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/**
 * Compresses the records part of a batch.
 *
 * @param level gzip 1–9, zstd -131072–22; others have none. Their own default if absent.
 */
export function compress(codec: Exclude<Codec, "none">, records: Buffer, level?: number): Buffer {
  switch (codec) {
    case "gzip":
      return gzipSync(records, gzipOptions(level));
    case "zstd":
      return zstdCompressSync(records, zstdOptions(level));
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[codec].compressSync(records);
  }
}

const gzipAsync = promisify<Buffer, { level?: number }, Buffer>(gzip);
const zstdAsync = promisify<Buffer, { params?: Record<number, number> }, Buffer>(zstdCompress);

/**
 * As {@link compress}, on another thread where the codec takes long enough to be worth it: gzip and
 * zstd. `records` must stay as they are until the promise is settled.
 */
export async function compressAsync(
  codec: Exclude<Codec, "none">,
  records: Buffer,
  level?: number,
): Promise<Buffer> {
  if (codec === "gzip") return gzipAsync(records, gzipOptions(level));
  if (codec === "zstd") return zstdAsync(records, zstdOptions(level));
  return compress(codec, records);
}

function gzipOptions(level: number | undefined): { level?: number } {
  return level === undefined ? {} : { level };
}

function zstdOptions(level: number | undefined): { params?: Record<number, number> } {
  return level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } };
}

/**
 * What a batch may decompress to. zstd makes 1 GiB of zeros 32 KiB, so a batch that any topic takes
 * could be larger than the memory; lz4 and snappy cannot grow more than 255- and 21-fold.
 */
const MAX_DECOMPRESSED = 256 * 1024 * 1024;

/**
 * Undoes `compress`, whichever client wrote the batch (Java frames snappy its own way).
 * @throws Error for data that is broken, or too large when it is decompressed
 */
export function decompress(codec: Exclude<Codec, "none">, records: Buffer): Buffer {
  switch (codec) {
    case "gzip":
      return inflate(gunzipSync, records);
    case "zstd":
      return inflate(zstdDecompressSync, records);
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[codec].decompressSync(records);
  }
}

function inflate(
  decompressor: (records: Buffer, options: { maxOutputLength: number }) => Buffer,
  records: Buffer,
): Buffer {
  try {
    return decompressor(records, { maxOutputLength: MAX_DECOMPRESSED });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") throw error;
    throw new RangeError(
      `The batch's ${records.length} bytes decompress to more than ${MAX_DECOMPRESSED}, the most that is taken`,
      { cause: error },
    );
  }
}
