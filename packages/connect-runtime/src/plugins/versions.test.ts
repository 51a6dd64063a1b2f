import { describe, expect, test } from "vitest";
import { compareVersions, parseVersionRange } from "./versions.ts";

describe("plugin versions", () => {
  test.each([
    ["1.2", "1.10"],
    ["1.0-rc1", "1.0"],
    ["1.0-rc.2", "1.0-rc.10"],
    ["2.9.9", "3.0"],
    ["3.6.0.Final", "3.7.0.Final"],
  ])("%s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  test("1.0 and 1.0.0 are one version, and build numbers do not count", () => {
    expect(compareVersions("1.0", "1.0.0+build7")).toBe(0);
  });

  test.each([
    ["1.2", "[1.2,1.2]", ["1.2"], ["1.2.1", "1.1"]],
    ["[1.2]", "[1.2,1.2]", ["1.2.0"], ["1.3"]],
    ["[1.0,2.0)", "[1.0,2.0)", ["1.0", "1.9.9"], ["2.0", "0.9"]],
    ["(,1.5]", "(,1.5]", ["0.1", "1.5"], ["1.5.1"]],
    ["(1.0,)", "(1.0,)", ["1.0.1", "99"], ["1.0"]],
    ["[1,2),[3,4)", "[1,2),[3,4)", ["1.1", "3.1"], ["2.5", "4"]],
  ])("the range %s prints as %s", (text, printed, inside, outside) => {
    const range = parseVersionRange(text);
    expect(String(range)).toBe(printed);
    for (const version of inside) expect(range.includes(version)).toBe(true);
    for (const version of outside) expect(range.includes(version)).toBe(false);
  });

  test.each(["", "[1.0", "(1.0)", "[1,2) or so", "1.0,2.0", "[]"])("%j is refused", (text) => {
    expect(() => parseVersionRange(text)).toThrow("is not a version or version range");
  });
});
