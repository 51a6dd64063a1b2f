import { patternSyntaxError } from "./java-regex-error.ts";
import { readEscape } from "./java-regex-escapes.ts";

/** A character class in JavaScript's notation (mode `v`), and where the pattern goes on. */
interface ClassSource {
  readonly source: string;
  readonly next: number;
}

/** Writes a character so that it stands for itself everywhere. */
export function literal(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

/**
 * Translates a class of Java, nested ones and intersections (`&&`) included.
 * @param at the index of its opening bracket
 * @param skipsBlanks whether blanks in it mean nothing, by the flag x
 * @throws {ConnectError} as Java does for what is malformed
 */
export function translateClass(pattern: string, at: number, skipsBlanks: boolean): ClassSource {
  const isNegated = pattern[at + 1] === "^";
  const begin = at + (isNegated ? 2 : 1);
  const operands: string[] = [];
  let union = "";
  for (let i = begin; i < pattern.length;) {
    const char = pattern[i]!;
    if (char === "]" && (union !== "" || operands.length > 0)) {
      const sets = [...operands, union].filter((operand) => operand !== "");
      const joined = sets.length > 1 ? sets.map((set) => `[${set}]`).join("&&") : (sets[0] ?? "");
      return { source: `[${isNegated ? "^" : ""}${joined}]`, next: i + 1 };
    }
    if (skipsBlanks && /\s/.test(char)) {
      i++;
    } else if (char === "[") {
      const nested = translateClass(pattern, i, skipsBlanks);
      union += nested.source;
      i = nested.next;
    } else if (pattern.startsWith("&&", i)) {
      operands.push(union);
      union = "";
      i += 2;
    } else {
      const item = range(pattern, i);
      union += item.source;
      i = item.next;
    }
  }
  throw patternSyntaxError("Unclosed character class", pattern, pattern.length - 1);
}

/** A character, a set, or a range of characters. */
function range(pattern: string, at: number): ClassSource {
  const from = single(pattern, at);
  const isRange =
    from.code !== undefined &&
    pattern[from.next] === "-" &&
    !"[]".includes(pattern[from.next + 1] ?? "x");
  if (!isRange) return { source: from.source, next: from.next };
  if (from.next + 1 === pattern.length) {
    throw patternSyntaxError("Illegal character range", pattern, pattern.length);
  }
  const to = single(pattern, from.next + 1);
  if (to.code === undefined || to.code < from.code) {
    throw patternSyntaxError("Illegal character range", pattern, to.next - 1);
  }
  return { source: `${from.source}-${to.source}`, next: to.next };
}

function single(pattern: string, at: number): ClassSource & { readonly code?: number } {
  if (pattern[at] !== "\\") {
    const code = pattern.codePointAt(at)!;
    return { source: literal(code), code, next: at + String.fromCodePoint(code).length };
  }
  if (at + 1 === pattern.length) {
    throw patternSyntaxError("Unclosed character class", pattern, pattern.length);
  }
  const escape = readEscape(pattern, at + 1);
  if (escape === undefined) {
    throw patternSyntaxError("Illegal/unsupported escape sequence", pattern, at + 1);
  }
  if ("code" in escape) return { source: literal(escape.code), ...escape };
  return { source: `[${escape.isNegated ? "^" : ""}${escape.set}]`, next: escape.next };
}
