import { ConnectError } from "../errors.ts";

/** The letters of `SimpleDateFormat`; all others are reserved. */
const LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX";

/** A piece of a pattern: text that stands for itself, or a field of the date. */
export type PatternPart =
  | { readonly text: string }
  | { readonly letter: string; readonly count: number };

/**
 * Takes a pattern of `SimpleDateFormat` apart.
 * @throws {ConnectError} with Java's message, when it is none
 */
export function parsePattern(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  for (let i = 0; i < pattern.length;) {
    const char = pattern[i]!;
    if (char === "'") {
      const { text, next } = quoted(pattern, i);
      parts.push({ text });
      i = next;
    } else if (/[a-zA-Z]/.test(char)) {
      let end = i + 1;
      while (pattern[end] === char) end++;
      parts.push(field(char, end - i));
      i = end;
    } else {
      parts.push({ text: char });
      i++;
    }
  }
  return parts;
}

function field(letter: string, count: number): PatternPart {
  if (!LETTERS.includes(letter)) throw illegal(`Illegal pattern character '${letter}'`);
  if (letter === "X" && count > 3) throw illegal(`invalid ISO 8601 format: length=${count}`);
  return { letter, count };
}

/** Text in quotes; two quotes stand for one, inside and outside. */
function quoted(pattern: string, start: number): { text: string; next: number } {
  if (pattern[start + 1] === "'") return { text: "'", next: start + 2 };
  let text = "";
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] !== "'") text += pattern[i]!;
    else if (pattern[i + 1] === "'") text += pattern[++i]!;
    else return { text, next: i + 1 };
  }
  throw illegal("Unterminated quote");
}

function illegal(message: string): ConnectError {
  return new ConnectError(message, { javaName: "java.lang.IllegalArgumentException" });
}
