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

/** Bytes that {@link writeVarint} takes for a 32-bit integer. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Bytes that {@link writeVarlong} takes for an integer of up to ±2^52. */
export function sizeOfVarlong(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return sizeOfVarint(value);
  let zigzag = value < 0 ? value * -2 - 1 : value * 2;
  let size = 1;
  while (zigzag >= 128) {
    zigzag = Math.floor(zigzag / 128);
    size++;
  }
  return size;
}

/** Writes a 32-bit integer as zigzag varint. @returns the position after it */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let position = at;
  while (zigzag >= 0x80) {
    buffer[position++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[position] = zigzag;
  return position + 1;
}

/** Writes an integer of up to ±2^52 as zigzag varint. @returns the position after it */
export function writeVarlong(buffer: Uint8Array, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(buffer, at, value);
  let zigzag = value < 0 ? value * -2 - 1 : value * 2;
  let position = at;
  while (zigzag >= 128) {
    buffer[position++] = (zigzag % 128) | 0x80;
    zigzag = Math.floor(zigzag / 128);
  }
  buffer[position] = zigzag;
  return position + 1;
}
