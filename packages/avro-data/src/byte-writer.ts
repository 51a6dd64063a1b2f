import { Buffer } from "node:buffer";

const CHUNK_BYTES = 65_536;
/** Up to here a loop over the characters is faster than a call into the runtime. */
const SHORT_TEXT = 24;

/**
 * Where messages are written, one after the other. Their bytes lie in larger pieces of
 * memory that are never written twice, so that what `take` gives needs no copy.
 */
export class ByteWriter {
  buffer: Buffer;
  at = 0;
  #start = 0;

  /** @param size bytes of the first piece of memory; it grows where that is too small */
  constructor(size = CHUNK_BYTES) {
    this.buffer = Buffer.allocUnsafeSlow(size);
  }

  /** Begins a message. What was written since the last `take` is dropped. */
  begin(): void {
    this.at = this.#start;
  }

  /** The message, as a view that stays as it is. */
  take(): Buffer {
    const bytes = this.buffer.subarray(this.#start, this.at);
    this.#start = this.at;
    return bytes;
  }

  /** Bytes since `begin`. */
  get length(): number {
    return this.at - this.#start;
  }

  /** Takes back what was written after so many bytes. */
  truncate(length: number): void {
    this.at = this.#start + length;
  }

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const begun = this.at - this.#start;
    const size = Math.max(CHUNK_BYTES, 2 * (begun + bytes));
    const larger = Buffer.allocUnsafeSlow(size);
    this.buffer.copy(larger, 0, this.#start, this.at);
    this.buffer = larger;
    this.#start = 0;
    this.at = begun;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  int32BE(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  /** Zig-zag, of an integer of 32 bits. */
  int(value: number): void {
    this.#unsigned(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Zig-zag, of an integer of 64 bits. */
  long(value: number | bigint): void {
    if (typeof value === "number") {
      if ((value | 0) === value) return this.int(value);
      const magnitude = value < 0 ? -value - 1 : value;
      this.#long(magnitude % 64, Math.floor(magnitude / 64), value < 0);
    } else {
      const magnitude = value < 0n ? -value - 1n : value;
      // Of 57 bits at most: the second digit is taken off while it is exact.
      const first = Number(magnitude & 63n);
      const second = Number((magnitude >> 6n) & 127n);
      const rest = Number(magnitude >> 13n);
      this.reserve(10);
      this.buffer[this.at++] = (first << 1) | (value < 0n ? 1 : 0) | 0x80;
      this.buffer[this.at++] = second | 0x80;
      this.varint(rest);
    }
  }

  #long(first: number, rest: number, negative: boolean): void {
    this.reserve(10);
    this.buffer[this.at++] = (first << 1) | (negative ? 1 : 0) | (rest > 0 ? 0x80 : 0);
    if (rest > 0) this.varint(rest);
  }

  /** Base 128, of a whole number from 0 to 2^53. */
  varint(value: number): void {
    if (value <= 0xff_ff_ff_ff) return this.#unsigned(value);
    this.reserve(8);
    let rest = value;
    while (rest > 0xff_ff_ff_ff) {
      this.buffer[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#unsigned(rest);
  }

  #unsigned(value: number): void {
    if (this.at + 5 > this.buffer.length) this.reserve(5);
    const { buffer } = this;
    let { at } = this;
    let rest = value;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.at = at;
  }

  float(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeFloatLE(value, this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** Bytes without their length. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Begins something that has its length before it; the result is for `endNested`. */
  beginNested(): number {
    this.reserve(1);
    this.at++;
    return this.length;
  }

  /** Writes the length (base 128) of what came since; one of more than a byte moves it. */
  endNested(begun: number): void {
    const size = this.length - begun;
    const extra = varintLength(size) - 1;
    this.reserve(extra);
    const start = this.#start + begun;
    if (extra > 0) this.buffer.copyWithin(start + extra, start, this.at);
    const end = this.at + extra;
    this.at = start - 1;
    this.#unsigned(size);
    this.at = end;
  }

  /** Fixed 32 bits, of a whole number. */
  fixed32(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeInt32LE(value | 0, this.at);
  }

  /** Fixed 64 bits. */
  fixed64(value: number | bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), this.at);
  }

  /** Base 128 of 64 bits in two's complement. */
  signedLong(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) return this.varint(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    for (; rest > 0x7fn; rest >>= 7n) this.buffer[this.at++] = Number(rest & 0x7fn) | 0x80;
    this.buffer[this.at++] = Number(rest);
  }

  /** UTF-8 without its length. */
  utf8(value: string): void {
    this.reserve(3 * value.length);
    this.at += this.buffer.write(value, this.at);
  }

  /**
   * UTF-8 after its length.
   * @param zigZag how the length is written
   */
  text(value: string, zigZag: boolean): void {
    const shift = zigZag ? 1 : 0;
    const { length } = value;
    if (length <= SHORT_TEXT) {
      this.reserve(1 + length);
      const { buffer } = this;
      let { at } = this;
      buffer[at++] = length << shift;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        buffer[at++] = code;
      }
      if (i === length) {
        this.at = at;
        return;
      }
    }
    // The length is guessed as if all were ASCII; where that is wrong, the text moves.
    this.reserve(5 + 3 * length);
    const guessed = varintLength(length << shift);
    const written = this.buffer.write(value, this.at + guessed);
    const needed = varintLength(written << shift);
    if (needed !== guessed) {
      this.buffer.copyWithin(this.at + needed, this.at + guessed, this.at + guessed + written);
    }
    this.#unsigned(written << shift);
    this.at += written;
  }
}

function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x40_00) return 2;
  if (value < 0x20_00_00) return 3;
  return value < 0x10_00_00_00 ? 4 : 5;
}
