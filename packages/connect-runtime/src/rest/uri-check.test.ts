import { expect, test } from "vitest";
import { pathProblem, meant } from "./uri-check.ts";

test.each([
  ["/connectors/a|b", "Illegal Path Character"],
  ["/connectors/{a}", "Illegal Path Character"],
  ["//connectors", "Ambiguous URI empty segment"],
  ["/connectors/a%2Fb", "Ambiguous URI path separator"],
  ["/connectors/a%252Fb", "Ambiguous URI path encoding"],
  ["/connectors/%2e%2E", "Ambiguous URI path segment"],
  ["/connectors/%ff", "Bad UTF-8 encoding"],
  ["/connectors/%zz", "Bad Request"],
  ["/connectors/a%00", "Bad Request"],
  ["/connectors/a%2", "Bad Request"],
  ["/connectors/a%0Ab", "Suspicious Path Character"],
  ["/connectors/a%5Cb", "Suspicious Path Character"],
])("%s is refused: %s", (path, problem) => expect(pathProblem("GET", path)).toBe(problem));

test.each([
  "/connectors/~!@$&'()*=:,+a",
  "/connectors/a%7Cb",
  "/connectors/..",
  "/connectors/a%2e",
  "/connectors/%E2%9C%93",
  "/connectors?expand=%zz//%2F|",
])("%s is a path", (path) => expect(pathProblem("GET", path)).toBeUndefined());

test("parameters of segments are left out, those of the query are not", () => {
  expect(meant("/connectors;a=b/src;c/status?x=1;y/z")).toBe("/connectors/src/status?x=1;y/z");
  expect(meant("/connectors/a%3Bb")).toBe("/connectors/a%3Bb");
});
