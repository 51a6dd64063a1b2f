/**
 * Java's serialized form of `HashMap<byte[], byte[]>` (Java Object Serialization Stream
 * Protocol, version 5): the standalone worker's offsets file. Only what such a map
 * consists of is read; anything else is refused with its position.
 */

const STREAM_HEADER = Buffer.from("aced0005", "hex");
const TC_NULL = 0x70;
const TC_REFERENCE = 0x71;
const TC_CLASSDESC = 0x72;
const TC_OBJECT = 0x73;
const TC_ARRAY = 0x75;
const TC_BLOCKDATA = 0x77;
const TC_ENDBLOCKDATA = 0x78;
const FIRST_HANDLE = 0x7e0000;

const HASH_MAP = "java.util.HashMap";
const BYTES = "[B";

// The class descriptors as Java writes them: name, serialVersionUID, flags, fields, no superclass.
const HASH_MAP_DESCRIPTOR = Buffer.from(
  "7200116a6176612e7574696c2e486173684d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573686f6c647870",
  "hex",
);
const BYTES_DESCRIPTOR = Buffer.from("7200025b42acf317f8060854e00200007870", "hex");
/** Handle of the second descriptor in a stream of this kind: map class, map, `byte[]` class. */
const BYTES_DESCRIPTOR_REFERENCE = Buffer.from("71007e0002", "hex");

/** Load factor, threshold, and the block of capacity and size. */
const FIELDS_BYTES = 18;

export type Bytes = Buffer | null;

/** @returns the entries, in the order of the stream */
export function readHashMap(file: Buffer): [Bytes, Bytes][] {
  return new Reader(file).map();
}

/**
 * Written into one buffer: the offsets of tens of thousands of partitions are written at each commit.
 * @param entries texts stand for their bytes in UTF-8
 */
export function writeHashMap(
  entries: readonly (readonly [string | Bytes, string | Bytes])[],
): Buffer {
  let capacity = 16;
  while (entries.length > capacity * 0.75) capacity *= 2;
  const file = Buffer.alloc(sizeOf(entries));
  let at = STREAM_HEADER.copy(file);
  at = file.writeUInt8(TC_OBJECT, at);
  at += HASH_MAP_DESCRIPTOR.copy(file, at);
  at = file.writeFloatBE(0.75, at);
  at = file.writeInt32BE(capacity * 0.75, at);
  at = file.writeUInt8(TC_BLOCKDATA, at);
  at = file.writeUInt8(8, at);
  at = file.writeInt32BE(capacity, at);
  at = file.writeInt32BE(entries.length, at);
  let descriptor = BYTES_DESCRIPTOR;
  for (const entry of entries) {
    for (const bytes of entry) {
      if (bytes === null) {
        at = file.writeUInt8(TC_NULL, at);
        continue;
      }
      at = file.writeUInt8(TC_ARRAY, at);
      at += descriptor.copy(file, at);
      descriptor = BYTES_DESCRIPTOR_REFERENCE;
      const start = at + 4;
      const length = typeof bytes === "string" ? file.write(bytes, start) : bytes.copy(file, start);
      file.writeInt32BE(length, at);
      at = start + length;
    }
  }
  file.writeUInt8(TC_ENDBLOCKDATA, at);
  return file;
}

function sizeOf(entries: readonly (readonly [string | Bytes, string | Bytes])[]): number {
  let size = STREAM_HEADER.length + 1 + HASH_MAP_DESCRIPTOR.length + FIELDS_BYTES + 1;
  let descriptor = BYTES_DESCRIPTOR;
  for (const entry of entries) {
    for (const bytes of entry) {
      size += 1;
      if (bytes === null) continue;
      size += descriptor.length + 4 + Buffer.byteLength(bytes);
      descriptor = BYTES_DESCRIPTOR_REFERENCE;
    }
  }
  return size;
}

class Reader {
  readonly #file: Buffer;
  #at = 0;
  /** What later references may point to, in the order in which it was read. */
  readonly #handles: (string | Buffer | undefined)[] = [];

  constructor(file: Buffer) {
    this.#file = file;
  }

  map(): [Bytes, Bytes][] {
    this.#expect(STREAM_HEADER, "a Java serialization header");
    this.#expect(Buffer.of(TC_OBJECT), "an object");
    const name = this.#classDescriptor();
    if (name !== HASH_MAP) throw this.#wrong(`a ${HASH_MAP}, but it is a ${name}`);
    this.#handles.push(undefined);
    // Load factor and threshold: how the map was built, of no use here.
    this.#take(8);
    this.#expect(Buffer.of(TC_BLOCKDATA, 8), "the size of the map");
    this.#take(4);
    const size = this.#take(4).readInt32BE();
    const entries: [Bytes, Bytes][] = [];
    for (let i = 0; i < size; i++) entries.push([this.#bytes(), this.#bytes()]);
    this.#expect(Buffer.of(TC_ENDBLOCKDATA), "the end of the map");
    return entries;
  }

  #bytes(): Bytes {
    const tag = this.#take(1)[0];
    if (tag === TC_NULL) return null;
    if (tag === TC_REFERENCE) {
      const earlier = this.#reference();
      if (!Buffer.isBuffer(earlier)) throw this.#wrong("a reference to a byte array");
      return earlier;
    }
    if (tag !== TC_ARRAY) throw this.#wrong("a byte array");
    const name = this.#classDescriptor();
    if (name !== BYTES) throw this.#wrong(`a byte array, but it is a ${name}`);
    const handle = this.#handles.push(undefined) - 1;
    const bytes = this.#take(this.#take(4).readInt32BE());
    this.#handles[handle] = bytes;
    return bytes;
  }

  /** @returns the class's name */
  #classDescriptor(): string {
    const tag = this.#take(1)[0];
    if (tag === TC_REFERENCE) {
      const earlier = this.#reference();
      if (typeof earlier !== "string") throw this.#wrong("a reference to a class");
      return earlier;
    }
    if (tag !== TC_CLASSDESC) throw this.#wrong("a class");
    const name = this.#text();
    this.#take(8 + 1);
    this.#handles.push(name);
    // Primitive fields only: a type letter and a name each.
    const fields = this.#take(2).readUInt16BE();
    for (let i = 0; i < fields; i++) {
      this.#take(1);
      this.#text();
    }
    this.#expect(Buffer.of(TC_ENDBLOCKDATA, TC_NULL), "the end of a class without superclass");
    return name;
  }

  #reference(): string | Buffer | undefined {
    return this.#handles[this.#take(4).readInt32BE() - FIRST_HANDLE];
  }

  #text(): string {
    return this.#take(this.#take(2).readUInt16BE()).toString("utf8");
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#file.length)
      throw this.#wrong(`${length} more bytes`);
    this.#at += length;
    return this.#file.subarray(this.#at - length, this.#at);
  }

  #expect(bytes: Buffer, what: string): void {
    if (!this.#take(bytes.length).equals(bytes)) throw this.#wrong(what);
  }

  #wrong(expected: string): Error {
    return new Error(`expected ${expected} before byte ${this.#at} of ${this.#file.length}`);
  }
}
