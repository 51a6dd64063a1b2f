import { compressSync } from "snappy";

/**
 * Snappy, as one block. The output is copied: the library's own, which V8 does not count as
 * memory in use, piled up by the hundred megabytes, and was slower by that.
 */
export function snappy(bytes: Uint8Array): Buffer {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return compressSync(view, { copyOutputData: true });
}
