import { compileJavaRegex } from "@millrace/connect-api";

/** The items of a list: separated by commas, `\,` for a comma in one. */
export function splitList(list: string | null): string[] {
  if (list === null) return [];
  return list
    .split(/(?<!\\),/)
    .map((item) => item.trim().replaceAll("\\,", ","))
    .filter((item) => item !== "");
}

/** Whether a name is in a list of regular expressions, any of which matches it whole, whatever its case. */
export class NamePatterns {
  readonly texts: readonly string[];
  readonly #patterns: readonly RegExp[];

  /** @throws {ConnectError} in the wording of Java's `PatternSyntaxException` */
  constructor(list: string | null) {
    this.texts = splitList(list);
    this.#patterns = this.texts.map((text) => compileJavaRegex(`(?i)${text}`));
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  matches(name: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(name));
  }

  /** Which of the expressions matches first; -1 for none. */
  indexOf(name: string): number {
    return this.#patterns.findIndex((pattern) => pattern.test(name));
  }
}
