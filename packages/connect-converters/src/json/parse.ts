import { Decimal, Float64 } from "@millrace/connect-api";
import { decodeText } from "./decode.ts";
import { LosslessParser, type NumberKinds } from "./lossless.ts";
import { LONG_INTEGER, lossyParts, ODD_KEY, TOO_DEEP, WHOLE_FLOAT } from "./lossy-parts.ts";
import { JsonSyntaxError } from "./syntax-error.ts";

const QUOTE = 0x22;
const LOSSY = LONG_INTEGER | WHOLE_FLOAT | ODD_KEY | TOO_DEEP;

/** Numbers of data without schema: integers are INT64, wrapped as in Java, floats FLOAT64. */
const ANY_NUMBERS: NumberKinds = {
  integer(digits) {
    const number = Number(digits);
    // Adding 0 makes 0 of -0.
    if (Number.isSafeInteger(number)) return number + 0;
    const integer = BigInt.asIntN(64, BigInt(digits));
    const wrapped = Number(integer);
    return Number.isSafeInteger(wrapped) ? wrapped : integer;
  },
  fraction(text) {
    const number = Number(text) + 0;
    return Number.isInteger(number) ? new Float64(number) : number;
  },
};

/** Numbers for a reader to narrow: all digits are there. */
const EXACT_NUMBERS: NumberKinds = {
  integer(digits) {
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  },
  fraction: (text) => Decimal.parse(text),
};

/**
 * The value of a JSON text without schema; undefined when the text is empty.
 * @throws {JsonSyntaxError}
 */
export function parseAny(bytes: Buffer): unknown {
  try {
    return parseAnyWhole(bytes, 0, bytes.length);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof JsonSyntaxError)) throw error;
    // More lenient, as Java is, or able to say in its words what is wrong.
    return new LosslessParser(decodeText(bytes), ANY_NUMBERS).parse();
  }
}

/** The same, of a part of the bytes, where nothing may follow the value. @throws {SyntaxError | JsonSyntaxError} */
export function parseAnyWhole(bytes: Buffer, start: number, end: number): unknown {
  const text = decodeText(bytes, start, end);
  // A string has nothing to lose.
  const isLossy = bytes[start] !== QUOTE && (lossyParts(bytes, start, end) & LOSSY) !== 0;
  return isLossy ? new LosslessParser(text, ANY_NUMBERS).parseWhole() : JSON.parse(text);
}

/** The value with every digit of every number, for readers. @throws {JsonSyntaxError} */
export function parseExact(text: string): unknown {
  return new LosslessParser(text, EXACT_NUMBERS).parse();
}

/** The same, where nothing may follow the value. @throws {JsonSyntaxError} */
export function parseExactWhole(text: string): unknown {
  return new LosslessParser(text, EXACT_NUMBERS).parseWhole();
}
