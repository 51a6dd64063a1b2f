import type { TypeForm } from "./column-type.ts";

/** `bit(1)` is a boolean, longer ones and `varbit` bytes, the last bit first. @param length 0 for no limit */
export function bitsForm(length: number): TypeForm {
  if (length === 1) {
    return { schema: { type: "BOOLEAN" }, zero: false, read: (bytes, at) => bytes[at] === 49 };
  }
  return {
    schema: {
      type: "BYTES",
      name: "io.debezium.data.Bits",
      version: 1,
      parameters: new Map([["length", String(length === 0 ? 2 ** 31 - 1 : length)]]),
    },
    zero: Buffer.alloc(0),
    read: readBits,
  };
}

/** As many bytes as the highest bit that is set needs (Java: `BitSet.toByteArray`). */
export function readBits(bytes: Buffer, at: number, length: number): Buffer {
  const end = at + length;
  let first = at;
  while (first < end && bytes[first] === 48) first++;
  const bits = Buffer.alloc(Math.ceil((end - first) / 8));
  for (let i = end - 1, bit = 0; i >= first; i--, bit++) {
    if (bytes[i] === 49) bits[bit >> 3]! |= 1 << (bit & 7);
  }
  return bits;
}
