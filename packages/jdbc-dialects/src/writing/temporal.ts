import { DataError, MS_PER_DAY } from "@millrace/connect-api";
import type { Digits } from "./kind.ts";

const NANOS_PER_MS = 1_000_000;

/** A point on a clock, finer than a `Date`: milliseconds since the epoch, and nanoseconds beyond them. */
export interface Moment {
  readonly ms: number;
  /** 0 to 999,999. */
  readonly nanos: number;
}

/** The moment that many units of a second's `digits` after the epoch. */
export function momentOf(units: number | bigint, digits: Digits): Moment {
  if (digits === 3) return { ms: Number(units), nanos: 0 };
  const perMs = digits === 6 ? 1000 : NANOS_PER_MS;
  const scale = NANOS_PER_MS / perMs;
  if (typeof units === "number") {
    const ms = Math.floor(units / perMs);
    return { ms, nanos: (units - ms * perMs) * scale };
  }
  const rest = Number(((units % BigInt(perMs)) + BigInt(perMs)) % BigInt(perMs));
  return { ms: Number((units - BigInt(rest)) / BigInt(perMs)), nanos: rest * scale };
}

const ISO =
  /^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * The moment that ISO 8601 text names; without zone it is taken as UTC.
 * @throws {DataError} when the text is none, or there is no such day or time
 */
export function parseMoment(text: string): Moment {
  const match = ISO.exec(text.trim());
  if (match === null) throw new DataError(`Not a date and time: ${text}`);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  const nanosOfSecond = Number(fraction.padEnd(9, "0"));
  const date = new Date(0);
  // Unlike Date.UTC, these leave the years 0 to 99 alone.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const isThere =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!isThere) throw new DataError(`There is no such date and time: ${text}`);
  const ms = date.getTime() - offsetMs(zone) + Math.floor(nanosOfSecond / NANOS_PER_MS);
  return { ms, nanos: nanosOfSecond % NANOS_PER_MS };
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || 0);
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** `2024-02-29`; years before 1 as SQL has them: `0044-03-15 BC`. */
export function dateText(days: number): string {
  const [text, era] = dayText(days);
  return text + era;
}

/** `2024-02-29 12:00:00.123` of a wall clock, written as if it were UTC. */
export function timestampText({ ms, nanos }: Moment, digits: Digits): string {
  const days = Math.floor(ms / MS_PER_DAY);
  const [day, era] = dayText(days);
  return `${day} ${timeText({ ms: ms - days * MS_PER_DAY, nanos }, digits)}${era}`;
}

/** `12:00:00.123`. What is finer than the digits is cut off. */
export function timeText({ ms, nanos }: Moment, digits: Digits): string {
  const seconds = Math.floor(ms / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = String((ms - seconds * 1000) * NANOS_PER_MS + nanos).padStart(9, "0");
  return `${clock}.${fraction.slice(0, digits)}`;
}

function dayText(days: number): [text: string, era: string] {
  const date = new Date(days * MS_PER_DAY);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new DataError(`A day ${days} days from 1970 cannot be written`);
  const shown = String(year > 0 ? year : 1 - year).padStart(4, "0");
  const text = `${shown}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return [text, year > 0 ? "" : " BC"];
}

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));
