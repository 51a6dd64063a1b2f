import { expect, test } from "vitest";
import { oneOrMore, positiveInteger } from "./parse.ts";

test("whole numbers may have separators", () => {
  expect(positiveInteger("5,000,000")).toBe(5_000_000);
  expect(positiveInteger("200_000")).toBe(200_000);
});

test.each(["0", "-1", "1.5", "many", ""])("%j is no number of records", (text) => {
  expect(() => positiveInteger(text)).toThrow("at least 1");
});

test("names are chosen from a list", () => {
  const choose = oneOrMore(["a", "b", "c"]);
  expect(choose("a, c")).toEqual(["a", "c"]);
  expect(choose("all")).toEqual(["a", "b", "c"]);
  expect(() => choose("a,d")).toThrow('"d" is none of a, b, c');
});
