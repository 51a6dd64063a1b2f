import { compressionsAlgorithms } from "../protocol.ts";
import { gunzipSync, gzipSync, constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

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
      return gzipSync(records, level === undefined ? {} : { level });
    case "zstd":
      return zstdCompressSync(
        records,
        level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } },
      );
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[codec].compressSync(records);
  }
}

/** Undoes `compress`, whichever client wrote the batch (Java frames snappy its own way). */
export function decompress(codec: Exclude<Codec, "none">, records: Buffer): Buffer {
  switch (codec) {
    case "gzip":
      return gunzipSync(records);
    case "zstd":
      return zstdDecompressSync(records);
    case "snappy":
    case "lz4":
      return compressionsAlgorithms[codec].decompressSync(records);
  }
}
