import { fractionEnd, isDigit, readDigits, readFraction } from "./text.ts";

export const MICROS_PER_DAY = 86_400_000_000;

/** Day of the proleptic Gregorian calendar, counted from 1970-01-01; year 0 is 1 BC. */
export function epochDay(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export type Infinite = "infinity" | "-infinity";

/** Where one value of the ISO DateStyle was read to. */
export interface Cursor {
  at: number;
}

/** One of `infinity` and `-infinity`, by their first letter. */
export function infinite(bytes: Buffer, at: number): Infinite | undefined {
  if (bytes[at] === 105) return "infinity";
  if (bytes[at] === 45) return "-infinity";
  return undefined;
}

/** Whether the text ends in ` BC`. */
export function isBeforeChrist(bytes: Buffer, at: number, length: number): boolean {
  return length > 3 && bytes[at + length - 1] === 67 && bytes[at + length - 2] === 66;
}

/** `2024-02-29`, without its ` BC`; the cursor is left behind the day. */
export function readDay(bytes: Buffer, cursor: Cursor, isBc: boolean): number {
  let at = cursor.at;
  let year = 0;
  while (isDigit(bytes[at])) year = year * 10 + (bytes[at++]! - 48);
  const month = readDigits(bytes, at + 1, 2);
  const day = readDigits(bytes, at + 4, 2);
  cursor.at = at + 6;
  return epochDay(isBc ? 1 - year : year, month, day);
}

/** `13:14:15.123456` in microseconds; the cursor is left behind it. */
export function readTimeOfDay(bytes: Buffer, cursor: Cursor, end: number): number {
  const { at } = cursor;
  const seconds =
    readDigits(bytes, at, 2) * 3600 +
    readDigits(bytes, at + 3, 2) * 60 +
    readDigits(bytes, at + 6, 2);
  const micros = readFraction(bytes, at + 8, end);
  cursor.at = fractionEnd(bytes, at + 8, end);
  return seconds * 1_000_000 + micros;
}

/** `+02`, `-15:59` or `+00:19:32` in seconds east; the cursor is left behind it. */
export function readOffset(bytes: Buffer, cursor: Cursor, end: number): number {
  let { at } = cursor;
  const sign = bytes[at] === 45 ? -1 : 1;
  let seconds = readDigits(bytes, at + 1, 2) * 3600;
  at += 3;
  for (let unit = 60; unit > 0 && at < end && bytes[at] === 58; unit = unit === 60 ? 1 : 0) {
    seconds += readDigits(bytes, at + 1, 2) * unit;
    at += 3;
  }
  cursor.at = at;
  return sign * seconds;
}

const two = (value: number) => (value < 10 ? `0${value}` : `${value}`);

/** `13:14:15` and as many digits of the fraction as asked for; `undefined` leaves trailing zeros out. */
export function timeText(micros: number, digits: number | undefined): string {
  const seconds = Math.floor(micros / 1_000_000);
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = String(micros % 1_000_000).padStart(6, "0");
  const kept = digits === undefined ? fraction.replace(/0+$/, "") : fraction.slice(0, digits);
  return kept === "" ? text : `${text}.${kept}`;
}

/** `2024-02-29`; years beyond 9999 with a plus, years before 1 as ISO 8601 counts them. */
export function dayText(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const digits = String(Math.abs(year)).padStart(4, "0");
  const sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  return `${sign}${digits}-${two(month)}-${two(date)}`;
}
