import {
  brokenNumber,
  endOfInput,
  JsonSyntaxError,
  notAValue,
  syntaxError,
  unclosed,
  unclosedString,
  unescaped,
  unexpected,
  unfinishedEntry,
  wrongClose,
} from "./syntax-error.ts";

/** What numbers become: JSON.parse would round long ones and forget that 1.0 is no integer. */
export interface NumberKinds {
  integer(digits: string): unknown;
  /** With a point or an exponent. */
  fraction(text: string): unknown;
}

// The limits of Jackson: they keep a hostile text from costing much stack or time.
export const MAX_DEPTH = 1000;
export const MAX_NUMBER_LENGTH = 1000;

const ODD_KEY = /^(?:0|[1-9]\d{0,9}|__proto__)$/;
const LITERAL_END = /[^\p{L}\p{N}_$]|$/uy;
// eslint-disable-next-line no-control-regex -- JSON forbids just these within strings
const SPECIAL = /[\\\u0000-\u001f]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Reads JSON without loss: numbers as they are written, and objects as `Map` where a plain
 * object would reorder its keys (`{"7": …}`) or could not hold one (`__proto__`). Slower
 * than JSON.parse, and as lenient as Java's reader: leading zeros are allowed, and what
 * follows the first value is not looked at.
 */
export class LosslessParser {
  readonly #text: string;
  readonly #kinds: NumberKinds;
  #at: number;
  #depth = 0;

  constructor(text: string, kinds: NumberKinds) {
    this.#text = text;
    this.#kinds = kinds;
    this.#at = text.startsWith("\ufeff") ? 1 : 0;
  }

  /** The first value; undefined when there is none. @throws {JsonSyntaxError} */
  parse(): unknown {
    const first = this.#peek();
    if (first === "") return undefined;
    const value = this.#value(first);
    if (/[-\d]/.test(first) && /[^ \t\r\n]/.test(this.#text.charAt(this.#at))) {
      throw this.#unexpected("Expected space separating root-level values");
    }
    return value;
  }

  /** The one value of the text. @throws {JsonSyntaxError} also when something follows it */
  parseWhole(): unknown {
    const value = this.parse();
    if (value === undefined) throw endOfInput(this.#text, "");
    if (this.#peek() !== "") throw this.#unexpected("nothing may follow the value");
    return value;
  }

  #value(first: string): unknown {
    switch (first) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string(false);
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(): unknown {
    const start = this.#open();
    const object: Record<string, unknown> = {};
    let map: Map<string, unknown> | undefined;
    for (let first = true; !this.#closes("}", start); first = false) {
      if (!first) this.#comma("Object");
      const key = this.#key(first);
      if (this.#required() !== ":") {
        throw this.#unexpected("was expecting a colon to separate field name and value");
      }
      this.#at++;
      const value = this.#value(this.#required());
      if (map === undefined && ODD_KEY.test(key)) map = new Map(Object.entries(object));
      if (map === undefined) object[key] = value;
      else map.set(key, value);
    }
    return map ?? object;
  }

  #key(first: boolean): string {
    const char = this.#peek();
    if (char === '"') return this.#string(true);
    if (char !== "" || first) {
      throw this.#unexpected("was expecting double-quote to start field name");
    }
    throw new JsonSyntaxError(unfinishedEntry(this.#text).message);
  }

  /** The next character of an object that is not finished. */
  #required(): string {
    const char = this.#peek();
    if (char === "") throw unfinishedEntry(this.#text);
    return char;
  }

  #array(): unknown[] {
    const start = this.#open();
    const array: unknown[] = [];
    while (!this.#closes("]", start)) {
      if (array.length > 0) this.#comma("Array");
      const char = this.#peek();
      if (char === "") throw unclosed(this.#text, start);
      array.push(this.#value(char));
    }
    return array;
  }

  #open(): number {
    if (++this.#depth > MAX_DEPTH) {
      throw new JsonSyntaxError(
        `Document nesting depth (${this.#depth}) exceeds the maximum allowed (${MAX_DEPTH}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`,
        "limit",
      );
    }
    return this.#at++;
  }

  #closes(close: "}" | "]", start: number): boolean {
    const char = this.#peek();
    if (char === "") throw unclosed(this.#text, start);
    if (char !== close) {
      if (char === "}" || char === "]") throw wrongClose(this.#text, start, this.#at);
      return false;
    }
    this.#at++;
    this.#depth--;
    return true;
  }

  #comma(kind: "Object" | "Array"): void {
    if (this.#peek() !== ",") {
      throw this.#unexpected(`was expecting comma to separate ${kind} entries`);
    }
    this.#at++;
  }

  #string(isKey: boolean): string {
    const start = this.#at + 1;
    const close = this.#text.indexOf('"', start);
    const plain = close < 0 ? this.#text.slice(start) : this.#text.slice(start, close);
    if (close < 0 || SPECIAL.test(plain)) return this.#escapedString(start, isKey);
    this.#at = close + 1;
    return plain;
  }

  #escapedString(start: number, isKey: boolean): string {
    let value = "";
    let at = start;
    for (;;) {
      const char = this.#text.charAt(at);
      if (char === "") throw unclosedString(this.#text, start, isKey);
      if (char < " ") throw unescaped(this.#text, at, isKey);
      at++;
      if (char === '"') break;
      if (char === "\\") {
        this.#at = at;
        value += this.#escape();
        at = this.#at;
      } else {
        value += char;
      }
    }
    this.#at = at;
    return value;
  }

  #escape(): string {
    const char = this.#text.charAt(this.#at++);
    if (char === "u") return this.#unicodeEscape();
    const plain = ESCAPES[char];
    if (plain !== undefined) return plain;
    if (char === "") throw endOfInput(this.#text, " in character escape sequence");
    const what = `Unrecognized character escape '${char}' (code ${char.charCodeAt(0)})`;
    throw syntaxError(this.#text, this.#at - 1, what);
  }

  #unicodeEscape(): string {
    const start = this.#at;
    while (this.#at < start + 4 && /[0-9a-fA-F]/.test(this.#text.charAt(this.#at))) this.#at++;
    if (this.#at === start + 4) {
      return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
    }
    if (this.#at >= this.#text.length) {
      throw endOfInput(this.#text, " in character escape sequence");
    }
    throw this.#unexpected("expected a hex-digit for character escape sequence");
  }

  #number(): unknown {
    const start = this.#at;
    let isFraction = false;
    if (this.#text.charAt(start) === "-") this.#at++;
    if (!this.#digits()) throw notAValue(this.#text, start, this.#depth === 0);
    if (this.#text.charAt(this.#at) === ".") {
      isFraction = true;
      this.#at++;
      if (!this.#digits()) throw brokenNumber(this.#text, this.#at);
    }
    if (this.#text.charAt(this.#at).toLowerCase() === "e") {
      isFraction = true;
      this.#at++;
      if (/[+-]/.test(this.#text.charAt(this.#at))) this.#at++;
      if (!this.#digits()) throw brokenNumber(this.#text, this.#at);
    }
    const text = this.#text.slice(start, this.#at);
    if (text.length > MAX_NUMBER_LENGTH) {
      throw new JsonSyntaxError(
        `Number value length (${text.replace(/[-+.]/g, "").length}) exceeds the maximum allowed (${MAX_NUMBER_LENGTH}, from \`StreamReadConstraints.getMaxNumberLength()\`)`,
        "limit",
      );
    }
    return isFraction ? this.#kinds.fraction(text) : this.#kinds.integer(text);
  }

  /** Goes past digits; false when there is none. */
  #digits(): boolean {
    const start = this.#at;
    for (let code = this.#text.charCodeAt(start); code >= 0x30 && code <= 0x39;) {
      code = this.#text.charCodeAt(++this.#at);
    }
    return this.#at > start;
  }

  #literal(word: string, value: unknown): unknown {
    LITERAL_END.lastIndex = this.#at + word.length;
    if (!this.#text.startsWith(word, this.#at) || !LITERAL_END.test(this.#text)) {
      throw notAValue(this.#text, this.#at, this.#depth === 0);
    }
    this.#at += word.length;
    return value;
  }

  /** The next character that is no blank, "" at the end. */
  #peek(): string {
    for (let code = this.#text.charCodeAt(this.#at); code <= 0x20;) {
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
        const what = `Illegal character ((CTRL-CHAR, code ${code})): only regular white space (\\r, \\n, \\t) is allowed between tokens`;
        throw syntaxError(this.#text, this.#at + 1, what);
      }
      code = this.#text.charCodeAt(++this.#at);
    }
    return this.#text.charAt(this.#at);
  }

  #unexpected(what: string): JsonSyntaxError {
    return unexpected(this.#text, this.#at, `: ${what}`);
  }
}
