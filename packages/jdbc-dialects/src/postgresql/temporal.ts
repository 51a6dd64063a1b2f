import { ConfigError } from "@millrace/connect-api";
import type { CalendarSystem } from "../calendar.ts";
import { readInt64, safeInteger } from "../reading/integers.ts";
import {
  DATE_LIMIT_MS,
  dateOfDay,
  inNanos,
  infiniteTimestamp,
  instantMaker,
  timeOfDay,
  type TimestampMaker,
  wallClockInstant,
  wallClockMaker,
} from "../reading/timestamps.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import type { Instant } from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import { DATE, TIMESTAMP, TIMESTAMPTZ } from "./oids.ts";

const US_PER_DAY = 86_400_000_000;
/** PostgreSQL counts from 2000-01-01. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000;
const INT32_MAX = 2 ** 31 - 1;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

type Reader = (bytes: Buffer, at: number) => unknown;

/** Whether values of the type are points in time, which a row's place in time can be. */
export const isPointInTime = (typeOid: number): boolean =>
  typeOid === TIMESTAMP || typeOid === TIMESTAMPTZ || typeOid === DATE;

/** int32, days. `infinity` becomes the last day a Date can hold, `-infinity` the first. */
export function dateReader(calendar: CalendarSystem): Reader {
  return (bytes, at) => {
    const days = bytes.readInt32BE(at);
    if (days === INT32_MAX) return new Date(DATE_LIMIT_MS);
    if (days === -INT32_MAX - 1) return new Date(-DATE_LIMIT_MS);
    return dateOfDay(days + EPOCH_DAYS, calendar);
  };
}

/** int64, microseconds of the day; 24:00 becomes 0:00, since Connect's Time ends before it. */
export function timeReader(timeZone: TimeZone): Reader {
  // Java reads a time as one of 1970-01-01.
  const offset = timeZone.toInstant(0);
  return (bytes, at) => timeOfDay(Number(readInt64(bytes, at)) + offset * 1000);
}

/** int64, microseconds of the day, then int32, seconds west of Greenwich. */
export function readTimeTz(bytes: Buffer, at: number): Date {
  return timeOfDay(Number(readInt64(bytes, at)) + bytes.readInt32BE(at + 8) * 1_000_000);
}

/** `timestamp`: int64, microseconds of the wall clock of `db.timezone`. */
export function timestampReader(options: TypeOptions): Reader {
  return timestamp(options, wallClockMaker(options));
}

/** `timestamptz`: int64, microseconds of UTC. */
export function timestampTzReader(options: TypeOptions): Reader {
  return timestamp(options, instantMaker(options));
}

function timestamp({ granularity }: TypeOptions, make: TimestampMaker): Reader {
  return (bytes, at) => {
    const micros = readInt64(bytes, at);
    if (typeof micros === "number") {
      const sinceEpoch = micros + EPOCH_MICROS;
      // The sum may leave the safe range, where the counts near it did not.
      if (Number.isSafeInteger(sinceEpoch)) return make(sinceEpoch);
    }
    if (micros === INT64_MAX) return infiniteTimestamp(granularity, true);
    if (micros === INT64_MIN) return infiniteTimestamp(granularity, false);
    return make(safeInteger(BigInt(micros) + BigInt(EPOCH_MICROS)));
  };
}

/**
 * Reads a column as the exact instant it stands for.
 * @throws {ConfigError} when its type is none of a point in time
 */
export function instantReader(
  column: string,
  typeOid: number,
  timeZone: TimeZone,
): (bytes: Buffer, at: number) => Instant {
  const sinceEpoch = (bytes: Buffer, at: number) =>
    BigInt(readInt64(bytes, at)) + BigInt(EPOCH_MICROS);
  switch (typeOid) {
    case TIMESTAMPTZ:
      return (bytes, at) => inNanos(sinceEpoch(bytes, at), 0);
    case TIMESTAMP:
      return (bytes, at) => wallClockInstant(safeInteger(sinceEpoch(bytes, at)), 0, timeZone);
    case DATE:
      return (bytes, at) =>
        wallClockInstant((bytes.readInt32BE(at) + EPOCH_DAYS) * US_PER_DAY, 0, timeZone);
    default:
      throw new ConfigError(
        "timestamp.column.name",
        column,
        "The column is no timestamp any more; correct the name",
      );
  }
}
