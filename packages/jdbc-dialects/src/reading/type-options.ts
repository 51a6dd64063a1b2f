import type { CalendarSystem } from "../calendar.ts";
import type { TimeZone } from "../time-zone.ts";

export const NUMERIC_MAPPINGS = [
  "none",
  "precision_only",
  "best_fit",
  "best_fit_eager_double",
] as const;
/** `numeric.mapping`: what becomes of NUMERIC(precision, scale). */
export type NumericMapping = (typeof NUMERIC_MAPPINGS)[number];

export const TIMESTAMP_GRANULARITIES = [
  "connect_logical",
  "micros_long",
  "micros_string",
  "micros_iso_datetime_string",
  "nanos_long",
  "nanos_string",
  "nanos_iso_datetime_string",
] as const;
/** `timestamp.granularity`: what timestamps become. */
export type TimestampGranularity = (typeof TIMESTAMP_GRANULARITIES)[number];

/** How values become Connect's, beyond what the column's type says. */
export interface TypeOptions {
  readonly numericMapping: NumericMapping;
  readonly granularity: TimestampGranularity;
  /** `db.timezone`: the zone of what columns show that know none. */
  readonly timeZone: TimeZone;
  readonly calendar: CalendarSystem;
}
