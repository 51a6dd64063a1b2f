import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileJavaRegex, JavaSearch } from "../src/index.ts";

interface RegexCase {
  readonly pattern: string;
  readonly error?: string;
  /** By text: whether it matches as a whole, and what `find` gives: position and groups. */
  readonly texts?: Readonly<Record<string, readonly unknown[]>>;
}

/** Where JavaScript's engine decides otherwise, by pattern. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "[\\Qa]\\E]": "quotes are not known inside of a class",
  "(?i)ÄB": "JavaScript ignores the case of all letters, Java of ASCII only",
  "(a?)*": "JavaScript does not go through an empty repetition",
  "(a*)*": "the same",
};

const CASES = JSON.parse(
  readFileSync(new URL("golden/java-regex.json", import.meta.url), "utf8"),
) as RegexCase[];

function outcome({ pattern, texts }: RegexCase): unknown {
  try {
    const [whole, search] = [compileJavaRegex(pattern), new JavaSearch(pattern)];
    const results = Object.keys(texts ?? {}).map((text) => {
      const found = search.find(text);
      const parts = found && [found.index, ...found.groups.map((group) => group ?? null)];
      return [text, [whole.test(text), ...(parts ?? [])]];
    });
    return { texts: Object.fromEntries(results) as unknown };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

// What java.util.regex of Java 17 makes of these patterns.
describe("patterns mean what they mean in Java", () => {
  test.for(CASES.filter(({ pattern }) => DIFFERENCES[pattern] === undefined))(
    "$pattern",
    ({ pattern, ...recorded }) => {
      expect(outcome({ pattern, ...recorded })).toEqual(recorded);
    },
  );
});

describe("what is not supported is refused by name", () => {
  test.each([
    ["\\p{InGreek}", "Unknown character property name {InGreek}"],
    ["\\Ga", "Illegal/unsupported escape sequence"],
    ["a(?i)b", "The flag i is supported at the beginning of the pattern only"],
  ])("%s", (pattern, message) => {
    expect(() => compileJavaRegex(pattern)).toThrow(message);
  });
});

test("groups have Java's numbers and names", () => {
  const search = new JavaSearch("(a)++(?<n>b)");
  expect(search.groupCount).toBe(2);
  expect(search.names).toEqual(new Map([["n", 2]]));
  expect(search.find("xaab")).toEqual({ index: 1, groups: ["aab", "a", "b"] });
});
