/** Of ES2024, which Node has. */
interface Transferable extends ArrayBuffer {
  transfer(length: number): ArrayBuffer;
}

const LEAST = 64;
/** What is larger grows by half, not to the double. */
const LARGE = 1_048_576;
/** From so many characters on, the call of a native function is paid back. */
const SHORT_TEXT = 24;
const TWO_32 = 2 ** 32;

/**
 * Values one after the other, as Parquet's encoding PLAIN has them. Outside of V8's heap, and
 * moved when it grows: what it was before is freed at once, not when the garbage collector gets
 * to it.
 */
export class GrowingBytes {
  /** All there is room for. */
  buffer: Buffer = Buffer.alloc(0);
  #view = new DataView(this.buffer.buffer, 0, 0);
  length = 0;

  get capacity(): number {
    return this.buffer.length;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Frees all of it. */
  clear(): void {
    (this.#view.buffer as Transferable).transfer(0);
    this.buffer = Buffer.alloc(0);
    this.#view = new DataView(this.buffer.buffer, 0, 0);
    this.length = 0;
  }

  #room(more: number): number {
    const at = this.length;
    if (at + more > this.buffer.length) this.#grow(at + more);
    return at;
  }

  #grow(needed: number): void {
    const { capacity } = this;
    const wanted = capacity < LARGE ? 2 * capacity : 1.5 * capacity;
    const size = Math.max(LEAST, needed, Math.ceil(wanted / 8) * 8);
    const memory =
      capacity === 0 ? new ArrayBuffer(size) : (this.#view.buffer as Transferable).transfer(size);
    this.buffer = Buffer.from(memory);
    this.#view = new DataView(memory);
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.buffer[at] = value;
    this.length = at + 1;
  }

  int32(value: number): void {
    const at = this.#room(4);
    this.#view.setInt32(at, value, true);
    this.length = at + 4;
  }

  int64(value: number | bigint): void {
    const at = this.#room(8);
    if (typeof value === "bigint") {
      this.#view.setBigInt64(at, value, true);
    } else {
      // The setters take what is left of it beyond 32 bits away.
      this.#view.setUint32(at, value, true);
      this.#view.setInt32(at + 4, Math.floor(value / TWO_32), true);
    }
    this.length = at + 8;
  }

  float(value: number): void {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, true);
    this.length = at + 4;
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
    this.length = at + 8;
  }

  /** In two's complement, the highest byte first. */
  fixed(value: bigint, width: number): void {
    const at = this.#room(width);
    let rest = value;
    let end = at + width;
    for (; end - at >= 8; rest >>= 64n) {
      end -= 8;
      this.#view.setBigUint64(end, BigInt.asUintN(64, rest));
    }
    for (; end > at; rest >>= 8n) this.buffer[--end] = Number(rest & 0xffn);
    this.length = at + width;
  }

  /** Behind their length. */
  sized(value: Uint8Array): void {
    const at = this.#room(4 + value.length);
    this.#view.setUint32(at, value.length, true);
    this.buffer.set(value, at + 4);
    this.length = at + 4 + value.length;
  }

  /** As UTF-8, behind its length. */
  text(value: string): void {
    const { length } = value;
    const at = this.#room(4 + 3 * length);
    const short = length < SHORT_TEXT && this.#ascii(value, at + 4);
    const bytes = short ? length : this.buffer.write(value, at + 4);
    this.#view.setUint32(at, bytes, true);
    this.length = at + 4 + bytes;
  }

  /** @returns whether it is of ASCII alone: else it has to be written again */
  #ascii(value: string, at: number): boolean {
    const { buffer } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at + i] = code;
    }
    return true;
  }

  /** A part of other bytes. */
  append(source: GrowingBytes, start: number, end: number): void {
    const at = this.#room(end - start);
    source.buffer.copy(this.buffer, at, start, end);
    this.length = at + end - start;
  }

  int32At(at: number): number {
    return this.#view.getInt32(at, true);
  }

  uint32At(at: number): number {
    return this.#view.getUint32(at, true);
  }

  int64At(at: number): bigint {
    return this.#view.getBigInt64(at, true);
  }

  floatAt(at: number): number {
    return this.#view.getFloat32(at, true);
  }

  doubleAt(at: number): number {
    return this.#view.getFloat64(at, true);
  }
}
