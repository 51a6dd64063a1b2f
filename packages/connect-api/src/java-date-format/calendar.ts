const MS_PER_DAY = 86_400_000;
/** 1582-10-15: Java's calendar is the Gregorian from this day on, and the Julian before. */
const CUTOVER_DAY = -141_427;

/** A day in Java's `GregorianCalendar`. Year 0 is 1 BC. */
export interface CalendarDay {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** From 1. */
  readonly dayOfYear: number;
  /** 0 is Sunday. */
  readonly dayOfWeek: number;
  readonly daysInYear: number;
}

/** @param epochDay days since 1970-01-01 */
export function calendarDay(epochDay: number): CalendarDay {
  const { year, month, day } = epochDay < CUTOVER_DAY ? julian(epochDay) : gregorian(epochDay);
  const newYear = epochDayOf(year, 1, 1);
  return {
    year,
    month,
    day,
    dayOfYear: epochDay - newYear + 1,
    dayOfWeek: modulo(epochDay + 4, 7),
    daysInYear: epochDayOf(year + 1, 1, 1) - newYear,
  };
}

/** Days since 1970-01-01; months and days beyond their range go on into the next ones. */
export function epochDayOf(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const [y, m] = [Math.floor(months / 12), modulo(months, 12)];
  const date = new Date(0);
  date.setUTCFullYear(y, m, 1);
  const epochDay = date.getTime() / MS_PER_DAY + day - 1;
  return epochDay < CUTOVER_DAY ? epochDayOfJulian(y, m + 1, 1) + day - 1 : epochDay;
}

function gregorian(epochDay: number): { year: number; month: number; day: number } {
  const date = new Date(epochDay * MS_PER_DAY);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
  };
}

// Days are counted here in years that begin with March, from 4801 BC on.
const JULIAN_BEGIN = 2_440_588 + 32_082;

function julian(epochDay: number): { year: number; month: number; day: number } {
  const days = epochDay + JULIAN_BEGIN;
  const year = Math.floor((4 * days + 3) / 1461);
  const dayOfYear = days - Math.floor((1461 * year) / 4);
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const isNextYear = month >= 10;
  return {
    year: year - 4800 + (isNextYear ? 1 : 0),
    month: isNextYear ? month - 9 : month + 3,
    day: dayOfYear - Math.floor((153 * month + 2) / 5) + 1,
  };
}

function epochDayOfJulian(year: number, month: number, day: number): number {
  const y = year + 4800 - (month < 3 ? 1 : 0);
  const m = month < 3 ? month + 9 : month - 3;
  const dayOfYear = Math.floor((153 * m + 2) / 5) + day - 1;
  return Math.floor((1461 * y) / 4) + dayOfYear - JULIAN_BEGIN;
}

export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** The week and the year it belongs to, where weeks begin on Sunday and week 1 has January 1. */
export function weekOf(day: CalendarDay): { week: number; weekYear: number } {
  if (day.dayOfYear - 1 + (6 - day.dayOfWeek) >= day.daysInYear) {
    return { week: 1, weekYear: day.year + 1 };
  }
  return { week: weekIn(day.dayOfYear, day.dayOfWeek), weekYear: day.year };
}

/** The week of a period, of which the day is the n-th. */
export function weekIn(nth: number, dayOfWeek: number): number {
  const first = modulo(dayOfWeek - (nth - 1), 7);
  return Math.floor((nth - 1 + first) / 7) + 1;
}
