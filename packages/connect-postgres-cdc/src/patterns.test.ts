import { expect, test } from "vitest";
import { NamePatterns, splitList } from "./patterns.ts";
import { splitStatements } from "./statements.ts";

test("lists are split at commas, and match whole names whatever their case", () => {
  expect(splitList(String.raw`a, b\,c,,`)).toEqual(["a", "b,c"]);
  const patterns = new NamePatterns(String.raw`public\.(?!never).*,Other.T`);
  expect(
    ["public.t", "PUBLIC.T", "public.never", "other.t", "x.other.t"].map((name) =>
      patterns.matches(name),
    ),
  ).toEqual([true, true, false, true, false]);
  expect(patterns.indexOf("other.t")).toBe(1);
});

test("statements are split at semicolons, two of which are one", () => {
  expect(splitStatements("SET a = 1; SET b = ';;x';")).toEqual(["SET a = 1", "SET b = ';x'"]);
  expect(splitStatements(null)).toEqual([]);
});
