import { ConnectError, nearestFloat } from "@millrace/connect-api";

const RANGES = {
  8: { min: -128n, max: 127n },
  16: { min: -32768n, max: 32767n },
  32: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
} as const;

const FLOAT = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;

/** What a text is refused with where Java throws a `NumberFormatException`. */
export function numberFormatError(message: string): ConnectError {
  return new ConnectError(message, { javaName: "java.lang.NumberFormatException" });
}

/**
 * Reads an integer as Java's `Byte.parseByte`, `Short.parseShort` and so on.
 * @throws {ConnectError} a NumberFormatException, when it is none or out of range
 */
export function parseInteger(text: string, bits: keyof typeof RANGES): number | bigint {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  const { min, max } = RANGES[bits];
  if (value !== undefined && value >= min && value <= max) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  const isInt32 = value !== undefined && value >= RANGES[32].min && value <= RANGES[32].max;
  throw numberFormatError(
    bits < 32 && isInt32
      ? `Value out of range. Value:"${text}" Radix:10`
      : `For input string: "${text}"`,
  );
}

/**
 * Reads a float as Java's `Double.parseDouble` and `Float.parseFloat`: blanks around it and
 * a suffix such as `f` are ignored. Java's hexadecimal floats are not read.
 * @throws {ConnectError} a NumberFormatException, when it is none
 */
export function parseFloatText(text: string, bits: 32 | 64): number {
  const trimmed = text.trim();
  if (trimmed === "") throw numberFormatError("empty String");
  if (!FLOAT.test(trimmed)) throw numberFormatError(`For input string: "${text}"`);
  const digits = /[fFdD]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed;
  return bits === 64 || /[NI]/.test(digits) ? Number(digits) : nearestFloat(digits);
}
