import { expect, test } from "vitest";
import { replaceAll } from "./replace-all.ts";

test.each([
  ["_(.)", "-$1", "a_b_c", "a-b-c"],
  ["^a", "x", "aaa", "xaa"],
  ["x", String.raw`\$1`, "axa", "a$1a"],
  ["(a)|(b)", "[$1$2]", "ab", "[a][b]"],
  ["", "-", "ab", "-a-b-"],
])("%s by %s in %s", (pattern, replacement, text, expected) => {
  expect(replaceAll(pattern, replacement)(text)).toBe(expected);
});
