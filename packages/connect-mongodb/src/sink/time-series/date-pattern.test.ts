import { expect, test } from "vitest";
import { compileDatePattern, DEFAULT_DATE_PATTERN } from "./date-pattern.ts";

const iso = (text: string, pattern = DEFAULT_DATE_PATTERN) => {
  const ms = compileDatePattern("k", pattern)(text);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test.each([
  ["2024-01-02", "2024-01-02T00:00:00.000Z"],
  ["2024-01-02 03:04:05", "2024-01-02T03:04:05.000Z"],
  ["2024-01-02T03:04:05.123", "2024-01-02T03:04:05.123Z"],
  ["2024-01-02T03:04:05.123456", "2024-01-02T03:04:05.123Z"],
  ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000Z"],
  ["2024-01-02T03:04:05+02", "2024-01-02T01:04:05.000Z"],
  ["2024-01-02T03:04:05+01:00[Europe/Berlin]", "2024-01-02T02:04:05.000Z"],
  ["2024-02-30", undefined],
  ["2024-01-02T25:00:00", undefined],
  ["2024-01-02T03:04:05 Nowhere/City", undefined],
  ["rubbish", undefined],
])("%s", (text, expected) => {
  expect(iso(text)).toBe(expected);
});

test("time zones by name, on the days on which clocks change too", () => {
  const berlin = (text: string) => iso(text, "yyyy-MM-dd'T'HH:mm:ss VV");
  expect(berlin("2024-07-02T03:04:05 Europe/Berlin")).toBe("2024-07-02T01:04:05.000Z");
  expect(berlin("2024-03-31T01:59:59 Europe/Berlin")).toBe("2024-03-31T00:59:59.000Z");
  expect(berlin("2024-03-31T03:00:00 Europe/Berlin")).toBe("2024-03-31T01:00:00.000Z");
});

test("other patterns, quoted texts included", () => {
  expect(iso("2.1.2024 um 3 Uhr", "d.M.yyyy 'um' H 'Uhr'")).toBe("2024-01-02T03:00:00.000Z");
});

test.each(["d MMM yyyy", "EEE", "yyyy-MM-dd ["])("%s is refused", (pattern) => {
  expect(() => compileDatePattern("k", pattern)).toThrow(/k/);
});
