import { expect, test } from "vitest";
import { comparisonRows } from "./comparison-table.ts";
import { UNITS } from "./figures.ts";
import { spreadOf } from "./spread.ts";

test("a row shows medians with their range, the ratio, and whether the bar is met", () => {
  const rows = comparisonRows([
    {
      subject: "file-source string",
      unit: UNITS.rate,
      ours: spreadOf([1_100_000, 1_300_000, 1_200_000]),
      java: spreadOf([400_000]),
      ratio: 3,
      bar: { atLeast: 2.5 },
      met: true,
    },
    {
      subject: "file-source string",
      unit: UNITS.cpu,
      ours: spreadOf([1.234]),
      java: undefined,
      ratio: undefined,
      bar: { atMost: 0.4 },
      met: undefined,
    },
  ]);
  expect(rows).toEqual([
    [
      "file-source string",
      "records/s",
      "1,200,000 (1,100,000–1,300,000)",
      "400,000",
      "3.00",
      "≥ 2.5",
      "met",
    ],
    ["", "CPU µs/record", "1.23", "", "", "≤ 0.4", ""],
  ]);
});
