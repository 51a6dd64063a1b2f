/** Reads values in PostgreSQL's text format where they lie in the buffer. */

const ZERO = 48;
const MINUS = 45;
const DOT = 46;

/** Texts up to this length are tried byte by byte, which is faster than a call into the runtime. */
const SHORT = 16;

/** The text of bytes in UTF-8. */
export function readText(bytes: Buffer, at: number, length: number): string {
  if (length > SHORT) return bytes.toString("utf8", at, at + length);
  let text = "";
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return bytes.toString("utf8", at, at + length);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A whole number of up to 15 digits. */
export function readInteger(bytes: Buffer, at: number, length: number): number {
  const end = at + length;
  const isNegative = bytes[at] === MINUS;
  let value = 0;
  for (let i = isNegative ? at + 1 : at; i < end; i++) value = value * 10 + (bytes[i]! - ZERO);
  return isNegative ? -value : value;
}

/** An int64, as a number where that is exact and as a bigint where it is not. */
export function readInt64(bytes: Buffer, at: number, length: number): number | bigint {
  if (length <= 15) return readInteger(bytes, at, length);
  return safeInteger(BigInt(bytes.toString("latin1", at, at + length)));
}

/** A number where that is exact, as Connect's INT64 wants it. */
export function safeInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** So many digits from there on. */
export function readDigits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 10 + (bytes[i]! - ZERO);
  return value;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10;
}

/** Microseconds of a fraction that begins with a dot at that place; none there is 0. */
export function readFraction(bytes: Buffer, at: number, end: number): number {
  if (at >= end || bytes[at] !== DOT) return 0;
  let micros = 0;
  let unit = 100_000;
  for (let i = at + 1; i < end && isDigit(bytes[i]); i++) {
    micros += (bytes[i]! - ZERO) * unit;
    unit /= 10;
  }
  return micros;
}

/** Where the fraction that begins there ends. */
export function fractionEnd(bytes: Buffer, at: number, end: number): number {
  if (at >= end || bytes[at] !== DOT) return at;
  let i = at + 1;
  while (i < end && isDigit(bytes[i])) i++;
  return i;
}
