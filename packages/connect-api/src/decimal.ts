import { DataError } from "./errors.ts";

const BRAND = Symbol.for("millrace.connect.decimal");
const INT64_LIMIT = 2n ** 63n;

/**
 * An exact decimal number: `unscaled · 10^-scale` (Java: `BigDecimal`). The value of
 * the logical type `Decimal`.
 */
export class Decimal {
  readonly unscaled: bigint;
  /** Digits after the decimal point; negative for multiples of powers of ten. */
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /**
   * Reads plain or exponential notation (`-1.50`, `12e3`); the scale is that of the text.
   * @throws {DataError} when the text is not a number, or its scale is beyond 32 bits
   */
  static parse(text: string): Decimal {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
    const digits = (match?.[2] ?? "") + (match?.[3] ?? "");
    if (!match || digits === "") throw new DataError(`Not a decimal number: ${text}`);
    const unscaled = BigInt(digits);
    const exponent = Number(match[4] ?? 0);
    // "+ 0" makes the scale of "1e0" 0, not -0.
    const scale = (match[3]?.length ?? 0) - exponent + 0;
    if ((scale | 0) !== scale || (exponent | 0) !== exponent)
      throw new DataError(`Not a decimal number in range: ${text}`);
    return new Decimal(match[1] === "-" ? -unscaled : unscaled, scale);
  }

  /**
   * The same value with another scale.
   * @throws {DataError} when digits would be lost
   */
  withScale(scale: number): Decimal {
    if (scale === this.scale) return this;
    if (scale > this.scale) {
      return new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
    }
    const divisor = 10n ** BigInt(this.scale - scale);
    if (this.unscaled % divisor !== 0n) {
      throw new DataError(
        `Decimal ${this.toString()} cannot be written with scale ${scale} without losing digits`,
      );
    }
    return new Decimal(this.unscaled / divisor, scale);
  }

  /** Two's complement, big-endian, as short as possible (Java: `BigInteger.toByteArray`). */
  toBytes(): Buffer {
    return bigintToBytes(this.unscaled);
  }

  static fromBytes(bytes: Uint8Array, scale: number): Decimal {
    return new Decimal(bytesToBigint(bytes), scale);
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** Equality of digits and scale, as `BigDecimal.equals`: 1.5 and 1.50 differ. */
  equals(other: unknown): boolean {
    return isDecimal(other) && this.unscaled === other.unscaled && this.scale === other.scale;
  }

  /** Plain digits, without exponent (Java: `toPlainString`). */
  toPlainString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    const sign = this.unscaled < 0n ? "-" : "";
    if (this.scale <= 0)
      return sign + (this.unscaled === 0n ? "0" : digits + "0".repeat(-this.scale));
    const padded = digits.padStart(this.scale + 1, "0");
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
  }

  /** Java's `BigDecimal.toString`: exponential notation for a negative scale or a very small number. */
  toString(): string {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    const exponent = digits.length - 1 - this.scale;
    if (this.scale >= 0 && exponent >= -6) return this.toPlainString();
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    const sign = this.unscaled < 0n ? "-" : "";
    const suffix = exponent === 0 ? "" : `E${exponent > 0 ? "+" : ""}${exponent}`;
    return sign + mantissa + suffix;
  }
}

Object.defineProperty(Decimal.prototype, BRAND, { value: true });

/** True for a decimal, whichever copy of this package made it. */
export function isDecimal(value: unknown): value is Decimal {
  return typeof value === "object" && value !== null && BRAND in value;
}

function bigintToBytes(value: bigint): Buffer {
  if (value >= -INT64_LIMIT && value < INT64_LIMIT) return int64ToBytes(value);
  // Bits without the sign bit: of -2^n - 1 … the complement has as many as the value needs.
  const magnitude = value < 0n ? -value - 1n : value;
  const length = Math.floor(magnitude.toString(2).length / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(hex, "hex");
}

/** Drops the leading bytes that only repeat the sign. */
function int64ToBytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  const fill = value < 0n ? 0xff : 0;
  let start = 0;
  while (start < 7 && bytes[start] === fill && ((bytes[start + 1] ?? 0) ^ fill) < 0x80) start++;
  return bytes.subarray(start);
}

function bytesToBigint(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${view.toString("hex")}`));
}
