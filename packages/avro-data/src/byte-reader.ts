import { Buffer } from "node:buffer";
import { DataError } from "@millrace/connect-api";

const SHORT_TEXT = 32;
const TWO_28 = 2 ** 28;

/** Reads what `ByteWriter` writes. */
export class ByteReader {
  buffer: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;

  /** Begins with a message. */
  open(bytes: Uint8Array, at = 0, end = bytes.length): this {
    this.buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
    this.end = end;
    return this;
  }

  /** @throws {DataError} when more was read than there is */
  check(): void {
    if (this.at > this.end) throw cutOff();
  }

  byte(): number {
    if (this.at >= this.end) throw cutOff();
    return this.buffer[this.at++]!;
  }

  /** Zig-zag, of 32 bits. */
  int(): number {
    const value = this.unsigned();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Base 128, its lower 32 bits. */
  unsigned(): number {
    const { buffer } = this;
    let byte = buffer[this.at++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.at < this.end ? buffer[this.at++]! : tooShort();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new DataError("A number has more than 10 bytes");
  }

  /** Zig-zag, of 64 bits: a number where it is safe, else a bigint. */
  long(): number | bigint {
    const { buffer } = this;
    const first = buffer[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return (first >>> 1) ^ -(first & 1);
    }
    this.#read64();
    const negative = (this.#low & 1) === 1;
    if (this.#high === 0 && this.#mid < 0x4_00_00_00) {
      const magnitude = Math.floor(this.#low / 2) + this.#mid * (TWO_28 / 2);
      const value = negative ? -magnitude - 1 : magnitude;
      if (Number.isSafeInteger(value)) return value;
    }
    const magnitude = this.#big() >> 1n;
    return negative ? -magnitude - 1n : magnitude;
  }

  /** Base 128 of 64 bits, without a sign. */
  unsignedLong(): number | bigint {
    this.#read64();
    const small = this.#high === 0 && this.#mid < 0x2_00_00_00;
    return small ? this.#low + this.#mid * TWO_28 : this.#big();
  }

  /** Base 128 of 64 bits in two's complement. */
  signedLong(): number | bigint {
    const value = this.unsignedLong();
    if (typeof value === "number") return value;
    const signed = BigInt.asIntN(64, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  // Bits 0 to 27, 28 to 55 and 56 to 69 of the number that was read last.
  #low = 0;
  #mid = 0;
  #high = 0;

  #read64(): void {
    this.#low = this.#mid = this.#high = 0;
    for (let digit = 0; digit < 10; digit++) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (digit < 4) this.#low |= bits << (7 * digit);
      else if (digit < 8) this.#mid |= bits << (7 * (digit - 4));
      else this.#high |= bits << (7 * (digit - 8));
      if (byte < 0x80) return;
    }
    throw new DataError("A number has more than 10 bytes");
  }

  #big(): bigint {
    const value = (BigInt(this.#high) << 56n) | (BigInt(this.#mid) << 28n) | BigInt(this.#low);
    return BigInt.asUintN(64, value);
  }

  /** Fixed 32 bits, signed. */
  fixed32(): number {
    if (this.at + 4 > this.end) throw cutOff();
    this.at += 4;
    return this.buffer.readInt32LE(this.at - 4);
  }

  /** Fixed 64 bits, signed: a number where it is safe, else a bigint. */
  fixed64(): number | bigint {
    if (this.at + 8 > this.end) throw cutOff();
    this.at += 8;
    const value = this.buffer.readBigInt64LE(this.at - 8);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Passes over bytes. */
  skip(length: number): void {
    if (length < 0 || this.at + length > this.end) throw cutOff();
    this.at += length;
  }

  float(): number {
    if (this.at + 4 > this.end) throw cutOff();
    const value = this.buffer.readFloatLE(this.at);
    this.at += 4;
    return value;
  }

  double(): number {
    if (this.at + 8 > this.end) throw cutOff();
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** A copy: what was read must not keep a whole answer of the broker in memory. */
  bytes(length: number): Buffer {
    const end = this.at + length;
    if (length < 0 || end > this.end) throw cutOff();
    const bytes = Buffer.from(this.buffer.subarray(this.at, end));
    this.at = end;
    return bytes;
  }

  text(length: number): string {
    const start = this.at;
    const end = start + length;
    if (length < 0 || end > this.end) throw cutOff();
    this.at = end;
    if (length <= SHORT_TEXT) {
      const { buffer } = this;
      let text = "";
      for (let i = start; ; i++) {
        if (i === end) return text;
        const byte = buffer[i]!;
        if (byte > 0x7f) break;
        text += String.fromCharCode(byte);
      }
    }
    return this.buffer.toString("utf8", start, end);
  }
}

function cutOff(): DataError {
  return new DataError("The message ends before its value does");
}

function tooShort(): never {
  throw cutOff();
}
