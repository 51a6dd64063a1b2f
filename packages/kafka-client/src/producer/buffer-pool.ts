import type { BufferSource } from "../record-batch/encode.ts";

/**
 * Keeps a few buffers of the batch size for the next batches. Fresh ones cost the kernel a page
 * fault per 4 KiB, and garbage collection learns late of memory outside the heap.
 */
export class BufferPool implements BufferSource {
  readonly #size: number;
  readonly #maxFree: number;
  readonly #free: Buffer[] = [];

  /** @param size of the buffers kept; @param maxFree how many are kept at most */
  constructor(size: number, maxFree: number) {
    this.#size = size;
    this.#maxFree = maxFree;
  }

  take(size: number): Buffer {
    if (size <= this.#size / 2 || size > this.#size) return Buffer.allocUnsafeSlow(size);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  give(buffer: Buffer): void {
    if (buffer.length === this.#size && this.#free.length < this.#maxFree) this.#free.push(buffer);
  }
}
