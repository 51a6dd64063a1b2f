import { DataError } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateText, momentOf, parseMoment, timestampText, timeText } from "./temporal.ts";

const MAX = 253_402_300_799_999; // 9999-12-31
const MIN = -62_135_596_800_000; // 0001-01-01

test.each([
  [1_700_000_000_123, 3, "2023-11-14 22:13:20.123"],
  [1_700_000_000_123_456, 6, "2023-11-14 22:13:20.123456"],
  [-1, 6, "1969-12-31 23:59:59.999999"],
  [1_700_000_000_123_456_789n, 9, "2023-11-14 22:13:20.123456789"],
  [-1n, 9, "1969-12-31 23:59:59.999999999"],
  [-9_223_372_036_854_775_808n, 9, "1677-09-21 00:12:43.145224192"],
] as const)("%s of %i digits is %s", (units, digits, text) => {
  expect(timestampText(momentOf(units, digits), digits)).toBe(text);
});

test("a moment is read as it was written, in every precision", () => {
  for (const digits of [3, 6, 9] as const) {
    const scale = 10n ** BigInt(digits - 3);
    fc.assert(
      fc.property(
        fc.integer({ min: MIN, max: MAX }),
        fc.bigInt({ min: 0n, max: scale - 1n }),
        (ms, rest) => {
          const moment = momentOf(BigInt(ms) * scale + rest, digits);
          expect(moment.ms).toBe(ms);
          const text = timestampText(moment, digits);
          expect(parseMoment(text)).toEqual(moment);
          expect(parseMoment(`${text.replace(" ", "T")}Z`)).toEqual(moment);
        },
      ),
    );
  }
});

describe("ISO 8601", () => {
  test.each([
    ["2024-05-06", Date.UTC(2024, 4, 6), 0],
    ["2024-05-06T07:08", Date.UTC(2024, 4, 6, 7, 8), 0],
    ["2024-05-06T07:08:09.1234567Z", Date.UTC(2024, 4, 6, 7, 8, 9, 123), 456_700],
    ["2024-05-06 07:08:09+02:30", Date.UTC(2024, 4, 6, 4, 38, 9), 0],
    ["2024-05-06T07:08:09-03", Date.UTC(2024, 4, 6, 10, 8, 9), 0],
    ["1969-12-31T23:59:59.999999999Z", -1, 999_999],
  ])("%s", (text, ms, nanos) => {
    expect(parseMoment(text)).toEqual({ ms, nanos });
  });

  test.each([
    "",
    "today",
    "0000-00-00",
    "2024-02-30",
    "2023-02-29 00:00",
    "2024-13-01",
    "2024-01-01T25:00",
    "2024-01-01T00:60",
    "12:00",
  ])("%j is none", (text) => {
    expect(() => parseMoment(text)).toThrow(DataError);
  });
});

test.each([
  [0, "1970-01-01"],
  [-719_162, "0001-01-01"],
  [-719_163, "0001-12-31 BC"],
  [2_932_896, "9999-12-31"],
  [2_932_897, "10000-01-01"],
])("day %i is %s", (day, text) => {
  expect(dateText(day)).toBe(text);
});

test.each([
  [0, 0, 3, "00:00:00.000"],
  [86_399_999, 999_999, 9, "23:59:59.999999999"],
  [3_723_004, 5_000, 6, "01:02:03.004005"],
] as const)("%i ms and %i ns of a day in %i digits are %s", (ms, nanos, digits, text) => {
  expect(timeText({ ms, nanos }, digits)).toBe(text);
});
