import { ConnectError } from "@millrace/connect-api";

const SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const WORD = /[\p{L}\p{N}_$]+/uy;

const JAVA_NAME = {
  parse: "com.fasterxml.jackson.core.JsonParseException",
  end: "com.fasterxml.jackson.core.io.JsonEOFException",
  limit: "com.fasterxml.jackson.core.exc.StreamConstraintsException",
} as const;

/**
 * What is wrong with a JSON text, worded like Jackson, with which Java Connect reads it:
 * operators and consumers of dead letters know these texts.
 */
export class JsonSyntaxError extends ConnectError {
  /** @param kind `end` when the text breaks off, `limit` when it is beyond what the parser bears */
  constructor(message: string, kind: "parse" | "end" | "limit" = "parse") {
    super(message, { javaName: JAVA_NAME[kind] });
  }
}

/** Says what is wrong at an index of the text. */
export function syntaxError(text: string, index: number, what: string): JsonSyntaxError {
  return new JsonSyntaxError(`${what}\n at ${place(text, index)}`);
}

/** A character that may not stand at this index. */
export function unexpected(text: string, index: number, what: string): JsonSyntaxError {
  const code = text.codePointAt(index) ?? 0;
  const name =
    code < 0x20 ? `(CTRL-CHAR, code ${code})` : `'${String.fromCodePoint(code)}' (code ${code})`;
  return syntaxError(text, index, `Unexpected character (${name})${what}`);
}

/** The text ends too early. */
export function endOfInput(text: string, what: string): JsonSyntaxError {
  const message = `Unexpected end-of-input${what}\n at ${place(text, text.length)}`;
  return new JsonSyntaxError(message, "end");
}

/** An object or array that began at an index is not closed before the text ends. */
export function unclosed(text: string, start: number): JsonSyntaxError {
  const kind = text.charAt(start) === "{" ? "Object" : "Array";
  const where = `(start marker at ${place(text, start)})`;
  return endOfInput(text, `: expected close marker for ${kind} ${where}`);
}

/** An object closed by `]`, or an array by `}`. */
export function wrongClose(text: string, start: number, index: number): JsonSyntaxError {
  const [kind, close] = text.charAt(start) === "{" ? ["Object", "}"] : ["Array", "]"];
  const where = `(for ${kind} starting at ${place(text, start)})`;
  const found = text.charAt(index);
  return syntaxError(
    text,
    index,
    `Unexpected close marker '${found}': expected '${close}' ${where}`,
  );
}

/** Within an object: the text ends where a key, a colon or a value was to come. */
export function unfinishedEntry(text: string): JsonSyntaxError {
  return endOfInput(text, " within/between Object entries");
}

/** A string that is not closed before the text ends. */
export function unclosedString(text: string, start: number, isKey: boolean): JsonSyntaxError {
  if (!isKey) return endOfInput(text, " in VALUE_STRING");
  const empty = start === text.length;
  return endOfInput(text, empty ? ": was expecting closing '\"' for name" : " in field name");
}

/** A control character within a string. */
export function unescaped(text: string, index: number, isKey: boolean): JsonSyntaxError {
  const name = `(CTRL-CHAR, code ${text.charCodeAt(index)})`;
  const where = isKey ? "name" : "string value";
  const rule = `has to be escaped using backslash to be included in ${where}`;
  return syntaxError(text, index, `Illegal unquoted character (${name}): ${rule}`);
}

/** @param atRoot outside of all objects and arrays */
export function notAValue(text: string, index: number, atRoot: boolean): JsonSyntaxError {
  const char = text.charAt(index);
  if (char === "-") return brokenNumber(text, index + 1);
  if (char === "}" || char === "]") {
    if (!atRoot) return unexpected(text, index, ": expected a value");
    const kind = char === "}" ? "Object" : "Array";
    return syntaxError(text, index, `Unexpected close marker '${char}': no open ${kind} to close`);
  }
  WORD.lastIndex = index;
  const word = WORD.exec(text)?.[0];
  if (word === "NaN" || word === "Infinity") {
    const feature = "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow";
    return syntaxError(text, index + word.length, `Non-standard token '${word}': ${feature}`);
  }
  if (word !== undefined) {
    return syntaxError(text, index, `Unrecognized token '${word}': was expecting ${VALUES}`);
  }
  return unexpected(
    text,
    index,
    char === "," ? ": expected a value" : `: expected a valid value ${VALUES}`,
  );
}

/** A number that breaks off before the index. */
export function brokenNumber(text: string, index: number): JsonSyntaxError {
  const before = text.charAt(index - 1);
  if (index >= text.length && before !== ".") return endOfInput(text, " in null");
  if (before === "-" && !/[eE]-/.test(text.slice(index - 2, index))) {
    if (text.charAt(index) === ".")
      return unexpected(text, index, `: expected a valid value ${VALUES}`);
    const expected = "expected digit (0-9) to follow minus sign, for valid numeric value";
    return unexpected(text, index, ` in numeric value: ${expected}`);
  }
  const what = before === "." ? "Decimal point" : "Exponent indicator";
  const where = Math.min(index, text.length - 1);
  return unexpected(text, where, ` in numeric value: ${what} not followed by a digit`);
}

/** A place in the text as Jackson names it: lines and bytes, counted from 1. */
function place(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = Buffer.byteLength(before.slice(before.lastIndexOf("\n") + 1)) + 1;
  return `${SOURCE}line: ${line}, column: ${column}]`;
}
