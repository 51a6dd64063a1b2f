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

export type Bytes = Buffer | null;

/** @returns the entries, in the order of the stream */
export function readHashMap(file: Buffer): [Bytes, Bytes][] {
  return new Reader(file).map();
}

export function writeHashMap(entries: readonly (readonly [Bytes, Bytes])[]): Buffer {
  let capacity = 16;
  while (entries.length > capacity * 0.75) capacity *= 2;
  const fields = Buffer.alloc(18);
  fields.writeFloatBE(0.75, 0);
  fields.writeInt32BE(capacity * 0.75, 4);
  fields.writeUInt8(TC_BLOCKDATA, 8);
  fields.writeUInt8(8, 9);
  fields.writeInt32BE(capacity, 10);
  fields.writeInt32BE(entries.length, 14);
  const parts: Buffer[] = [STREAM_HEADER, Buffer.of(TC_OBJECT), HASH_MAP_DESCRIPTOR, fields];
  let described = false;
  for (const bytes of entries.flat()) {
    if (bytes === null) {
      parts.push(Buffer.of(TC_NULL));
      continue;
    }
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    const descriptor = described ? BYTES_DESCRIPTOR_REFERENCE : BYTES_DESCRIPTOR;
    described = true;
    parts.push(Buffer.of(TC_ARRAY), descriptor, length, bytes);
  }
  parts.push(Buffer.of(TC_ENDBLOCKDATA));
  return Buffer.concat(parts);
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
