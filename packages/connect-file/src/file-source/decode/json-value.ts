import { Float64 } from "@millrace/connect-api";

/** Where `JSON.parse` may lose something: long integers, whole floats, the sign of a zero. */
const LOSSY = /\d{16}|\d\.0*(?!\d)|\d[eE]|-0/;

/** Node gives revivers the text of a value; its types do not know it yet. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver?: Reviver) => unknown;

/**
 * The value of a JSON text: integers keep all digits up to 64 bits, and a float that is whole stays
 * one (`Float64`).
 * @throws {SyntaxError} for what is no JSON, or an integer beyond 64 bits
 */
export function jsonValue(text: string): unknown {
  return LOSSY.test(text) ? parse(text, exact) : parse(text);
}

const exact: Reviver = (_key, value, { source }) => {
  if (typeof value !== "number" || source === undefined) return value;
  if (/[.eE]/.test(source)) return Number.isInteger(value) ? new Float64(value) : value;
  if (Number.isSafeInteger(value)) return value + 0;
  const integer = BigInt(source);
  if (BigInt.asIntN(64, integer) === integer) return integer;
  throw new SyntaxError(`${source} has more than 64 bits`);
};
