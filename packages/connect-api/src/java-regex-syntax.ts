import { literal, translateClass } from "./java-regex-class.ts";
import { patternSyntaxError } from "./java-regex-error.ts";
import { readEscape } from "./java-regex-escapes.ts";

const LINE_END = "[\\n\\r\\x85\\u2028\\u2029]";
const UNIX_LINE_END = "\\n";

/** A pattern of Java in JavaScript's notation (mode `v`). */
export interface Translation {
  readonly source: string;
  readonly ignoreCase: boolean;
  /** JavaScript's number of each of Java's groups; the first is the whole match. */
  readonly groups: readonly number[];
  /** Java's numbers of the groups that have a name. */
  readonly names: ReadonlyMap<string, number>;
}

/**
 * Translates the syntax of `java.util.regex.Pattern`. What JavaScript lacks is expressed by
 * what it has: a group that gives nothing back, `(?>…)` or `…++`, is one that is looked
 * ahead for, and then taken. Not known are blocks (`\p{InGreek}`), `\G`, `\X`, and flags
 * for a part of a pattern, save s, m, d and x.
 * @throws {ConnectError} in the wording of Java's `PatternSyntaxException`
 */
export function translateJavaRegex(pattern: string): Translation {
  return new Translator(pattern).translate();
}

class Translator {
  readonly #pattern: string;
  #at = 0;
  #flags = new Set<string>();
  #ignoreCase = false;
  #jsGroups = 0;
  readonly #groups: number[] = [0];
  readonly #names = new Map<string, number>();

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  translate(): Translation {
    const source = this.#alternatives();
    if (this.#at < this.#pattern.length) throw this.#error("Unmatched closing ')'", this.#at - 1);
    return {
      source,
      ignoreCase: this.#ignoreCase,
      groups: this.#groups,
      names: this.#names,
    };
  }

  /** Up to a closing bracket, or the end. */
  #alternatives(): string {
    let source = "";
    for (;;) {
      this.#skipComments();
      const char = this.#pattern[this.#at];
      if (char === undefined || char === ")") return source;
      if (char === "|") {
        source += "|";
        this.#at++;
      } else {
        const firstGroup = this.#jsGroups;
        source += this.#quantified(this.#atom(), firstGroup);
      }
    }
  }

  #skipComments(): void {
    if (!this.#flags.has("x")) return;
    this.#at += /^(?:\s|#.*)*/.exec(this.#pattern.slice(this.#at))![0].length;
  }

  #atom(): string {
    const at = this.#at++;
    const char = this.#pattern[at]!;
    switch (char) {
      case "(":
        return this.#group();
      case "[": {
        const { source, next } = translateClass(this.#pattern, at, this.#flags.has("x"));
        this.#at = next;
        return source;
      }
      case "\\":
        return this.#escape(at + 1);
      case ".":
        if (this.#flags.has("s")) return "[^]";
        return this.#flags.has("d") ? "[^\\n]" : `[^${LINE_END}]`;
      case "^":
        return this.#flags.has("m") ? `(?:(?<=^|${this.#lineEnd()})(?!$))` : "^";
      case "$":
        if (this.#flags.has("m")) return `(?=${this.#lineEnd()}|$)`;
        return `(?=(?:\\r\\n|${this.#lineEnd()})?$)`;
      case "*":
      case "+":
      case "?":
        throw this.#error(`Dangling meta character '${char}'`, at);
      case "{":
        // Java repeats the nothing before it.
        this.#at = at;
        return "(?:)";
      default: {
        const code = this.#pattern.codePointAt(at)!;
        this.#at = at + String.fromCodePoint(code).length;
        return literal(code);
      }
    }
  }

  #lineEnd(): string {
    return this.#flags.has("d") ? UNIX_LINE_END : LINE_END;
  }

  #quantified(atom: string, firstGroup: number): string {
    this.#skipComments();
    const quantifier = this.#quantifier();
    if (quantifier === "") return atom;
    const suffix = this.#pattern[this.#at];
    // An assertion cannot be repeated in JavaScript unless it stands in a group.
    const repeated = `(?:${atom})${quantifier}`;
    if (suffix === "?") {
      this.#at++;
      return `${repeated}?`;
    }
    if (suffix !== "+") return repeated;
    this.#at++;
    return this.#atomic(repeated, firstGroup);
  }

  #quantifier(): string {
    const char = this.#pattern[this.#at] ?? "";
    if (char === "{") return this.#repetition();
    if (!"*+?".includes(char)) return "";
    this.#at++;
    return char;
  }

  #repetition(): string {
    const start = this.#at;
    const [found, min, comma = "", max = ""] =
      /^\{(\d+)(?:(,)(\d*))?/.exec(this.#pattern.slice(start)) ?? [];
    if (found === undefined || min === undefined)
      throw this.#error("Illegal repetition", start + 1);
    this.#checkCount(min, start + 1);
    this.#checkCount(max, start + 1 + min.length + comma.length);
    const end = start + found.length;
    if (this.#pattern[end] !== "}") throw this.#error("Unclosed counted closure", end);
    if (max !== "" && Number(max) < Number(min)) {
      throw this.#error("Illegal repetition range", end);
    }
    this.#at = end + 1;
    return `{${min}${comma}${max}}`;
  }

  #checkCount(digits: string, at: number): void {
    for (let length = 1; length <= digits.length; length++) {
      if (Number(digits.slice(0, length)) < 2 ** 31) continue;
      throw this.#error("Illegal repetition range", at + length - 1);
    }
  }

  /**
   * What has been matched once is not tried again: a lookahead does not go back into
   * itself. Its group comes before those that are inside, which move up by one.
   */
  #atomic(source: string, firstGroup: number): string {
    const group = firstGroup + 1;
    this.#jsGroups++;
    const moved = (number: number) => (number >= group ? number + 1 : number);
    for (let i = 1; i < this.#groups.length; i++) this.#groups[i] = moved(this.#groups[i]!);
    const inner = source.replace(/\\k<g(\d+)>/g, (_, number) => `\\k<g${moved(Number(number))}>`);
    const renamed = inner.replace(/\(\?<g(\d+)>/g, (_, number) => `(?<g${moved(Number(number))}>`);
    return `(?:(?=(?<g${group}>${renamed}))\\k<g${group}>)`;
  }

  #group(): string {
    const rest = this.#pattern.slice(this.#at);
    if (!rest.startsWith("?")) return this.#capture();
    const plain = /^\?(?::|=|!|<=|<!)/.exec(rest)?.[0];
    if (plain !== undefined) {
      this.#at += plain.length;
      return `(${plain}${this.#scoped()})`;
    }
    if (rest.startsWith("?>")) {
      this.#at += 2;
      const firstGroup = this.#jsGroups;
      return this.#atomic(`(?:${this.#scoped()})`, firstGroup);
    }
    if (rest.startsWith("?<")) return this.#named();
    return this.#flagGroup();
  }

  /** The inside of a group, with its closing bracket; flags set in it end with it. */
  #scoped(): string {
    const flags = new Set(this.#flags);
    const source = this.#alternatives();
    this.#flags = flags;
    if (this.#pattern[this.#at] !== ")") {
      throw this.#error("Unclosed group", this.#pattern.length);
    }
    this.#at++;
    return source;
  }

  /** All groups get a name, by which they can be referred to while others move. */
  #capture(name?: string): string {
    const group = ++this.#jsGroups;
    const index = this.#groups.push(group) - 1;
    if (name !== undefined) this.#names.set(name, index);
    const inside = this.#scoped();
    return `(?<g${this.#groups[index]!}>${inside})`;
  }

  #named(): string {
    const start = this.#at + 2;
    const name = this.#groupName(start);
    const end = start + name.length;
    if (this.#names.has(name)) {
      throw this.#error(`Named capturing group <${name}> is already defined`, end);
    }
    this.#at = end + 1;
    return this.#capture(name);
  }

  /** A name and, behind it, the bracket that closes it. */
  #groupName(start: number): string {
    const name = /^[a-zA-Z][a-zA-Z0-9]*/.exec(this.#pattern.slice(start))?.[0];
    if (name === undefined) {
      throw this.#error("capturing group name does not start with a Latin letter", start);
    }
    if (this.#pattern[start + name.length] === ">") return name;
    throw this.#error("named capturing group is missing trailing '>'", start + name.length);
  }

  #flagGroup(): string {
    const start = this.#at + 1;
    const [all, on = "", off = "", end = ""] = /^(\w*)(?:-(\w*))?([:)]?)/.exec(
      this.#pattern.slice(start),
    )!;
    const stray = /[^imsxdu-]/.exec(all.slice(0, all.length - end.length));
    if (stray !== null) throw this.#error("Unknown inline modifier", start + stray.index);
    if (end === "") throw this.#error("Unknown inline modifier", start + all.length);
    const isAtBegin = start === 2 && end === ")";
    if (off.includes("i") || (on.includes("i") && !isAtBegin && !this.#ignoreCase)) {
      throw this.#error("The flag i is supported at the beginning of the pattern only", start);
    }
    this.#ignoreCase ||= on.includes("i");
    this.#at = start + all.length;
    const before = new Set(this.#flags);
    for (const flag of on) this.#flags.add(flag);
    for (const flag of off) this.#flags.delete(flag);
    if (end === ")") return "";
    const source = this.#scoped();
    this.#flags = before;
    return `(?:${source})`;
  }

  #escape(at: number): string {
    const pattern = this.#pattern;
    const char = pattern[at];
    if (char === undefined) throw this.#error("Unexpected internal error", at);
    if (/[1-9]/.test(char)) return this.#backReference(at);
    this.#at = at + 1;
    switch (char) {
      case "A":
        return "^";
      case "z":
        return "$";
      case "Z":
        return `(?=(?:\\r\\n|${this.#lineEnd()})?$)`;
      case "b":
      case "B":
        return `\\${char}`;
      case "R":
        return "(?:\\r\\n|[\\n\\x0b\\f\\r\\x85\\u2028\\u2029])";
      case "Q":
        return this.#quote(at + 1);
      case "k":
        return this.#namedReference(at);
      default:
    }
    const escape = readEscape(pattern, at);
    if (escape === undefined) throw this.#error("Illegal/unsupported escape sequence", at);
    this.#at = escape.next;
    if ("code" in escape) return literal(escape.code);
    return `[${escape.isNegated ? "^" : ""}${escape.set}]`;
  }

  /** Everything up to `\E` stands for itself. Quantifiers after it are for the last character. */
  #quote(at: number): string {
    const end = this.#pattern.indexOf("\\E", at);
    const text = this.#pattern.slice(at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    const characters = Array.from(text, (char) => literal(char.codePointAt(0)!));
    const last = characters.pop() ?? "";
    return characters.join("") + (last === "" ? "" : this.#quantified(last, this.#jsGroups));
  }

  #backReference(at: number): string {
    let number = Number(this.#pattern[at]);
    let next = at + 1;
    for (; /\d/.test(this.#pattern[next] ?? ""); next++) {
      const longer = number * 10 + Number(this.#pattern[next]);
      if (longer >= this.#groups.length) break;
      number = longer;
    }
    this.#at = next;
    const group = this.#groups[number];
    // A group that does not exist never matches.
    return group === undefined ? "(?!)" : `\\k<g${group}>`;
  }

  #namedReference(at: number): string {
    if (this.#pattern[at + 1] !== "<") {
      throw this.#error("\\k is not followed by '<' for named capturing group", at + 1);
    }
    const name = this.#groupName(at + 2);
    this.#at = at + 3 + name.length;
    const index = this.#names.get(name);
    if (index === undefined) {
      throw this.#error(`named capturing group <${name}> does not exist`, this.#at - 1);
    }
    return `\\k<g${this.#groups[index]!}>`;
  }

  #error(problem: string, index: number): Error {
    return patternSyntaxError(problem, this.#pattern, index);
  }
}
