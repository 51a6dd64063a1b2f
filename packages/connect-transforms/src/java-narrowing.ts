import { type Decimal, isDecimal, nearestFloat } from "@millrace/connect-api";

/** A number as Connect has it: an integer or float, a long beyond 2^53, a decimal. */
export type ConnectNumber = number | bigint | Decimal;
export type Bits = 8 | 16 | 32 | 64;

const INT32_MAX = 2 ** 31 - 1;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * A number as an integer of so many bits, by the rules of Java's `Number.byteValue()` and
 * its kin: integers and decimals keep their low bits, floats lose their fraction and stop
 * at the limits of int (of long, for 64 bits) before that.
 * @param isFloat whether a JavaScript number stands for a float: 3 may be one
 */
export function toInteger(value: ConnectNumber, bits: Bits, isFloat: boolean): number | bigint {
  if (typeof value === "number") {
    if (bits === 64) return isFloat ? floatToInt64(value) : value;
    return lowBits(isFloat ? floatToInt32(value) : value, bits);
  }
  const integer = isDecimal(value) ? integerPart(value) : value;
  const wrapped = BigInt.asIntN(bits, integer);
  return safe(wrapped);
}

/** `Number.doubleValue()` */
export function toFloat64(value: ConnectNumber): number {
  return isDecimal(value) ? value.toNumber() : Number(value);
}

/** `Number.floatValue()` */
export function toFloat32(value: ConnectNumber): number {
  return typeof value === "number" ? Math.fround(value) : nearestFloat(value.toString());
}

/** `Number.longValue() != 0` */
export function isNonZero(value: ConnectNumber, isFloat: boolean): boolean {
  return toInteger(value, 64, isFloat) !== 0;
}

/** Numbers up to 2^53 are exact, and so are their low 32 bits. */
function lowBits(value: number, bits: 8 | 16 | 32): number {
  const unused = 32 - bits;
  return (value << unused) >> unused;
}

function floatToInt32(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.trunc(Math.min(INT32_MAX, Math.max(-INT32_MAX - 1, value)));
}

function floatToInt64(value: number): number | bigint {
  if (Number.isNaN(value)) return 0;
  // "+ 0" makes -0 of -0.5 a 0.
  const whole = Math.trunc(value) + 0;
  if (Number.isSafeInteger(whole)) return whole;
  if (whole >= 2 ** 63) return INT64_MAX;
  return whole < -(2 ** 63) ? -INT64_MAX - 1n : BigInt(whole);
}

function integerPart({ unscaled, scale }: Decimal): bigint {
  if (scale <= 0) {
    // A multiple of 10^64 has 64 low bits of 0: no need to write all its digits.
    return scale < -64 ? 0n : unscaled * 10n ** BigInt(-scale);
  }
  return scale > unscaled.toString().length ? 0n : unscaled / 10n ** BigInt(scale);
}

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
