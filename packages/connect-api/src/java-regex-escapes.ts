import { propertySet } from "./java-regex-properties.ts";
import { patternSyntaxError } from "./java-regex-error.ts";

/** Sets behind one letter; the capital means all but these. */
const SETS: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "a-zA-Z0-9_",
  s: " \\t\\n\\x0b\\f\\r",
  h: " \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000",
  v: "\\n\\x0b\\f\\r\\x85\\u2028\\u2029",
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };

/** What an escape stands for: a character, or a set of them; and where the pattern goes on. */
export type Escape = { readonly next: number } & (
  | { readonly code: number }
  | { readonly set: string; readonly isNegated: boolean }
);

/**
 * Reads an escape that means the same inside and outside of a class.
 * @param at the index of the character after the backslash
 * @returns undefined for letters that have no such meaning
 * @throws {ConnectError} as Java does for what is malformed
 */
export function readEscape(pattern: string, at: number): Escape | undefined {
  const char = pattern[at]!;
  const set = SETS[char.toLowerCase()];
  if (set !== undefined) return { set, isNegated: char !== char.toLowerCase(), next: at + 1 };
  const control = CONTROLS[char];
  if (control !== undefined) return { code: control, next: at + 1 };
  switch (char) {
    case "0":
      return octal(pattern, at);
    case "x":
      return hexadecimal(pattern, at);
    case "u":
      return unicode(pattern, at);
    case "c":
      if (at + 1 === pattern.length) {
        throw patternSyntaxError("Illegal control escape sequence", pattern, at);
      }
      return { code: pattern.charCodeAt(at + 1) ^ 64, next: at + 2 };
    case "p":
    case "P":
      return property(pattern, at);
    default:
      if (/[a-zA-Z]/.test(char)) return undefined;
      return {
        code: pattern.codePointAt(at)!,
        next: at + String.fromCodePoint(pattern.codePointAt(at)!).length,
      };
  }
}

function octal(pattern: string, at: number): Escape {
  const digits = /^(?:[0-3][0-7]{2}|[0-7]{1,2})/.exec(pattern.slice(at + 1))?.[0];
  if (digits === undefined) {
    throw patternSyntaxError("Illegal octal escape sequence", pattern, at + 1);
  }
  return { code: Number.parseInt(digits, 8), next: at + 1 + digits.length };
}

function hexadecimal(pattern: string, at: number): Escape {
  const rest = pattern.slice(at + 1);
  const found = /^(?:([\da-fA-F]{2})|\{([\da-fA-F]+)\})/.exec(rest);
  const code = Number.parseInt(found?.[1] ?? found?.[2] ?? "", 16);
  if (found !== null && code <= 0x10ffff) return { code, next: at + 1 + found[0].length };
  const index = at + (/^[\da-fA-F]/.test(rest) ? 2 : 1);
  throw patternSyntaxError("Illegal hexadecimal escape sequence", pattern, index);
}

function unicode(pattern: string, at: number): Escape {
  const digits = /^[\da-fA-F]{0,4}/.exec(pattern.slice(at + 1))![0];
  const next = at + 1 + digits.length;
  if (digits.length < 4) throw patternSyntaxError("Illegal Unicode escape sequence", pattern, next);
  const code = Number.parseInt(digits, 16);
  const low = /^\\u([dD][c-fC-F][\da-fA-F]{2})/.exec(pattern.slice(next))?.[1];
  if (code < 0xd800 || code > 0xdbff || low === undefined) return { code, next };
  const pair = String.fromCharCode(code, Number.parseInt(low, 16));
  return { code: pair.codePointAt(0)!, next: next + 6 };
}

function property(pattern: string, at: number): Escape {
  const isBraced = pattern[at + 1] === "{";
  const end = isBraced ? pattern.indexOf("}", at) : at + 1;
  if (end < 0) throw patternSyntaxError("Unclosed character family", pattern, pattern.length);
  const name = isBraced ? pattern.slice(at + 2, end) : (pattern[end] ?? "\0");
  const set = propertySet(name);
  if (set === undefined) throw patternSyntaxError(unknownProperty(name), pattern, end);
  return { set, isNegated: pattern[at] === "P", next: end + 1 };
}

function unknownProperty(name: string): string {
  const [, key, value] = /^(\w+)=(.*)$/.exec(name) ?? [];
  return key === undefined || /^(?:sc|script|gc|general_category|blk|block)$/i.test(key)
    ? `Unknown character property name {${name}}`
    : `Unknown Unicode property {name=<${key}>, value=<${value}>}`;
}
