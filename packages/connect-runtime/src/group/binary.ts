import { DataError } from "@millrace/connect-api";

/** Kafka's types before flexible versions, big-endian (Java: `org.apache.kafka.common.protocol.types.Type`). */
export class BinaryWriter {
  readonly #parts: Buffer[] = [];

  int16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeInt16BE(value);
    return this.#add(part);
  }

  int32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value);
    return this.#add(part);
  }

  int64(value: number): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(BigInt(value));
    return this.#add(part);
  }

  /** @throws {DataError} for more than 32767 bytes, the most that its length can say */
  string(value: string): this {
    const part = Buffer.from(value);
    if (part.length > 32_767)
      throw new DataError(
        `Could not write ${part.length} bytes of text, starting with "${value.slice(0, 40)}": ` +
          "the group protocol takes 32767 at most, shorten the name",
      );
    return this.int16(part.length).#add(part);
  }

  nullableBytes(value: Buffer | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).#add(value);
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #add(part: Buffer): this {
    this.#parts.push(part);
    return this;
  }
}

/** Reads what {@link BinaryWriter} writes; every method throws a {DataError} where the bytes end or make no sense. */
export class BinaryReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  int16(what: string): number {
    return this.#bytes.readInt16BE(this.#take(2, what));
  }

  int32(what: string): number {
    return this.#bytes.readInt32BE(this.#take(4, what));
  }

  /** Offsets are far below the numbers that JavaScript cannot hold; what is not is no offset. */
  int64(what: string): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#take(8, what)));
    if (!Number.isSafeInteger(value)) throw new DataError(`${what} is out of range`);
    return value;
  }

  string(what: string): string {
    const length = this.int16(`the length of ${what}`);
    if (length < 0) throw new DataError(`${what} is missing`);
    const from = this.#take(length, what);
    return this.#bytes.toString("utf8", from, from + length);
  }

  nullableBytes(what: string): Buffer | null {
    const length = this.#length(what);
    if (length < 0) return null;
    const from = this.#take(length, what);
    return this.#bytes.subarray(from, from + length);
  }

  /** Also null is an array: an empty one. */
  array(what: string, read: () => void): void {
    for (let left = this.#length(what); left > 0; left--) read();
  }

  #length(what: string): number {
    const length = this.int32(`the length of ${what}`);
    if (length < -1) throw new DataError(`The length of ${what} is ${length}`);
    return length;
  }

  /** @returns where the next `count` bytes start */
  #take(count: number, what: string): number {
    const from = this.#at;
    const left = this.#bytes.length - from;
    if (count > left)
      throw new DataError(
        `${what} takes ${count} bytes, and ${left} of ${this.#bytes.length} are left`,
      );
    this.#at += count;
    return from;
  }
}
