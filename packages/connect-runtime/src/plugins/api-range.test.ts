import { expect, test } from "vitest";
import { apiMismatch } from "./api-range.ts";

const needing = (range: string, key = "peerDependencies") => ({
  [key]: { "@millrace/connect-api": range },
});

test.each([
  ["^1.2.0", "1.9.3"],
  ["^1.2.0 || ^2.0.0", "2.0.0"],
  [">=1", "2.0.0-beta.1"],
  ["workspace:^", "0.1.0"],
])("%s is content with %s", (range, version) => {
  expect(apiMismatch(needing(range), version)).toBeUndefined();
});

test("a package that names none is content", () => {
  expect(apiMismatch({}, "1.0.0")).toBeUndefined();
  expect(apiMismatch({ peerDependencies: null, dependencies: 7 }, "1.0.0")).toBeUndefined();
});

test.each([
  ["^2.0.0", "1.9.0"],
  ["^1.2.0", "2.0.0"],
  ["^1.2.0", "1.1.9"],
  ["^0.1.0", "0.2.0"],
])("%s is not content with %s", (range, version) => {
  const said = apiMismatch(needing(range), version);
  expect(said).toContain(`made for @millrace/connect-api ${range}, this worker has ${version}`);
  expect(apiMismatch(needing(range, "dependencies"), version)).toBe(said);
});

test("what is no range is named", () => {
  expect(apiMismatch(needing("the newest"), "1.0.0")).toContain('"the newest", which is no range');
});

test("the worker's own version counts", () => {
  expect(apiMismatch(needing("*"))).toBeUndefined();
  expect(apiMismatch(needing("^99.0.0"))).toContain("^99.0.0");
});
