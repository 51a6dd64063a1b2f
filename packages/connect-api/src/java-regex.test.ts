import { describe, expect, test } from "vitest";
import { compileJavaRegex } from "./java-regex.ts";

describe("regular expressions written for Java", () => {
  test.each([
    ["a.*|b", ["abc", "b"], ["xb", "bx"]],
    ["(?i)Orders-\\d+", ["orders-1"], ["orders-"]],
    ["my\\-topic\\_\\d", ["my-topic_1"], ["my-topic"]],
    ["\\p{L}+", ["ünï"], ["1"]],
  ])("%s matches whole texts", (pattern, matching, other) => {
    const regex = compileJavaRegex(pattern);
    for (const text of matching) expect(regex.test(text)).toBe(true);
    for (const text of other) expect(regex.test(text)).toBe(false);
  });

  test.each([
    ["[", "Unclosed character class near index 0\n[\n^"],
    ["ab[c", "Unclosed character class near index 3\nab[c\n   ^"],
    ["(", "Unclosed group near index 1\n("],
    ["*a", "Dangling meta character '*' near index 0\n*a\n^"],
  ])("%s is refused as Java refuses it", (pattern, message) => {
    expect(() => compileJavaRegex(pattern)).toThrow(message);
  });
});
