import type { Operation } from "./operation.ts";

const FIRST_CAPACITY = 64 * 1024;
/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * One bulk request being put together: its operations and, written as they are added,
 * its body. One buffer per request costs less than strings joined and encoded later, and
 * gives the exact size in bytes.
 */
export class Bulk {
  readonly operations: Operation[] = [];
  #buffer: Buffer;
  #size = 0;

  /** @param expectedBytes how large it will become, as far as known */
  constructor(expectedBytes = FIRST_CAPACITY) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(expectedBytes, FIRST_CAPACITY));
  }

  static of(operations: readonly Operation[]): Bulk {
    const bulk = new Bulk(operations.reduce((size, { lines }) => size + lines.length, 0));
    for (const operation of operations) bulk.add(operation, Infinity);
    return bulk;
  }

  /** Newline-delimited JSON. */
  get body(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** @returns false, and adds nothing, when the body would grow beyond `maxBytes`; the first one always fits */
  add(operation: Operation, maxBytes: number): boolean {
    const { lines } = operation;
    if (this.#buffer.length - this.#size < lines.length * MAX_BYTES_PER_UNIT) {
      this.#reserve(Buffer.byteLength(lines));
    }
    const size = this.#size + this.#buffer.write(lines, this.#size);
    if (size > maxBytes && this.operations.length > 0) return false;
    this.#size = size;
    this.operations.push(operation);
    return true;
  }

  #reserve(bytes: number): void {
    if (this.#buffer.length - this.#size >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#size + bytes));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
