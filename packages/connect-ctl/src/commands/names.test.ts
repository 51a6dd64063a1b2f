import { expect, test } from "vitest";
import { matcher } from "./names.ts";

test.each([
  ["a-*", "a-b", true],
  ["a-*", "b-a-b", false],
  ["*", "anything", true],
  ["a.b*", "axb", false],
  ["*(x)*", "a(x)b", true],
  ["a*c*e", "abcde", true],
])("%s and %s: %s", (pattern, name, matches) => expect(matcher(pattern)(name)).toBe(matches));
