/** Position after the varint that was read last. A module variable spares an object per call. */
export let varintEnd = 0;

/**
 * Reads a zigzag varint of up to 32 bits at `at`; `varintEnd` tells where it ended. Bytes beyond
 * the buffer read as 0, so callers check `varintEnd` against the record's own end.
 */
export function readVarint(buffer: Uint8Array, at: number): number {
  let byte = buffer[at]!;
  if (byte < 0x80) {
    varintEnd = at + 1;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 0x7f;
  let position = at + 1;
  let shift = 7;
  do {
    byte = buffer[position++] ?? 0;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80 && shift < 35);
  varintEnd = position;
  return (value >>> 1) ^ -(value & 1);
}

/**
 * Reads a zigzag varint of up to 64 bits as a number. Exact up to ±2^52, which every timestamp
 * delta is; sums are kept as doubles because shifts would cut them to 32 bits.
 */
export function readVarlong(buffer: Uint8Array, at: number): number {
  let byte = buffer[at]!;
  if (byte < 0x80) {
    varintEnd = at + 1;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 0x7f;
  let position = at + 1;
  let factor = 128;
  do {
    byte = buffer[position++] ?? 0;
    value += (byte & 0x7f) * factor;
    factor *= 128;
  } while (byte >= 0x80 && position - at < 10);
  varintEnd = position;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
