import { legacyShiftDays } from "../calendar.ts";

/**
 * The inverse of `legacyShiftDays`: which day of the database's calendar shows the date that Java's
 * `java.sql` classes show on this day, by the Julian calendar before 1582-10-15.
 * @param day days since the epoch
 */
export function fromLegacyDay(day: number): number {
  // The shift changes by a day every century or so: where it lies is found from nearby.
  let candidate = day - legacyShiftDays(day);
  for (let step = 0; step < 3; step++) {
    const missed = day - (candidate + legacyShiftDays(candidate));
    if (missed === 0) return candidate;
    candidate += missed;
  }
  return candidate;
}
