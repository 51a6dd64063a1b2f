import {
  DataError,
  INT64_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  STRING_SCHEMA,
  type Schema,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { type CalendarSystem, legacyShiftDays } from "../calendar.ts";
import { TimeZone } from "../time-zone.ts";
import type { TimestampGranularity } from "../config.ts";
import { readInt64, safeInteger } from "./integers.ts";

const MS_PER_DAY = 86_400_000;
const US_PER_DAY = 86_400_000_000;
/** PostgreSQL counts from 2000-01-01. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000;
const INT32_MAX = 2 ** 31 - 1;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** How far a Date reaches (ECMAScript: 100,000,000 days on either side of the epoch). */
const DATE_LIMIT_MS = 8.64e15;

export interface TemporalOptions {
  readonly timeZone: TimeZone;
  readonly calendar: CalendarSystem;
  readonly granularity: TimestampGranularity;
}

type Reader = (bytes: Buffer, at: number) => unknown;

/** int32, days. `infinity` becomes the last day a Date can hold, `-infinity` the first. */
export function dateReader(calendar: CalendarSystem): Reader {
  return (bytes, at) => {
    const days = bytes.readInt32BE(at);
    if (days === INT32_MAX) return new Date(DATE_LIMIT_MS);
    if (days === -INT32_MAX - 1) return new Date(-DATE_LIMIT_MS);
    const day = days + EPOCH_DAYS;
    return dateOf((day + (calendar === "LEGACY" ? legacyShiftDays(day) : 0)) * MS_PER_DAY);
  };
}

/** int64, microseconds of the day; 24:00 becomes 0:00, since Connect's Time ends before it. */
export function timeReader(timeZone: TimeZone): Reader {
  // Java reads a time as one of 1970-01-01.
  const offset = timeZone.toInstant(0);
  return (bytes, at) => new Date(timeOfDay(Number(readInt64(bytes, at)) + offset * 1000));
}

/** int64, microseconds of the day, then int32, seconds west of Greenwich. */
export function readTimeTz(bytes: Buffer, at: number): Date {
  const micros = Number(readInt64(bytes, at)) + bytes.readInt32BE(at + 8) * 1_000_000;
  return new Date(timeOfDay(micros));
}

function timeOfDay(micros: number): number {
  return Math.floor((((micros % US_PER_DAY) + US_PER_DAY) % US_PER_DAY) / 1000);
}

interface Granularity {
  readonly required: Schema;
  readonly optional: Schema;
  /** Makes the value of a microsecond count; `wallClock` is what the database or db.timezone shows. */
  readonly value: (micros: number | bigint, wallClock: () => number | bigint) => unknown;
  readonly infinity: (positive: boolean) => unknown;
}

const longs = {
  required: INT64_SCHEMA,
  optional: OPTIONAL_INT64_SCHEMA,
  infinity: (positive: boolean) => (positive ? INT64_MAX : INT64_MIN),
};
const strings = {
  required: STRING_SCHEMA,
  optional: OPTIONAL_STRING_SCHEMA,
  infinity: (positive: boolean) => (positive ? "infinity" : "-infinity"),
};

/** `timestamp.granularity` (Java: `JdbcSourceConnectorConfig.TimestampGranularity`). */
const GRANULARITIES: Readonly<Record<TimestampGranularity, Granularity>> = {
  connect_logical: {
    required: TIMESTAMP_SCHEMA,
    optional: OPTIONAL_TIMESTAMP_SCHEMA,
    value: (micros) => dateOf(floorToMs(micros)),
    infinity: (positive) => new Date(positive ? DATE_LIMIT_MS : -DATE_LIMIT_MS),
  },
  micros_long: { ...longs, value: (micros) => micros },
  micros_string: { ...strings, value: (micros) => micros.toString() },
  micros_iso_datetime_string: { ...strings, value: (_, wallClock) => isoText(wallClock()) },
  nanos_long: { ...longs, value: (micros) => int64(BigInt(micros) * 1000n) },
  nanos_string: { ...strings, value: (micros) => (BigInt(micros) * 1000n).toString() },
  nanos_iso_datetime_string: { ...strings, value: (_, wallClock) => `${isoText(wallClock())}000` },
};

export function timestampSchema(granularity: TimestampGranularity, optional: boolean): Schema {
  return GRANULARITIES[granularity][optional ? "optional" : "required"];
}

/** `timestamp`: int64, microseconds of the wall clock of `db.timezone`. */
export function timestampReader({ timeZone, calendar, granularity }: TemporalOptions): Reader {
  const { value, infinity } = GRANULARITIES[granularity];
  const isUtc = timeZone === TimeZone.UTC;
  return timestamp(infinity, (wallClock) => {
    const read = legacy(wallClock, calendar);
    return value(isUtc ? read : mapMs(read, (ms) => timeZone.toInstant(ms)), () => wallClock);
  });
}

/** `timestamptz`: int64, microseconds of UTC. */
export function timestampTzReader({ timeZone, calendar, granularity }: TemporalOptions): Reader {
  const { value, infinity } = GRANULARITIES[granularity];
  return timestamp(infinity, (instant) =>
    value(legacy(instant, calendar), () => mapMs(instant, (ms) => timeZone.toWallClock(ms))),
  );
}

function timestamp(
  infinity: Granularity["infinity"],
  convert: (micros: number | bigint) => unknown,
): Reader {
  return (bytes, at) => {
    const micros = readInt64(bytes, at);
    if (typeof micros === "number") {
      const sinceEpoch = micros + EPOCH_MICROS;
      // The sum may leave the safe range, where the counts near it did not.
      if (Number.isSafeInteger(sinceEpoch)) return convert(sinceEpoch);
    }
    if (micros === INT64_MAX) return infinity(true);
    if (micros === INT64_MIN) return infinity(false);
    return convert(safeInteger(BigInt(micros) + BigInt(EPOCH_MICROS)));
  };
}

function legacy(micros: number | bigint, calendar: CalendarSystem): number | bigint {
  if (calendar !== "LEGACY") return micros;
  const shift = legacyShiftDays(Math.floor(Number(micros) / US_PER_DAY));
  return shift === 0 ? micros : safeInteger(BigInt(micros) + BigInt(shift) * BigInt(US_PER_DAY));
}

/** Moves the milliseconds and keeps the microseconds below them. */
function mapMs(micros: number | bigint, move: (ms: number) => number): number | bigint {
  const ms = floorToMs(micros);
  const shift = (move(ms) - ms) * 1000;
  if (typeof micros === "number" && Number.isSafeInteger(micros + shift)) return micros + shift;
  return safeInteger(BigInt(micros) + BigInt(shift));
}

function floorToMs(micros: number | bigint): number {
  if (typeof micros === "number") return Math.floor(micros / 1000);
  return Number(micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n);
}

function dateOf(ms: number): Date {
  if (ms > DATE_LIMIT_MS || ms < -DATE_LIMIT_MS) {
    throw new DataError(
      `it lies beyond the years -271821 to 275760 that Connect's date types can hold here; set timestamp.granularity to a string or long form, or correct the value`,
    );
  }
  return new Date(ms);
}

function int64(value: bigint): number | bigint {
  if (value > INT64_MAX || value < INT64_MIN) {
    throw new DataError(
      `it does not fit into an int64 of nanoseconds; set timestamp.granularity to micros_long or a string form`,
    );
  }
  return safeInteger(value);
}

/** `yyyy-MM-ddTHH:mm:ss.ssssss`; years beyond 9999 with a sign, years before 1 as ISO 8601 counts them. */
function isoText(wallClock: number | bigint): string {
  const ms = floorToMs(wallClock);
  const date = dateOf(ms);
  const micros =
    typeof wallClock === "number" ? wallClock - ms * 1000 : Number(wallClock - BigInt(ms) * 1000n);
  const text = date.toISOString();
  const year = date.getUTCFullYear();
  const digits = Math.abs(year).toString().padStart(4, "0");
  const sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  const rest = text.slice(text.indexOf("-", 1), -1);
  return `${sign}${digits}${rest}${micros.toString().padStart(3, "0")}`;
}
