import { MAX_DEPTH } from "./lossless.ts";

/** What a JSON text has that JSON.parse would lose, as bits. */
export const LONG_INTEGER = 1;
/** A number with a point or an exponent: not all of its digits are kept. */
export const FRACTION = 2;
/** A number that afterwards looks like another: `1.0`, `1e3`, `-0`. */
export const WHOLE_FLOAT = 4;
/** A key that an object reorders (`"7"`) or treats specially (`__proto__`), or one with escapes. */
export const ODD_KEY = 8;

/** Objects and arrays within each other beyond what the lossless parser lets pass. */
export const TOO_DEEP = 16;

/** Integers of so many digits may be beyond what a double holds exactly. */
const LONG = 16;
/** No array index has more digits. */
const INDEX_LENGTH = 10;

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const LOWER_E = 0x65;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** The bit that makes letters lower case, and braces of brackets. */
const SPACE = 0x20;

/**
 * Looks through the bytes of a JSON text, once and without parsing it. It may find more
 * than there is, but never less; what is no JSON is for the parser to find out.
 */
export function lossyParts(bytes: Uint8Array, start: number, end: number): number {
  let found = 0;
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at++]!;
    if (byte === QUOTE) {
      const first = at;
      let escaped = false;
      for (let next = bytes[at++]!; next !== QUOTE && at < end; next = bytes[at++]!) {
        if (next !== BACKSLASH) continue;
        escaped = true;
        at++;
      }
      if (escaped || isOdd(bytes[first]!, at - 1 - first)) {
        if (isKey(bytes, at, end)) found |= ODD_KEY;
      }
    } else if ((byte >= ZERO && byte <= NINE) || byte === MINUS) {
      const first = at - 1;
      while (isDigit(bytes[at])) at++;
      if (at - first >= LONG) found |= LONG_INTEGER;
      if (bytes[at] === POINT) {
        let digits = 0;
        for (at++; isDigit(bytes[at]); at++) digits |= bytes[at]!;
        found |= digits === ZERO ? FRACTION | WHOLE_FLOAT : FRACTION;
      } else if (byte === MINUS && bytes[first + 1] === ZERO && at === first + 2) {
        found |= WHOLE_FLOAT;
      }
      if ((bytes[at]! | SPACE) === LOWER_E) found |= FRACTION | WHOLE_FLOAT;
    } else if ((byte | SPACE) === OPENING_BRACE) {
      if (++depth > MAX_DEPTH) found |= TOO_DEEP;
    } else if ((byte | SPACE) === CLOSING_BRACE) {
      depth--;
    }
  }
  return found;
}

function isDigit(byte: number | undefined): boolean {
  return byte! >= ZERO && byte! <= NINE;
}

function isOdd(first: number, length: number): boolean {
  return (isDigit(first) && length <= INDEX_LENGTH) || first === UNDERSCORE;
}

/** Whether a colon follows the string that ends here. */
function isKey(bytes: Uint8Array, stringEnd: number, end: number): boolean {
  let at = stringEnd;
  while (at < end && bytes[at]! <= SPACE) at++;
  return bytes[at] === COLON;
}
