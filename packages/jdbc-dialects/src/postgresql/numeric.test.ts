import { expect, test } from "vitest";
import { readDecimal, readDouble, readWhole } from "./numeric.ts";

const NAN = 0xc000;

/** As `numeric_send` writes it: base-10000 digits without zeros at either end. */
function numeric(text: string, displayScale?: number): Buffer {
  const special = { NaN: NAN, Infinity: 0xd000, "-Infinity": 0xf000 }[text];
  if (special !== undefined) return encode([], 0, special, 0);
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const digits = [
    ...(whole.padStart(Math.ceil(whole.length / 4) * 4, "0").match(/.{4}/g) ?? []),
    ...(fraction.padEnd(Math.ceil(fraction.length / 4) * 4, "0").match(/.{4}/g) ?? []),
  ].map(Number);
  let weight = Math.ceil(whole.length / 4) - 1;
  while (digits[0] === 0) {
    digits.shift();
    weight -= 1;
  }
  while (digits.at(-1) === 0) digits.pop();
  return encode(
    digits,
    digits.length === 0 ? 0 : weight,
    text.startsWith("-") ? 0x4000 : 0,
    displayScale ?? fraction.length,
  );
}

function encode(digits: number[], weight: number, sign: number, scale: number): Buffer {
  const bytes = Buffer.alloc(10 + 2 * digits.length);
  bytes.writeInt16BE(digits.length, 2);
  bytes.writeInt16BE(weight, 4);
  bytes.writeUInt16BE(sign, 6);
  bytes.writeUInt16BE(scale, 8);
  digits.forEach((digit, i) => bytes.writeInt16BE(digit, 10 + 2 * i));
  return bytes;
}

/** The value does not stand at the start of a row's buffer. */
const AT = 2;

test.each([
  ["0", 0],
  ["0.00", 2],
  ["1.5", 1],
  ["-1.5", 4],
  ["0.0001", 4],
  ["0.00001", 5],
  ["10000", 0],
  ["100000000", 2],
  ["123456789012.34", 2],
  ["9999.9999", 4],
  ["-99999999999999999999999999999999999999", 0],
  ["1234567890123456789012345678.9012345678", 10],
  ["0.00000000000000000000000000000000000001", 38],
])("%s is read exactly at scale %d", (text, scale) => {
  expect(readDecimal(numeric(text), AT, scale).toPlainString()).toBe(
    scale === 0 ? text : `${text.split(".")[0]}.${(text.split(".")[1] ?? "").padEnd(scale, "0")}`,
  );
});

test("an unconstrained numeric takes scale 127", () => {
  const { unscaled, scale } = readDecimal(numeric("-12.5"), AT, 127);
  expect(scale).toBe(127);
  expect(unscaled).toBe(-125n * 10n ** 126n);
});

test("a negative scale leaves out zeros", () => {
  expect(readDecimal(numeric("123400"), AT, -2)).toMatchObject({ unscaled: 1234n, scale: -2 });
});

test("digits beyond the scale are never cut off", () => {
  expect(() => readDecimal(numeric("1.25"), AT, 1)).toThrow(/more digits after the point/);
  expect(() => readDecimal(numeric("1234567890123456.25"), AT, 1)).toThrow(/more digits/);
});

test.each([
  ["42", 42],
  ["-9007199254740991", -9_007_199_254_740_991],
  ["9007199254740993", 9_007_199_254_740_993n],
  ["999999999999999999", 999_999_999_999_999_999n],
])("%s is a whole number, exact on both sides of 2^53", (text, value) => {
  expect(readWhole(numeric(text), AT)).toBe(value);
});

test.each([
  ["0.1", 0.1],
  ["-1234567.891", -1_234_567.891],
  ["36893488147419103232.5", 2 ** 65],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
])("%s is the nearest double", (text, value) => {
  expect(readDouble(numeric(text), AT)).toBe(value);
});

test.each(["NaN", "Infinity", "-Infinity"])(
  "%s is no Decimal, and the error says what to do",
  (text) => {
    expect(() => readDecimal(numeric(text), AT, 2)).toThrow(/numeric\.mapping/);
  },
);
