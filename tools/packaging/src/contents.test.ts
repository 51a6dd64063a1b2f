import { expect, test } from "vitest";
import { contentProblems } from "./contents.ts";

const GOOD = ["package.json", "README.md", "LICENSE", "dist/a.js", "dist/a.js.map", "src/a.ts"];

test("a package with its code, its sources and its licence is good", () => {
  expect(contentProblems([...GOOD, "bin/x.js", "dist/a.d.ts", "template/test/a.test.ts"])).toEqual(
    [],
  );
});

test.each([
  ["dist/.tsbuildinfo", "dist/.tsbuildinfo is for developers only"],
  ["src/a.test.ts", "src/a.test.ts is for developers only"],
  ["test/golden/a.json", "test/golden/a.json is for developers only"],
  [".env", ".env is for developers only"],
  ["dist/b.js.map", "src/b.ts is missing, to which a map in dist leads"],
])("%s is named", (path, problem) => {
  expect(contentProblems([...GOOD, path])).toEqual([problem]);
});

test("what is missing is named", () => {
  expect(contentProblems(["package.json", "README.md"])).toEqual(["LICENSE is missing"]);
});
