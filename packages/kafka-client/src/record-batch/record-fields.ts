import type { Bytes, RecordHeader } from "../types.ts";
import { sizeOfVarint, writeVarint } from "./varint.ts";

/** UTF-8 takes at most this much per UTF-16 code unit. */
const UTF8_BOUND = 3;
const HEADER_BOUND = 10;

/** What a key or value takes at most, without its length. */
export function boundOf(bytes: Bytes): number {
  return bytes === null ? 0 : typeof bytes === "string" ? bytes.length * UTF8_BOUND : bytes.length;
}

export function boundOfHeaders(headers: readonly RecordHeader[] | null | undefined): number {
  if (headers == null) return 0;
  let bound = 0;
  for (const { key, value } of headers)
    bound += HEADER_BOUND + key.length * UTF8_BOUND + boundOf(value);
  return bound;
}

/** Size with its length in front, as if a string were ASCII. */
export function guessedSize(bytes: Bytes): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

export function guessedHeaders(headers: readonly RecordHeader[]): number {
  let size = sizeOfVarint(headers.length);
  for (const { key, value } of headers) size += guessedSize(key) + guessedSize(value);
  return size;
}

export function sizeOf(bytes: Bytes): number {
  if (bytes === null) return 1;
  const length = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
  return sizeOfVarint(length) + length;
}

/** Length, then the bytes; null is length -1. */
export function writeBytes(buffer: Buffer, at: number, bytes: Bytes): number {
  if (bytes === null) {
    buffer[at] = 1;
    return at + 1;
  }
  const { length } = bytes;
  const width = sizeOfVarint(length);
  if (typeof bytes !== "string") {
    writeVarint(buffer, at, length);
    buffer.set(bytes, at + width);
    return at + width + length;
  }
  const written = buffer.write(bytes, at + width);
  if (written !== length) {
    const actualWidth = sizeOfVarint(written);
    if (actualWidth !== width)
      buffer.copyWithin(at + actualWidth, at + width, at + width + written);
    return writeVarint(buffer, at, written) + written;
  }
  writeVarint(buffer, at, length);
  return at + width + length;
}

export function writeHeaders(buffer: Buffer, at: number, headers: readonly RecordHeader[]): number {
  let position = writeVarint(buffer, at, headers.length);
  for (const { key, value } of headers) {
    position = writeBytes(buffer, position, key);
    position = writeBytes(buffer, position, value);
  }
  return position;
}

/** All headers with their count. */
export function sizeOfHeaders(headers: readonly RecordHeader[] | null | undefined): number {
  let size = sizeOfVarint(headers?.length ?? 0);
  if (headers != null) for (const { key, value } of headers) size += sizeOf(key) + sizeOf(value);
  return size;
}
