/**
 * Cuts a byte stream into Kafka's frames: a 32-bit size, then that many bytes.
 *
 * A frame inside one chunk is a view of it. A frame that spans chunks is copied once, into a buffer
 * of exactly its size, so that a large fetch answer costs one copy however many chunks it came in.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  /** A larger size is no Kafka answer but something else that listens there. */
  maxSize: number;
  readonly #size = Buffer.alloc(4);
  #sizeBytes = 0;
  #frame: Buffer | undefined;
  #filled = 0;

  constructor(onFrame: (frame: Buffer) => void, maxSize: number) {
    this.#onFrame = onFrame;
    this.maxSize = maxSize;
  }

  /** @throws RangeError on a size that can't be; the stream is of no use after that. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        const size = this.#readSize(chunk, at);
        at += size.read;
        if (size.value === undefined) return;
        if (chunk.length - at >= size.value) {
          this.#onFrame(chunk.subarray(at, at + size.value));
          at += size.value;
          continue;
        }
        this.#frame = Buffer.allocUnsafeSlow(size.value);
        this.#filled = 0;
      }
      const copied = chunk.copy(this.#frame, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === this.#frame.length) {
        const frame = this.#frame;
        this.#frame = undefined;
        this.#onFrame(frame);
      }
    }
  }

  #readSize(chunk: Buffer, at: number): { read: number; value: number | undefined } {
    const read = chunk.copy(this.#size, this.#sizeBytes, at, at + 4 - this.#sizeBytes);
    this.#sizeBytes += read;
    if (this.#sizeBytes < 4) return { read, value: undefined };
    this.#sizeBytes = 0;
    const value = this.#size.readInt32BE();
    if (value < 0 || value > this.maxSize) throw new RangeError(`frame of ${value} bytes`);
    return { read, value };
  }
}
