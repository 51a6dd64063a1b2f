const MS_PER_DAY = 86_400_000;
/** 1582-10-15, the first day of the Gregorian calendar, in days since the epoch. */
const FIRST_GREGORIAN_DAY = -141_427;
/** Julian day number of 1970-01-01. */
const EPOCH_JULIAN_DAY = 2_440_588;

/**
 * `date.calendar.system`: databases write old dates in the Gregorian calendar, extended
 * backwards; Java's `java.sql` classes take what stands there before 1582-10-15 for a
 * date of the Julian calendar. LEGACY does as they do, so that consumers that print
 * dates with those classes see what stands in the table.
 */
export type CalendarSystem = "LEGACY" | "PROLEPTIC_GREGORIAN";

/**
 * How many days later a day is in the legacy reading: it is the day on which the Julian
 * calendar shows the date that the Gregorian one shows on the given day.
 * @param day days since the epoch
 */
export function legacyShiftDays(day: number): number {
  if (day >= FIRST_GREGORIAN_DAY) return 0;
  const date = new Date(day * MS_PER_DAY);
  // Years that begin in March, counted from 4801 BC, put the leap day last.
  const late = date.getUTCMonth() < 2 ? 1 : 0;
  const year = date.getUTCFullYear() + 4800 - late;
  const month = date.getUTCMonth() - 2 + 12 * late;
  const julianDay =
    date.getUTCDate() +
    Math.floor((153 * month + 2) / 5) +
    365 * year +
    Math.floor(year / 4) -
    32_083;
  return julianDay - EPOCH_JULIAN_DAY - day;
}
