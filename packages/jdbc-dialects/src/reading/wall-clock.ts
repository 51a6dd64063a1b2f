const NANOS_PER_MS = 1_000_000n;

/** The whole milliseconds before a time in nanoseconds. */
export function floorToMs(nanos: bigint): number {
  return Number(nanos >= 0n ? nanos / NANOS_PER_MS : (nanos - NANOS_PER_MS + 1n) / NANOS_PER_MS);
}

/**
 * `yyyy-MM-ddTHH:mm:ss.ssssss` of a wall clock that is written as if it were UTC.
 * @param digits of the fraction of the second, 3 to 9; those beyond are cut off
 */
export function isoWallClock(nanos: bigint, digits: number): string {
  const ms = floorToMs(nanos);
  const below = (nanos - BigInt(ms) * NANOS_PER_MS).toString().padStart(6, "0");
  return new Date(ms).toISOString().slice(0, -1) + below.slice(0, digits - 3);
}
