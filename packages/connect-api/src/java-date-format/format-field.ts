import { type CalendarDay, weekIn, weekOf } from "./calendar.ts";
import { ERAS, HALVES, MONTHS, short, WEEKDAYS } from "./names.ts";

/** Writes a field of a moment. */
export type FieldFormatter = (day: CalendarDay, millisOfDay: number) => string;

/** Letters of fields that change within a day. */
const TIME_LETTERS = "aHkKhmsS";

export function isOfTime(letter: string): boolean {
  return TIME_LETTERS.includes(letter);
}

/** Writes a field of a pattern, in UTC and English. */
export function fieldFormatter(letter: string, count: number): FieldFormatter {
  switch (letter) {
    case "G":
      return (day) => ERAS[day.year > 0 ? 1 : 0]!;
    case "y":
      return (day) => yearText(day.year, count);
    case "Y":
      return (day) => weekYearText(weekOf(day).weekYear, count);
    case "M":
    case "L":
      if (count < 3) return (day) => padded(day.month, count);
      return (day) => named(MONTHS, day.month - 1, count);
    case "E":
      return (day) => named(WEEKDAYS, day.dayOfWeek, count);
    case "a":
      return (_day, millisOfDay) => HALVES[millisOfDay < 43_200_000 ? 0 : 1]!;
    case "z":
      return () => (count < 4 ? "UTC" : "Coordinated Universal Time");
    case "Z":
      return () => "+0000";
    case "X":
      return () => "Z";
    default: {
      const number = numberField(letter);
      return (day, millisOfDay) => padded(number(day, millisOfDay), count);
    }
  }
}

function numberField(letter: string): (day: CalendarDay, millisOfDay: number) => number {
  const hour = (millisOfDay: number) => Math.floor(millisOfDay / 3_600_000);
  switch (letter) {
    case "w":
      return (day) => weekOf(day).week;
    case "W":
      return (day) => weekIn(day.day, day.dayOfWeek);
    case "D":
      return (day) => day.dayOfYear;
    case "d":
      return (day) => day.day;
    case "F":
      return (day) => Math.floor((day.day - 1) / 7) + 1;
    case "u":
      return (day) => day.dayOfWeek || 7;
    case "H":
      return (_day, millisOfDay) => hour(millisOfDay);
    case "k":
      return (_day, millisOfDay) => hour(millisOfDay) || 24;
    case "K":
      return (_day, millisOfDay) => hour(millisOfDay) % 12;
    case "h":
      return (_day, millisOfDay) => hour(millisOfDay) % 12 || 12;
    case "m":
      return (_day, millisOfDay) => Math.floor(millisOfDay / 60_000) % 60;
    case "s":
      return (_day, millisOfDay) => Math.floor(millisOfDay / 1000) % 60;
    default:
      return (_day, millisOfDay) => millisOfDay % 1000;
  }
}

/** Years before 1 are counted backwards: the era tells them apart. */
function yearText(year: number, count: number): string {
  const ofEra = year > 0 ? year : 1 - year;
  return count === 2 ? padded(ofEra % 100, 2) : padded(ofEra, count);
}

/** These go on below 1. */
function weekYearText(year: number, count: number): string {
  return count === 2 ? padded(Math.abs(year) % 100, 2) : padded(year, count);
}

function named(names: readonly string[], index: number, count: number): string {
  return count < 4 ? short(names[index]!) : names[index]!;
}

const TWO_DIGITS = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0"));

/** Most fields have two or three digits, which are looked up: this is done for each record. */
function padded(value: number, count: number): string {
  if (value >= 0 && value < 1000) {
    if (count === 2 && value < 100) return TWO_DIGITS[value]!;
    if (count === 3) return String(Math.floor(value / 100)) + TWO_DIGITS[value % 100]!;
  }
  return String(value).padStart(count, "0");
}
