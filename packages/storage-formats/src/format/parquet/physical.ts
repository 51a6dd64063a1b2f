import type { SchemaElement } from "hyparquet-writer";
import type { GrowingBytes } from "./growing-bytes.ts";

/** What a column's values are before they are bytes: what a logical type means is settled. */
export type Primitive = number | bigint | string | boolean | Uint8Array;

/** How values of one of Parquet's types are written and compared. */
export interface Physical {
  /** Adds a value. */
  readonly put: (bytes: GrowingBytes, value: Primitive) => void;
  /** Bytes of each value; 0 where they begin with their length. */
  readonly width: number;
  /** Whether a value may be looked up to be written once: floats have two zeros, bytes no identity. */
  readonly isKey: (value: Primitive) => boolean;
  /** The least and the greatest of the values, in the order that Parquet gives the type. */
  readonly bounds: (bytes: GrowingBytes) => Bounds;
}

export interface Bounds {
  readonly min_value?: Primitive | undefined;
  readonly max_value?: Primitive | undefined;
  readonly nan_count?: bigint;
}

/** Longer texts are seldom the same. */
const LONGEST_KEY = 128;

/** @throws {Error} for types that the sink never makes */
export function physicalOf(element: SchemaElement): Physical {
  switch (element.type) {
    case "BOOLEAN":
      return {
        put: (bytes, value) => bytes.byte(value === true ? 1 : 0),
        width: 1,
        isKey: never,
        bounds: (bytes) => {
          const values = bytes.bytes;
          if (values.length === 0) return {};
          return { min_value: !values.includes(0), max_value: values.includes(1) };
        },
      };
    case "INT32":
      return {
        put: (bytes, value) => bytes.int32(Number(value)),
        width: 4,
        isKey: always,
        bounds: ordered(4, (bytes, at) => bytes.int32At(at)),
      };
    case "INT64":
      return {
        put: (bytes, value) => bytes.int64(value as number | bigint),
        width: 8,
        isKey: always,
        bounds: int64Bounds,
      };
    case "FLOAT":
      return {
        put: (bytes, value) => bytes.float(value as number),
        width: 4,
        isKey: isPlainFloat,
        bounds: floatBounds(4, (bytes, at) => bytes.floatAt(at)),
      };
    case "DOUBLE":
      return {
        put: (bytes, value) => bytes.double(value as number),
        width: 8,
        isKey: isPlainFloat,
        bounds: floatBounds(8, (bytes, at) => bytes.doubleAt(at)),
      };
    case "FIXED_LEN_BYTE_ARRAY": {
      const width = element.type_length!;
      return {
        put: (bytes, value) => bytes.fixed(value as bigint, width),
        width,
        isKey: always,
        bounds: ordered(width, (bytes, at) => bigintAt(bytes, at, width)),
      };
    }
    case "BYTE_ARRAY":
      return {
        put: (bytes, value) =>
          typeof value === "string" ? bytes.text(value) : bytes.sized(value as Uint8Array),
        width: 0,
        isKey: (value) => typeof value === "string" && value.length <= LONGEST_KEY,
        bounds: sizedBounds,
      };
    default:
      throw new Error(`No column is of type ${element.type}`);
  }
}

const always = (): boolean => true;
const never = (): boolean => false;
const isPlainFloat = (value: Primitive): boolean => value !== 0 && !Number.isNaN(value);

function ordered<T extends number | bigint>(
  width: number,
  valueAt: (bytes: GrowingBytes, at: number) => T,
) {
  return (bytes: GrowingBytes): Bounds => {
    if (bytes.length === 0) return {};
    let min = valueAt(bytes, 0);
    let max = min;
    for (let at = width; at < bytes.length; at += width) {
      const value = valueAt(bytes, at);
      if (value < min) min = value;
      else if (value > max) max = value;
    }
    return { min_value: min, max_value: max };
  };
}

/** Halves are compared: a bigint for each value would cost more than all else. */
function int64Bounds(bytes: GrowingBytes): Bounds {
  if (bytes.length === 0) return {};
  let min = 0;
  let max = 0;
  const isLess = (a: number, b: number): boolean => {
    const high = bytes.int32At(a + 4) - bytes.int32At(b + 4);
    return high === 0 ? bytes.uint32At(a) < bytes.uint32At(b) : high < 0;
  };
  for (let at = 8; at < bytes.length; at += 8) {
    if (isLess(at, min)) min = at;
    else if (isLess(max, at)) max = at;
  }
  return { min_value: bytes.int64At(min), max_value: bytes.int64At(max) };
}

/** NaN is not counted in, and of the two zeros the least is -0, the greatest 0, as Parquet wants it. */
function floatBounds(width: number, valueAt: (bytes: GrowingBytes, at: number) => number) {
  return (bytes: GrowingBytes): Bounds => {
    let min: number | undefined;
    let max: number | undefined;
    let nans = 0;
    for (let at = 0; at < bytes.length; at += width) {
      const value = valueAt(bytes, at);
      if (Number.isNaN(value)) {
        nans++;
        continue;
      }
      if (min === undefined || value < min) min = value;
      if (max === undefined || value > max) max = value;
    }
    return {
      min_value: min === 0 ? -0 : min,
      max_value: max === 0 ? 0 : max,
      nan_count: BigInt(nans),
    };
  };
}

/** By their bytes, without a sign: for UTF-8 that is the order of code points. */
function sizedBounds(bytes: GrowingBytes): Bounds {
  if (bytes.length === 0) return {};
  const { buffer } = bytes;
  let min = 0;
  let max = 0;
  const isLess = (a: number, b: number): boolean => {
    const lengthA = bytes.uint32At(a);
    const lengthB = bytes.uint32At(b);
    const common = Math.min(lengthA, lengthB);
    for (let i = 4; i < common + 4; i++) {
      const difference = buffer[a + i]! - buffer[b + i]!;
      if (difference !== 0) return difference < 0;
    }
    return lengthA < lengthB;
  };
  for (let at = 4 + bytes.uint32At(0); at < bytes.length; at += 4 + bytes.uint32At(at)) {
    if (isLess(at, min)) min = at;
    else if (isLess(max, at)) max = at;
  }
  // Copies: the bytes go, the statistics are kept until the file ends.
  const valueAt = (at: number) =>
    Uint8Array.from(buffer.subarray(at + 4, at + 4 + bytes.uint32At(at)));
  return { min_value: valueAt(min), max_value: valueAt(max) };
}

function bigintAt({ buffer }: GrowingBytes, at: number, width: number): bigint {
  const hex = buffer.toString("hex", at, at + width);
  return BigInt.asIntN(width * 8, BigInt(`0x${hex}`));
}
