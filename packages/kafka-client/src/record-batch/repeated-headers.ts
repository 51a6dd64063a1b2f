import type { Bytes, RecordHeader } from "../types.ts";
import { sizeOfHeaders, writeHeaders } from "./record-fields.ts";

/** Bytes that are kept at most. */
const LARGEST = 4096;

/**
 * Headers that are the same texts for many records in a row, encoded once. What is seen for
 * the first time is only remembered, so that headers that change cost nothing more.
 */
export class RepeatedHeaders {
  readonly #keys: string[] = [];
  readonly #values: Bytes[] = [];
  #bytes: Buffer | undefined;

  /** The headers with their count in front, where they are the last ones again. */
  bytesOf(headers: readonly RecordHeader[]): Buffer | undefined {
    if (!this.#areLast(headers)) {
      this.#remember(headers);
      return undefined;
    }
    return (this.#bytes ??= encoded(headers));
  }

  #areLast(headers: readonly RecordHeader[]): boolean {
    if (headers.length !== this.#keys.length) return false;
    for (let i = 0; i < headers.length; i++) {
      const { key, value } = headers[i]!;
      if (key !== this.#keys[i] || value !== this.#values[i]) return false;
    }
    return true;
  }

  #remember(headers: readonly RecordHeader[]): void {
    this.#bytes = undefined;
    this.#keys.length = this.#values.length = 0;
    let size = 0;
    for (const { key, value } of headers) {
      // Bytes may be others in the same array by the next record.
      if (value !== null && typeof value !== "string") break;
      size += key.length + (value?.length ?? 0);
      if (size > LARGEST) break;
      this.#keys.push(key);
      this.#values.push(value);
    }
  }
}

function encoded(headers: readonly RecordHeader[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(sizeOfHeaders(headers));
  writeHeaders(bytes, 0, headers);
  return bytes;
}
