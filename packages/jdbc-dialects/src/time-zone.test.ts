import { expect, test } from "vitest";
import { TimeZone } from "./time-zone.ts";

const HOUR = 3_600_000;
const utc = (text: string) => Date.parse(`${text}Z`);

test("a named zone follows its summer time both ways", () => {
  const paris = TimeZone.of("Europe/Paris");
  expect(paris.offsetAt(utc("2024-01-15T12:00"))).toBe(HOUR);
  expect(paris.offsetAt(utc("2024-07-15T12:00"))).toBe(2 * HOUR);
  expect(paris.toInstant(utc("2024-07-15T12:00"))).toBe(utc("2024-07-15T10:00"));
  expect(paris.toWallClock(utc("2024-07-15T10:00"))).toBe(utc("2024-07-15T12:00"));
});

test("the minutes before and after a change of offset are told apart", () => {
  const paris = TimeZone.of("Europe/Paris");
  expect(paris.offsetAt(utc("2024-03-31T00:59:59.999"))).toBe(HOUR);
  expect(paris.offsetAt(utc("2024-03-31T01:00"))).toBe(2 * HOUR);
  expect(paris.toInstant(utc("2024-03-31T01:59"))).toBe(utc("2024-03-31T00:59"));
  expect(paris.toInstant(utc("2024-03-31T03:00"))).toBe(utc("2024-03-31T01:00"));
});

test.each([
  // Clocks jump from 02:00 to 03:00, and show 02:00 to 03:00 twice in autumn.
  ["a skipped time", "2024-03-31T02:30", "2024-03-31T01:30"],
  ["a time shown twice", "2024-10-27T02:30", "2024-10-27T01:30"],
])("%s is taken by the standard offset", (_, wallClock, instant) => {
  expect(TimeZone.of("Europe/Paris").toInstant(utc(wallClock))).toBe(utc(instant));
});

test("the southern hemisphere's summer is no standard time either", () => {
  const sydney = TimeZone.of("Australia/Sydney");
  expect(sydney.toInstant(utc("2024-04-07T02:30"))).toBe(utc("2024-04-06T16:30"));
});

test("local mean time before 1900 counts seconds, and years before 1 are years", () => {
  const amsterdam = TimeZone.of("Europe/Brussels");
  expect(amsterdam.offsetAt(utc("1850-01-01T00:00"))).toBe(17 * 60_000 + 30_000);
  const before = -62_198_755_200_000 - 400 * 365 * 86_400_000; // in the fourth century BC
  expect(amsterdam.toInstant(amsterdam.toWallClock(before))).toBe(before);
});

test.each([
  ["UTC", 0],
  ["GMT", 0],
  ["GMT+2", 2],
  ["UTC-03:30", -3.5],
  ["+0545", 5.75],
])("%s is a fixed offset of %d hours", (name, hours) => {
  expect(TimeZone.of(name).toInstant(0)).toBe(-hours * HOUR || 0);
});

test.each(["Nowhere/City", "", "GMT+99"])("%j is no zone", (name) => {
  expect(() => TimeZone.of(name)).toThrow(RangeError);
});
