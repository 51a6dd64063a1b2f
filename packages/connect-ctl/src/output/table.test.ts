import { expect, test } from "vitest";
import { parseExactJson } from "../client/json.ts";
import { encode } from "./format.ts";
import { printable, table } from "./table.ts";

test("columns are as wide as what is in them", () => {
  expect(
    table(
      ["A", "LONG"],
      [
        ["one", "1"],
        ["", "a\nb"],
      ],
    ),
  ).toBe("A    LONG\none  1\n     a b\n");
});

test("what could steer a terminal does not reach it", () => {
  expect(printable("a\u001B[2Jb\rc\u009Bd\n")).toBe("a\uFFFD[2Jb\uFFFDc\uFFFDd\n");
});

test("data for programs keep all digits", () => {
  const data = parseExactJson(`{"lsn":9223372036854775807,"text":"1"}`);
  expect(encode(data, "json")).toBe(`{\n  "lsn": 9223372036854775807,\n  "text": "1"\n}\n`);
  expect(encode(data, "yaml")).toBe(`lsn: 9223372036854775807\ntext: "1"\n`);
});
