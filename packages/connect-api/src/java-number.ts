import { Decimal } from "./decimal.ts";

/**
 * A double as `Double.toString` prints it: the shortest digits that read back as the same
 * number, always with a point, and an exponent outside 10^-3 … 10^7 (`1.0E21`, `-0.0`).
 */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  return special(value) ?? scientific(shortestDouble(value));
}

/** A float as `Float.toString` prints it; the value is taken as rounded to 32 bits. */
export function floatText(value: number): string {
  const float = Math.fround(value);
  const magnitude = Math.abs(float);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    if (Number.isInteger(float)) return `${float}.0`;
    const text = String(float);
    // With a point in it these are six digits at most: no other float has them.
    return text.length <= 7 ? text : String(Number(shortestFloat(float)));
  }
  return special(float) ?? scientific(shortestFloat(float));
}

function special(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (Number.isFinite(value)) return undefined;
  return String(value);
}

function scientific(exponential: string): string {
  const [mantissa = "", exponent = ""] = exponential.split("e");
  const point = mantissa.includes(".") ? "" : ".0";
  return `${mantissa}${point}E${Number(exponent)}`;
}

function shortestDouble(value: number): string {
  const digits = value.toExponential();
  if (digits.includes(".")) return digits;
  // Where one digit would do, Java takes the best of two: the smallest double is 4.9E-324.
  const two = value.toExponential(1);
  return Number(two) === value ? withoutZeros(two) : digits;
}

/** Normal floats tell all numbers of six digits apart, and nine digits tell all floats apart. */
function shortestFloat(value: number): string {
  const magnitude = Math.abs(value);
  const normal = magnitude >= 2 ** -126;
  // Beside a power of two floats lie twice as dense towards zero: the nearest short number
  // may belong to the neighbour there, while the next one outward still reads back.
  const uneven = normal && Number.isInteger(Math.log2(magnitude));
  for (let decimals = normal ? 5 : 1; decimals < 8; decimals++) {
    const text = value.toExponential(decimals);
    if (Math.fround(Number(text)) === value) return withoutZeros(evenOfTwo(value, text));
    const outward = uneven ? nextOutward(text, decimals) : text;
    if (Math.fround(Number(outward)) === value) return withoutZeros(outward);
  }
  return withoutZeros(value.toExponential(8));
}

/** Halfway between two short numbers JavaScript takes the outer one, Java the even one. */
function evenOfTwo(value: number, rounded: string): string {
  const [digits = "", exponent = ""] = rounded.split("e");
  const last = Number(digits.at(-1));
  const even = `${digits.slice(0, -1)}${last - 1}`;
  const halfway = last % 2 === 1 && withoutZeros(value.toExponential(20)).startsWith(`${even}5e`);
  return halfway ? `${even}e${exponent}` : rounded;
}

function nextOutward(exponential: string, decimals: number): string {
  const [mantissa = "", exponent = ""] = exponential.split("e");
  const digits = Number(mantissa.replace(".", ""));
  return Number(`${digits + Math.sign(digits)}e${Number(exponent) - decimals}`).toExponential(
    decimals,
  );
}

function withoutZeros(exponential: string): string {
  return exponential.replace(/\.?0+e/, "e");
}

/**
 * The float nearest to a decimal number. Rounding to a double first and then to a float
 * goes wrong where the double falls just between two floats: there the digits decide.
 */
export function nearestFloat(text: string): number {
  const double = Number(text);
  const float = Math.fround(double);
  if (float === double || !Number.isFinite(double)) return float;
  const other = neighbour(float, double > float);
  if (Math.abs(double - float) !== Math.abs(other - double)) return float;
  const exact = compareDecimal(text, double);
  if (exact === 0) return float;
  return exact > 0 === other > float ? other : float;
}

const scratch = new DataView(new ArrayBuffer(4));

function neighbour(float: number, up: boolean): number {
  if (float === 0) return up ? 2 ** -149 : -(2 ** -149);
  scratch.setFloat32(0, float);
  scratch.setInt32(0, scratch.getInt32(0) + (up === float > 0 ? 1 : -1));
  return scratch.getFloat32(0);
}

/** Sign of the difference of a decimal text and a double, both taken exactly. */
function compareDecimal(text: string, double: number): number {
  const decimal = Decimal.parse(text);
  const exact = exactDecimal(double);
  const scale = Math.max(decimal.scale, exact.scale);
  const a = decimal.withScale(scale).unscaled;
  const b = exact.withScale(scale).unscaled;
  return a === b ? 0 : a > b ? 1 : -1;
}

/** Every double is a whole number of some 2^-n, which is 5^n · 10^-n. */
function exactDecimal(double: number): Decimal {
  let whole = double;
  let halvings = 0;
  for (; !Number.isInteger(whole); halvings++) whole *= 2;
  return new Decimal(BigInt(whole) * 5n ** BigInt(halvings), halvings);
}
