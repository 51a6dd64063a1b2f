import { expect, test } from "vitest";
import { TIMESTAMP_GRANULARITIES, type TimestampGranularity } from "../reading/type-options.ts";
import { TimeZone } from "../time-zone.ts";
import {
  dateReader,
  readTimeTz,
  timeReader,
  timestampReader,
  timestampTzReader,
} from "./temporal.ts";

const MICROS_OF_2000 = 946_684_800_000_000n;

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The binary form of a date and time with microseconds. */
function timestamp(text: string, micros = 0): Buffer {
  return int64(BigInt(Date.parse(`${text}Z`)) * 1000n + BigInt(micros) - MICROS_OF_2000);
}

const options = (granularity: TimestampGranularity, zone = "UTC") => ({
  timeZone: TimeZone.of(zone),
  calendar: "LEGACY" as const,
  granularity,
  numericMapping: "none" as const,
});

test("a timestamp with all its microseconds, in every granularity", () => {
  const bytes = timestamp("2024-02-29T12:34:56.789", 123);
  const values = TIMESTAMP_GRANULARITIES.map((g) => timestampReader(options(g))(bytes, 0));
  expect(values).toEqual([
    new Date("2024-02-29T12:34:56.789Z"),
    1_709_210_096_789_123,
    "1709210096789123",
    "2024-02-29T12:34:56.789123",
    1_709_210_096_789_123_000n,
    "1709210096789123000",
    "2024-02-29T12:34:56.789123000",
  ]);
});

test("before the epoch, milliseconds are rounded down and microseconds kept", () => {
  const bytes = timestamp("1969-12-31T23:59:59.999", 1);
  expect(timestampReader(options("connect_logical"))(bytes, 0)).toEqual(new Date(-1));
  expect(timestampReader(options("micros_long"))(bytes, 0)).toBe(-999);
  expect(timestampReader(options("nanos_string"))(bytes, 0)).toBe("-999000");
  expect(timestampReader(options("micros_iso_datetime_string"))(bytes, 0)).toBe(
    "1969-12-31T23:59:59.999001",
  );
});

test("db.timezone says when a timestamp was, and how a timestamptz is shown", () => {
  const bytes = timestamp("2024-07-01T12:00:00.000", 7);
  const read = (granularity: TimestampGranularity) => [
    timestampReader(options(granularity, "America/New_York"))(bytes, 0),
    timestampTzReader(options(granularity, "America/New_York"))(bytes, 0),
  ];
  expect(read("connect_logical")).toEqual([
    new Date("2024-07-01T16:00:00Z"),
    new Date("2024-07-01T12:00:00Z"),
  ]);
  expect(read("micros_iso_datetime_string")).toEqual([
    "2024-07-01T12:00:00.000007",
    "2024-07-01T08:00:00.000007",
  ]);
  expect(read("micros_string")).toEqual(["1719849600000007", "1719835200000007"]);
});

test("microseconds beyond 2^53 stay exact", () => {
  const bytes = timestamp("+010000-01-01T00:00:00.001", 1);
  expect(timestampReader(options("micros_long"))(bytes, 0)).toBe(253_402_300_800_001_001n);
  expect(timestampReader(options("connect_logical"))(bytes, 0)).toEqual(
    new Date("+010000-01-01T00:00:00.001Z"),
  );
  expect(timestampReader(options("nanos_iso_datetime_string"))(bytes, 0)).toBe(
    "+10000-01-01T00:00:00.001001000",
  );
  expect(() => timestampReader(options("nanos_long"))(bytes, 0)).toThrow(/micros_long/);
});

test("a timestamp before 1582 is one of the Julian calendar, as Java reads it", () => {
  const bytes = timestamp("1500-03-01T00:00:00.000", 5);
  const proleptic = { ...options("connect_logical"), calendar: "PROLEPTIC_GREGORIAN" as const };
  expect(timestampReader(options("connect_logical"))(bytes, 0)).toEqual(
    new Date("1500-03-11T00:00Z"),
  );
  expect(timestampReader(proleptic)(bytes, 0)).toEqual(new Date("1500-03-01T00:00Z"));
  expect(timestampReader(options("micros_iso_datetime_string"))(bytes, 0)).toBe(
    "1500-03-01T00:00:00.000005",
  );
});

test("infinity is the last instant there is", () => {
  const [positive, negative] = [int64(2n ** 63n - 1n), int64(-(2n ** 63n))];
  const read = (granularity: TimestampGranularity) =>
    [positive, negative].map((bytes) => timestampTzReader(options(granularity))(bytes, 0));
  expect(read("connect_logical")).toEqual([new Date(8.64e15), new Date(-8.64e15)]);
  expect(read("micros_long")).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
  expect(read("nanos_iso_datetime_string")).toEqual(["infinity", "-infinity"]);
});

test("a timestamp that no Date can hold is refused", () => {
  const bytes = int64(9_000_000_000_000_000_000n);
  expect(() => timestampReader(options("connect_logical"))(bytes, 0)).toThrow(
    /timestamp\.granularity/,
  );
});

test.each([
  ["2024-02-29", 8825, "LEGACY", "2024-02-29"],
  ["1969-12-31", -10_958, "LEGACY", "1969-12-31"],
  ["1500-03-01 by the old calendar", -182_562, "LEGACY", "1500-03-11"],
  ["1500-03-01 as it stands", -182_562, "PROLEPTIC_GREGORIAN", "1500-03-01"],
  ["infinity", 2 ** 31 - 1, "LEGACY", "+275760-09-13"],
  ["-infinity", -(2 ** 31), "LEGACY", "-271821-04-20"],
] as const)("the date %s", (_, days, calendar, date) => {
  expect(dateReader(calendar)(int32(days), 0)).toEqual(new Date(`${date}T00:00:00Z`));
});

test("a date that no Date can hold is refused", () => {
  expect(() => dateReader("LEGACY")(int32(2_000_000_000), 0)).toThrow(/years/);
});

test.each([
  ["UTC", 45_296_789_999n, 45_296_789],
  ["UTC", 86_400_000_000n, 0],
  ["America/New_York", 79_200_000_000n, 10_800_000],
  ["Asia/Tokyo", 3_600_000_000n, 57_600_000],
])("a time in %s is a millisecond of the day", (zone, micros, ms) => {
  expect(timeReader(TimeZone.of(zone))(int64(micros), 0)).toEqual(new Date(ms));
});

test("a time with a zone is one of UTC", () => {
  // 01:00+02:00; the zone counts seconds west.
  const bytes = Buffer.concat([int64(3_600_000_000n), int32(-7200)]);
  expect(readTimeTz(bytes, 0)).toEqual(new Date(23 * 3_600_000));
});
