/** One element of a DER encoding (X.690): only what reading a PKCS #12 file takes. */
export interface DerElement {
  /** Tag byte: 0x30 sequence, 0x31 set, 0x04 octets, 0x06 object id, 0xa0… context-specific. */
  readonly tag: number;
  readonly content: Buffer;
  /** The element with tag and length. */
  readonly whole: Buffer;
}

/** @throws RangeError for bytes that are no DER */
export function readDer(bytes: Buffer, at = 0): DerElement {
  const tag = byteAt(bytes, at);
  const first = byteAt(bytes, at + 1);
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new RangeError("length of unsupported form");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + byteAt(bytes, start++);
  }
  if (start + length > bytes.length) throw new RangeError("element beyond the end");
  return {
    tag,
    content: bytes.subarray(start, start + length),
    whole: bytes.subarray(at, start + length),
  };
}

/** The elements inside a constructed one, or one after another in a buffer. */
export function children(element: DerElement | Buffer): DerElement[] {
  const bytes = Buffer.isBuffer(element) ? element : element.content;
  const found: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const child = readDer(bytes, at);
    found.push(child);
    at += child.whole.length;
  }
  return found;
}

/** "1.2.840…" of an object id. */
export function objectId(element: DerElement | undefined): string {
  if (element?.tag !== 0x06) throw new RangeError("no object id");
  const arcs: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length > 0) arcs.push(value);
    else {
      const root = Math.min(2, Math.floor(value / 40));
      arcs.push(root, value - root * 40);
    }
    value = 0;
  }
  return arcs.join(".");
}

/** A small non-negative integer. */
export function integer(element: DerElement | undefined): number {
  if (element?.tag !== 0x02) throw new RangeError("no integer");
  return element.content.reduce((value, byte) => value * 256 + byte, 0);
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError("element beyond the end");
  return byte;
}
