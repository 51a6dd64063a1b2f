/** Bytes of a message's type and length. */
const HEADER_LENGTH = 5;

/**
 * The messages of PostgreSQL's protocol, taken one by one from the chunks that arrive. A
 * message is handed out where it lies, without a copy; only one that spans chunks is put
 * together in a buffer of its own.
 */
export class Frames {
  // The message that `next` found.
  type = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** Where its body starts and ends in `bytes`. */
  start = 0;
  end = 0;

  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;

  push(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
  }

  /** Bytes that no `next` has passed yet. */
  get size(): number {
    return this.#chunk.length - this.#at + this.#waitingBytes;
  }

  /** Bytes that the message under way has in all, as far as that is known; else those of its header. */
  get needed(): number {
    const header = this.#peek(HEADER_LENGTH);
    return header === undefined ? HEADER_LENGTH : 1 + header.readInt32BE(1);
  }

  /** Goes on to the next message; false when it has not arrived whole. */
  next(): boolean {
    if (this.#at === this.#chunk.length) this.#shift();
    const left = this.#chunk.length - this.#at;
    if (left >= HEADER_LENGTH) {
      const length = 1 + this.#chunk.readInt32BE(this.#at + 1);
      if (length <= left) {
        this.#found(this.#chunk, this.#at, length);
        this.#at += length;
        return true;
      }
    }
    return this.#assemble();
  }

  /** Makes the message that `next` found the next one again. */
  back(): void {
    const message = this.bytes.subarray(this.start - HEADER_LENGTH, this.end);
    if (this.#at < this.#chunk.length) this.#unshift(this.#chunk.subarray(this.#at));
    this.#chunk = message;
    this.#at = 0;
  }

  #found(bytes: Buffer, at: number, length: number): void {
    this.type = bytes[at]!;
    this.bytes = bytes;
    this.start = at + HEADER_LENGTH;
    this.end = at + length;
  }

  #assemble(): boolean {
    if (this.size < HEADER_LENGTH) return false;
    const length = this.needed;
    if (this.size < length) return false;
    const message = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length;) {
      if (this.#at === this.#chunk.length) this.#shift();
      const copied = this.#chunk.copy(message, filled, this.#at, this.#at + length - filled);
      this.#at += copied;
      filled += copied;
    }
    this.#found(message, 0, length);
    return true;
  }

  /** That many bytes from here on, or undefined when they have not arrived. */
  #peek(count: number): Buffer | undefined {
    if (this.#chunk.length - this.#at >= count) return this.#chunk.subarray(this.#at);
    if (this.size < count) return undefined;
    const parts = [this.#chunk.subarray(this.#at)];
    let filled = parts[0]!.length;
    for (let i = 0; filled < count; i++) {
      parts.push(this.#waiting[i]!);
      filled += this.#waiting[i]!.length;
    }
    return Buffer.concat(parts, count);
  }

  #shift(): void {
    const chunk = this.#waiting.shift();
    if (chunk === undefined) return;
    this.#waitingBytes -= chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
  }

  #unshift(chunk: Buffer): void {
    this.#waiting.unshift(chunk);
    this.#waitingBytes += chunk.length;
  }
}
