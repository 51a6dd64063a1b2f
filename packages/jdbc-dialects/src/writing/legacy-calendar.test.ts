import * as fc from "fast-check";
import { expect, test } from "vitest";
import { legacyShiftDays } from "../calendar.ts";
import { fromLegacyDay } from "./legacy-calendar.ts";

const day = (text: string) => Date.parse(`${text}T00:00:00Z`) / 86_400_000;

test("a day that was read by the legacy calendar is written as it stood in the table", () => {
  fc.assert(
    fc.property(fc.integer({ min: day("0001-01-01"), max: day("9999-12-31") }), (stored) => {
      expect(fromLegacyDay(stored + legacyShiftDays(stored))).toBe(stored);
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["2024-02-29", "2024-02-29"],
  ["1582-10-15", "1582-10-15"],
  ["1582-10-14", "1582-10-04"],
  ["1500-02-28", "1500-02-19"],
])("%s is written as %s", (instant, shown) => {
  expect(fromLegacyDay(day(instant))).toBe(day(shown));
});
