const LF = 0x0a;
const INITIAL_BYTES = 64 * 1024;
/** A buffer that a long line made larger than this is given back afterwards. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** UTF-8 takes no more than this for each UTF-16 unit of a string. */
const MAX_BYTES_PER_UNIT = 3;

/** Lines in UTF-8, each with its `\n`, in memory that is used again and again. */
export class LineBuffer {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(line: string): void {
    const needed = this.#length + line.length * MAX_BYTES_PER_UNIT + 1;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length += this.#bytes.write(line, this.#length);
    this.#bytes[this.#length] = LF;
    this.#length += 1;
  }

  /** The bytes of the lines so far; valid until the next `append` or `clear`. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
