import { expect, test } from "vitest";
import { JodaPattern } from "./joda-pattern.ts";
import { TimeZone } from "./time-zone.ts";

const utc = new TimeZone("timezone", "UTC");
const format = (pattern: string, iso: string, zone = utc, locale = "en-US") =>
  new JodaPattern("path.format", pattern, zone, locale).format(Date.parse(iso));

test.for([
  ["'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH", "year=2024/month=01/day=02/hour=03"],
  ["yyyy-MM-dd HH:mm:ss.SSS", "2024-01-02 03:04:05.678"],
  ["yy y M d H m s S", "24 2024 1 2 3 4 5 6"],
  ["SSSSS", "67800"],
  ["MMM MMMM E EEEE", "Jan January Tue Tuesday"],
  ["D w xxxx e", "2 1 2024 2"],
  ["h a K k", "3 AM 3 3"],
  ["G C", "AD 20"],
  ["Z ZZ ZZZ", "+0000 +00:00 UTC"],
  ["'it''s' ''yyyy''", "it's '2024'"],
  ["'open", "open"],
])("%s", ([pattern, expected]) => {
  expect(format(pattern!, "2024-01-02T03:04:05.678Z")).toBe(expected);
});

test("Y is the year of the era, not that of the week; x is", () => {
  expect(format("YYYY xxxx ww", "2024-12-31T12:00:00Z")).toBe("2024 2025 01");
  expect(format("YYYY xxxx ww", "2021-01-01T12:00:00Z")).toBe("2021 2020 53");
});

test("midnight and noon", () => {
  expect(format("HH kk hh KK a", "2024-01-01T00:00:00Z")).toBe("00 24 12 00 AM");
  expect(format("HH kk hh KK a", "2024-01-01T12:00:00Z")).toBe("12 12 12 00 PM");
});

test("zones and locales", () => {
  const berlin = new TimeZone("timezone", "Europe/Berlin");
  expect(format("dd HH Z", "2024-06-30T22:30:00Z", berlin)).toBe("01 00 +0200");
  expect(format("MMMM", "2024-03-01T00:00:00Z", utc, "de_DE")).toBe("März");
});

test("an unknown letter is refused", () => {
  expect(() => format("yyyy-QQ", "2024-01-01T00:00:00Z")).toThrow(
    "Invalid value yyyy-QQ for configuration path.format: Illegal pattern component: QQ",
  );
});
