import { DataError } from "@millrace/connect-api";

const US_PER_DAY = 86_400_000_000;
const MS_PER_DAY = 86_400_000;

/** A date and time of a wall clock, written as if it were UTC. */
export interface WallClock {
  /** Microseconds since the epoch, rounded down. */
  readonly micros: number | bigint;
  /** What is left, 0 to 999. */
  readonly nanos: number;
}

/** Days since the epoch of a date of the Gregorian calendar, extended backwards; month from 1. */
export function dayOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  // Unlike Date.UTC, this leaves the years 0 to 99 alone.
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / MS_PER_DAY;
}

/** The fraction of a second, as microseconds and what is left. */
export function fractionOf(digits: string): [micros: number, nanos: number] {
  const padded = digits.padEnd(9, "0");
  return [Number(padded.slice(0, 6)), Number(padded.slice(6, 9))];
}

const DATE_TIME = /^(-?\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?$/;

/**
 * Reads `yyyy-MM-dd HH:mm:ss.fffffffff`, with a blank or a T, with or without the time, the
 * seconds and their fraction.
 * @throws {DataError} for anything else
 */
export function parseWallClock(text: string): WallClock {
  const match = DATE_TIME.exec(text);
  if (match === null) throw new DataError(`"${text}" is no date and time`);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = ""] = match;
  const [micros, nanos] = fractionOf(fraction);
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const days = dayOf(Number(year), Number(month), Number(day));
  return { micros: days * US_PER_DAY + seconds * 1_000_000 + micros, nanos };
}

/** Microseconds of the day of `HH:mm:ss.ffffff`; hours may go beyond a day, and below none. @throws {DataError} */
export function parseTimeOfDay(text: string): number {
  const match = /^(-?)(\d+):(\d{2})(?::(\d{2})(?:\.(\d+))?)?$/.exec(text);
  if (match === null) throw new DataError(`"${text}" is no time of the day`);
  const [, sign, hour, minute, second = "0", fraction = ""] = match;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const micros = seconds * 1_000_000 + fractionOf(fraction)[0];
  return sign === "-" ? -micros : micros;
}
