import {
  DataError,
  Decimal,
  isDecimal,
  isFloat64,
  isStruct,
  jsonText,
  MS_PER_DAY,
  type Schema,
} from "@millrace/connect-api";
import type { CalendarSystem } from "../calendar.ts";
import type { DriverValue } from "../session.ts";
import { TimeZone } from "../time-zone.ts";
import type { Digits, Kind } from "./kind.ts";
import { fromLegacyDay } from "./legacy-calendar.ts";
import { type Moment, momentOf, parseMoment, timestampText, timeText } from "./temporal.ts";

/** How points in time become what columns hold. */
export interface TemporalOptions {
  /** `db.timezone`: what clocks show that columns without zone have. */
  readonly timeZone: TimeZone;
  /** `date.timezone`: the zone in which a Connect `Date`, midnight UTC, is a day. */
  readonly dateZone: TimeZone;
  readonly calendar: CalendarSystem;
}

/** What a column is like, as far as values have to know. */
export interface BindingColumn {
  readonly schema: Schema | null;
  readonly kind: Kind;
  /** The column knows the zone: it is given instants, not what clocks show. */
  readonly zoned: boolean;
}

/**
 * Makes of a Connect value, which is not null, what columns take:
 *
 * | kind | value |
 * |---|---|
 * | int8 … int64, float32, float64, boolean, string, bytes | as it is |
 * | decimal, uuid, json, zoned_time | text |
 * | date | days since the epoch |
 * | time, timestamp of 3 digits | milliseconds since midnight, since the epoch |
 * | time, timestamp of more; zoned_timestamp | text, `2024-02-29 12:00:00.123456`; with zone where the column has one |
 * | array | JSON text, or what the dialect makes of it |
 *
 * @throws {DataError} for a value that does not fit
 */
export type Bind = (value: unknown) => DriverValue;

export function binderOf(column: BindingColumn, options: TemporalOptions): Bind {
  const { schema, kind, zoned } = column;
  // A column that knows its zone shows the calendar's date in UTC.
  const toClock = wallClock(zoned ? { ...options, timeZone: TimeZone.UTC } : options);
  switch (kind.is) {
    case "decimal":
    case "variable_decimal":
      return decimalText;
    case "json":
      return schema?.type === "STRING" ? asIs : (value) => jsonText(schema, value);
    case "array":
      return (value) => jsonText(schema, value);
    case "date":
      return dayBinder(options);
    case "time":
      return timeBinder(kind.digits, zoned ? asIs : wallClockOfDay(options));
    case "timestamp":
      return timestampBinder(kind.digits, zoned, toClock);
    case "zoned_timestamp":
      return (value) => zonedText(shift(parseMoment(String(value)), toClock), 9, zoned);
    case "any":
      return anyValue;
    case "float32":
    case "float64":
      return (value) => (isFloat64(value) ? value.value : (value as number));
    default:
      return asIs;
  }
}

type Clock = (ms: number) => number;

function asIs<T>(value: unknown): T {
  return value as T;
}

/** What clocks in `db.timezone` show, in the database's calendar. */
function wallClock({ timeZone, calendar }: TemporalOptions): Clock {
  return (instant) => {
    const ms = timeZone.toWallClock(instant);
    if (calendar === "PROLEPTIC_GREGORIAN" || ms >= FIRST_GREGORIAN_MS) return ms;
    const day = Math.floor(ms / MS_PER_DAY);
    return ms + (fromLegacyDay(day) - day) * MS_PER_DAY;
  };
}

const FIRST_GREGORIAN_MS = -141_427 * MS_PER_DAY;

/** A time of day is one of 1970-01-01, as in Java, and stays within its day. */
function wallClockOfDay({ timeZone }: TemporalOptions): Clock {
  return (ms) => ((timeZone.toWallClock(ms) % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY;
}

function dayBinder({ dateZone, calendar }: TemporalOptions): Bind {
  return (value) => {
    const ms = value instanceof Date ? value.getTime() : Number(value) * MS_PER_DAY;
    const day = Math.floor(dateZone.toWallClock(ms) / MS_PER_DAY);
    return calendar === "LEGACY" ? fromLegacyDay(day) : day;
  };
}

function timeBinder(digits: Digits, toClock: Clock): Bind {
  return (value) => {
    const moment = momentFrom(value, digits);
    if (moment.ms < 0 || moment.ms > MS_PER_DAY) {
      throw new DataError(`A time of day cannot be ${moment.ms} ms after midnight`);
    }
    if (digits === 3) return toClock(moment.ms);
    return timeText(shift(moment, toClock), digits);
  };
}

function timestampBinder(digits: Digits, zoned: boolean, toClock: Clock): Bind {
  if (digits === 3) return (value) => toClock(momentFrom(value, digits).ms);
  return (value) => zonedText(shift(momentFrom(value, digits), toClock), digits, zoned);
}

/** Of a `Date`, units since the epoch as a number or its text, or ISO 8601 text. */
function momentFrom(value: unknown, digits: Digits): Moment {
  if (value instanceof Date) return { ms: value.getTime(), nanos: 0 };
  if (typeof value === "number" || typeof value === "bigint") return momentOf(value, digits);
  const text = String(value);
  return /^-?\d+$/.test(text) ? momentOf(BigInt(text), digits) : parseMoment(text);
}

const shift = ({ ms, nanos }: Moment, toClock: Clock): Moment => ({ ms: toClock(ms), nanos });

function zonedText(moment: Moment, digits: Digits, zoned: boolean): string {
  const text = timestampText(moment, digits);
  if (!zoned) return text;
  return text.endsWith(" BC") ? `${text.slice(0, -3)}+00:00 BC` : `${text}+00:00`;
}

/** Of a Decimal whose column has no scale of its own (Java: `NUMERIC_TYPE_SCALE_UNSET`). */
const UNKNOWN_SCALE = 127;

function decimalText(value: unknown): string {
  if (isDecimal(value)) {
    const text = value.toPlainString();
    // A column without scale was read: its digits are padded with zeros.
    return value.scale === UNKNOWN_SCALE ? text.replace(/\.?0+$/, "") : text;
  }
  // Debezium's VariableScaleDecimal.
  if (isStruct(value)) {
    const scale = value.getInt32("scale");
    const bytes = value.getBytes("value");
    if (scale !== null && bytes !== null) return Decimal.fromBytes(bytes, scale).toPlainString();
  }
  throw new DataError("Not a decimal number");
}

/** A value without schema, as the text of its column's type. */
function anyValue(value: unknown): DriverValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    default:
      if (value instanceof Uint8Array) return value;
      if (isFloat64(value)) return value.value;
      if (isDecimal(value)) return value.toPlainString();
      return jsonText(null, value);
  }
}
