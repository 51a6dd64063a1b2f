import { describe, expect, test } from "vitest";
import { EACH, parseFieldPath } from "./field-path.ts";

describe("a path of fields", () => {
  test.each([
    ["a", ["a"]],
    ["a.b.c", ["a", "b", "c"]],
    ["", [""]],
    ["a.", ["a", ""]],
    ["a..b", ["a", "", "b"]],
    ["`a.b`", ["a.b"]],
    ["`a.b`.c", ["a.b", "c"]],
    ["a.`b.c`.`d`", ["a", "b.c", "d"]],
    ["a`b.c", ["a`b", "c"]],
    ["`a`b`.c", ["a`b", "c"]],
    ["`a\\`.b`.c", ["a`.b", "c"]],
    ["`a\\`b`", ["a\\`b"]],
    ["`a`.", ["a", ""]],
    ["a[*]", ["a", EACH]],
    ["a[*].b", ["a", EACH, "b"]],
    ["a.[*].b", ["a", EACH, "b"]],
    ["a[*][*]", ["a", EACH, EACH]],
    ["[*].a", [EACH, "a"]],
    ["`a.b`[*].`c[*]`", ["a.b", EACH, "c[*]"]],
    ["`a`[*]`", ["a`[*]"]],
    ["a[0].b[*]c", ["a[0]", "b[*]c"]],
    ["a[*].", ["a", EACH, ""]],
  ])("%s", (path, steps) => {
    expect(parseFieldPath(path)).toEqual(steps);
  });

  test.each([
    ["`a", 0],
    ["a.`b", 2],
    ["`a\\`", 0],
    ["`a`b", 0],
  ])("%s is not closed", (path, position) => {
    expect(() => parseFieldPath(path)).toThrow(
      `Incomplete backtick pair in path: [${path}], consider adding a backslash before backtick at position ${position} to escape it`,
    );
  });
});
