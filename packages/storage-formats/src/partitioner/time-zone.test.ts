import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TimeZone } from "./time-zone.ts";

const zone = (name: string) => new TimeZone("timezone", name);
const HOUR = 3_600_000;

test("offsets, also before the epoch and far off", () => {
  expect(zone("UTC").offsetAt(0)).toBe(0);
  expect(zone("Asia/Kolkata").offsetAt(0)).toBe(5.5 * HOUR);
  expect(zone("+05:30").offsetAt(0)).toBe(5.5 * HOUR);
  expect(zone("America/New_York").offsetAt(Date.parse("1969-07-01T00:00:00Z"))).toBe(-4 * HOUR);
  expect(zone("UTC").offsetAt(Date.parse("0050-01-01T00:00:00Z"))).toBe(0);
});

test("local times that the clocks leave out or pass twice", () => {
  const berlin = zone("Europe/Berlin");
  const local = (iso: string) => Date.parse(`${iso}Z`);
  expect(berlin.toUtc(local("2024-03-31T02:30"))).toBe(Date.parse("2024-03-31T01:30Z"));
  expect(berlin.toUtc(local("2024-10-27T02:30"))).toBe(Date.parse("2024-10-27T00:30Z"));
  expect(berlin.toUtc(local("2024-07-01T12:00"))).toBe(Date.parse("2024-07-01T10:00Z"));
});

test.for(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])(
  "%s: there and back",
  (name) => {
    const tz = zone(name);
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1975"), max: new Date("2100"), noInvalidDate: true }),
        (date) => {
          const utc = date.getTime();
          const back = tz.toUtc(tz.toLocal(utc));
          // Of an hour that is passed twice the first one is meant.
          expect(tz.toLocal(back)).toBe(tz.toLocal(utc));
          expect(utc - back).toBeGreaterThanOrEqual(0);
          expect(utc - back).toBeLessThanOrEqual(HOUR);
        },
      ),
    );
  },
);

test("an unknown zone is refused", () => {
  expect(() => zone("Mars/Olympus")).toThrow(
    "Invalid value Mars/Olympus for configuration timezone",
  );
});
