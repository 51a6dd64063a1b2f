import { DataError } from "@millrace/connect-api";
import { parseWallClock } from "../reading/temporal-text.ts";
import { isoWallClock } from "../reading/wall-clock.ts";
import type { Instant } from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import type { DateClass } from "./url.ts";

/** A point in time as it was stored. */
export interface Moment {
  /** Microseconds since the epoch, of the instant or of the wall clock as if it were UTC. */
  readonly micros: number | bigint;
  /** What is left, 0 to 999. */
  readonly nanos: number;
  /** Whether it says which instant it is; else clocks of `db.timezone` show it. */
  readonly isInstant: boolean;
}

const MS_PER_DAY = 86_400_000;
/** Julian day of the epoch. */
const EPOCH_JULIAN_DAY = 2_440_587.5;
const ZONE = /(?:Z|([+-])(\d{2}):?(\d{2}))$/;

/**
 * Reads a point in time as SQLite's functions and Java's driver store it: a text, with or
 * without an offset from UTC, a count since the epoch, or a Julian day (SQLite
 * documentation, "Date And Time Functions").
 * @param unitMs what a count counts
 * @throws {DataError} when it is none of these
 */
export function parseMoment(value: unknown, unitMs: number): Moment {
  switch (typeof value) {
    case "bigint":
      return { micros: Number(value) * unitMs * 1000, nanos: 0, isInstant: true };
    case "number": {
      const ms = Math.round((value - EPOCH_JULIAN_DAY) * MS_PER_DAY);
      return { micros: ms * 1000, nanos: 0, isInstant: true };
    }
    case "string": {
      const zone = /\d{2}:\d{2}/.test(value) ? ZONE.exec(value) : null;
      if (zone === null) return { ...parseWallClock(value), isInstant: false };
      const [text, sign, hours = "0", minutes = "0"] = zone;
      const { micros, nanos } = parseWallClock(value.slice(0, -text.length).trimEnd());
      const offset = (Number(hours) * 60 + Number(minutes)) * 60_000_000;
      return { micros: Number(micros) - (sign === "-" ? -offset : offset), nanos, isInstant: true };
    }
    default:
      throw new DataError("A blob is no point in time");
  }
}

/**
 * Writes an instant the way a column holds others, so that SQLite can compare them.
 * @param sample what the column holds somewhere; null where it holds nothing
 */
export function likeSample(
  instant: Instant,
  sample: unknown,
  dateClass: DateClass | undefined,
  unitMs: number,
  zone: TimeZone,
): bigint | number | string {
  const ms = Number(instant / 1_000_000n);
  const kind = dateClass ?? CLASSES[typeof sample] ?? "TEXT";
  if (kind === "INTEGER") return BigInt(Math.floor(ms / unitMs));
  if (kind === "REAL") return ms / MS_PER_DAY + EPOCH_JULIAN_DAY;
  const text = typeof sample === "string" ? sample : "";
  const suffix = /\d{2}:\d{2}/.test(text) ? (ZONE.exec(text)?.[0] ?? "") : "";
  // A zone that is written out is taken for UTC's: others can't be compared as texts.
  const offset = suffix === "" ? BigInt(zone.offsetAt(ms)) * 1_000_000n : 0n;
  const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? (sample === null ? 3 : 0);
  const full = isoWallClock(instant + offset, Math.max(3, Math.min(digits, 9)));
  const seconds =
    digits === 0 ? full.slice(0, full.indexOf(".")) : full.slice(0, full.indexOf(".") + 1 + digits);
  const shaped = text.length === 10 ? full.slice(0, 10) : seconds;
  return (text.includes("T") ? shaped : shaped.replace("T", " ")) + suffix;
}

const CLASSES: Readonly<Record<string, DateClass>> = {
  bigint: "INTEGER",
  number: "REAL",
  string: "TEXT",
};
