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
import { safeInteger } from "./integers.ts";
import type { TimestampGranularity, TypeOptions } from "./type-options.ts";

const MS_PER_DAY = 86_400_000;
const US_PER_DAY = 86_400_000_000;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** How far a Date reaches (ECMAScript: 100,000,000 days on either side of the epoch). */
export const DATE_LIMIT_MS = 8.64e15;

/**
 * Makes the Connect value of a timestamp.
 * @param micros microseconds since the epoch, rounded down
 * @param nanos what is left, 0 to 999
 */
export type TimestampMaker = (micros: number | bigint, nanos?: number) => unknown;

interface Granularity {
  readonly required: Schema;
  readonly optional: Schema;
  /** `wallClock` is what the database or db.timezone shows. */
  readonly value: (
    micros: number | bigint,
    nanos: number,
    wallClock: () => number | bigint,
  ) => unknown;
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
  micros_iso_datetime_string: { ...strings, value: (_, __, wallClock) => isoText(wallClock()) },
  nanos_long: { ...longs, value: (micros, nanos) => int64(inNanos(micros, nanos)) },
  nanos_string: { ...strings, value: (micros, nanos) => inNanos(micros, nanos).toString() },
  nanos_iso_datetime_string: {
    ...strings,
    value: (_, nanos, wallClock) => isoText(wallClock()) + nanos.toString().padStart(3, "0"),
  },
};

export function timestampSchema(granularity: TimestampGranularity, optional: boolean): Schema {
  return GRANULARITIES[granularity][optional ? "optional" : "required"];
}

/** What an infinite timestamp becomes. */
export function infiniteTimestamp(granularity: TimestampGranularity, positive: boolean): unknown {
  return GRANULARITIES[granularity].infinity(positive);
}

/** For a column that shows what clocks of `db.timezone` show, written as if it were UTC. */
export function wallClockMaker({ timeZone, calendar, granularity }: TypeOptions): TimestampMaker {
  const { value } = GRANULARITIES[granularity];
  const isUtc = timeZone === TimeZone.UTC;
  return (wallClock, nanos = 0) => {
    const read = legacy(wallClock, calendar);
    const instant = isUtc ? read : mapMs(read, (ms) => timeZone.toInstant(ms));
    return value(instant, nanos, () => wallClock);
  };
}

/** For a column that knows the instant. */
export function instantMaker({ timeZone, calendar, granularity }: TypeOptions): TimestampMaker {
  const { value } = GRANULARITIES[granularity];
  return (instant, nanos = 0) =>
    value(legacy(instant, calendar), nanos, () => mapMs(instant, (ms) => timeZone.toWallClock(ms)));
}

/** The day of a DATE column as Connect's Date. @param day days since the epoch */
export function dateOfDay(day: number, calendar: CalendarSystem): Date {
  return dateOf((day + (calendar === "LEGACY" ? legacyShiftDays(day) : 0)) * MS_PER_DAY);
}

/** A time of the day as Connect's Time: that of 1970-01-01 in the zone (as Java reads it). */
export function timeOfDay(micros: number): Date {
  return new Date(Math.floor((((micros % US_PER_DAY) + US_PER_DAY) % US_PER_DAY) / 1000));
}

/** The instant, in nanoseconds, at which clocks of the zone show this time. */
export function wallClockInstant(micros: number | bigint, nanos: number, zone: TimeZone): bigint {
  const instant = zone === TimeZone.UTC ? micros : mapMs(micros, (ms) => zone.toInstant(ms));
  return inNanos(instant, nanos);
}

export const inNanos = (micros: number | bigint, nanos: number): bigint =>
  BigInt(micros) * 1000n + BigInt(nanos);

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

export function dateOf(ms: number): Date {
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
