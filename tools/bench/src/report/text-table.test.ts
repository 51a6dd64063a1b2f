import { expect, test } from "vitest";
import { markdownTable, textTable } from "./text-table.ts";

test("columns are as wide as their widest cell", () => {
  expect(
    textTable(
      ["name", "n"],
      [
        ["a", "1,000"],
        ["longer", "2"],
      ],
      ["left", "right"],
    ),
  ).toBe(["name        n", "a       1,000", "longer      2"].join("\n"));
});

test("a line has no spaces at its end", () => {
  expect(
    textTable(
      ["a", "b"],
      [
        ["1", ""],
        ["2", "long"],
      ],
    ),
  ).toBe("a  b\n1\n2  long");
});

test("Markdown says which columns are numbers", () => {
  expect(markdownTable(["name", "n"], [["a", "1"]], ["left", "right"])).toBe(
    "| name | n |\n| --- | ---: |\n| a | 1 |",
  );
});
