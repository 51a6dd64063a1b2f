import { Decimal, DataError } from "@millrace/connect-api";
import { safeInteger } from "../reading/integers.ts";

/**
 * PostgreSQL's binary numeric: counts of base-10000 digits, the weight of the first,
 * sign, digits after the point, then the digits (`numeric_send` in the server's
 * numeric.c).
 */
const DIGITS_AT = 8;
const NEGATIVE = 0x4000;
const NOT_A_NUMBER = 0xc000;
const POSITIVE_INFINITY = 0xd000;
const NEGATIVE_INFINITY = 0xf000;

const powersOfTen: bigint[] = [1n];

function powerOfTen(exponent: number): bigint {
  for (let known = powersOfTen.length; known <= exponent; known++) {
    powersOfTen.push((powersOfTen[known - 1] ?? 1n) * 10n);
  }
  return powersOfTen[exponent] ?? 1n;
}

/** Reads a numeric as a Decimal of exactly this scale. @throws {DataError} when it has more digits than that, or is no number */
export function readDecimal(bytes: Buffer, at: number, scale: number): Decimal {
  return new Decimal(readUnscaled(bytes, at, scale), scale);
}

/** Reads a numeric without fraction. @throws {DataError} when it has a fraction, or is no number */
export function readWhole(bytes: Buffer, at: number): number | bigint {
  return safeInteger(readUnscaled(bytes, at, 0));
}

/** Reads a numeric as the nearest double, NaN and the infinities included. */
export function readDouble(bytes: Buffer, at: number): number {
  switch (bytes.readUInt16BE(at + 4)) {
    case NOT_A_NUMBER:
      return Number.NaN;
    case POSITIVE_INFINITY:
      return Number.POSITIVE_INFINITY;
    case NEGATIVE_INFINITY:
      return Number.NEGATIVE_INFINITY;
    default: {
      const scale = bytes.readUInt16BE(at + 6);
      return Number(`${readUnscaled(bytes, at, scale)}e-${scale}`);
    }
  }
}

/** The value times 10^scale. */
function readUnscaled(bytes: Buffer, at: number, scale: number): bigint {
  const count = bytes.readInt16BE(at);
  const sign = bytes.readUInt16BE(at + 4);
  if (sign >= NOT_A_NUMBER) {
    const what = sign === NOT_A_NUMBER ? "NaN" : "infinity";
    throw new DataError(
      `${what} is not a decimal number; set numeric.mapping so that the column becomes a double, or take such values out`,
    );
  }
  // What the last digit has to be multiplied with: a power of ten, negative to divide.
  const exponent = 4 * (bytes.readInt16BE(at + 2) - count + 1) + scale;
  const magnitude =
    count <= 3
      ? shiftNumber(readShort(bytes, at, count), exponent)
      : shift(readLong(bytes, at, count), exponent);
  return sign === NEGATIVE ? -magnitude : magnitude;
}

/** At most three digits, 10^12, are exact in a double, and so they are after a small shift. */
function readShort(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++)
    value = value * 10_000 + bytes.readInt16BE(at + DIGITS_AT + 2 * i);
  return value;
}

function shiftNumber(value: number, exponent: number): bigint {
  if (exponent === 0) return BigInt(value);
  if (exponent > 0 && exponent <= 3) return BigInt(value * 10 ** exponent);
  if (exponent < 0 && exponent >= -12) {
    const shifted = value / 10 ** -exponent;
    if (Number.isInteger(shifted)) return BigInt(shifted);
  }
  return shift(BigInt(value), exponent);
}

function readLong(bytes: Buffer, at: number, count: number): bigint {
  let value = 0n;
  for (let i = 0; i < count; i++) {
    value = value * 10_000n + BigInt(bytes.readInt16BE(at + DIGITS_AT + 2 * i));
  }
  return value;
}

function shift(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * powerOfTen(exponent);
  const divisor = powerOfTen(-exponent);
  if (value % divisor !== 0n) {
    throw new DataError(
      `it has more digits after the point than the schema's scale allows; give the column a precision and scale in the database`,
    );
  }
  return value / divisor;
}
