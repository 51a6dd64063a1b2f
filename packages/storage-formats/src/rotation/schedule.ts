import type { TimeZone } from "../partitioner/time-zone.ts";

const DAY_MS = 86_400_000;

/**
 * The next moment of a schedule that starts anew at each local midnight: at its multiples
 * of the interval, the last one cut short by the next midnight (Java: `DateTimeUtils`).
 */
export function nextRotation(nowMs: number, intervalMs: number, zone: TimeZone): number {
  const local = zone.toLocal(nowMs);
  const midnight = Math.floor(local / DAY_MS) * DAY_MS;
  const done = Math.floor((local - midnight) / intervalMs);
  const next = Math.min(midnight + (done + 1) * intervalMs, midnight + DAY_MS);
  // Where the clocks are put back, a local time that is ahead may be a moment that has gone by.
  return Math.max(zone.toUtc(next), nowMs + 1);
}
