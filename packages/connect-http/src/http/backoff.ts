/**
 * How long to wait before a retry: a random time below one that doubles (full jitter), so
 * that many tasks which failed together do not come back together.
 * @param attempt 0 before the first retry
 * @param random in [0, 1)
 */
export function backoffMs(
  baseMs: number,
  maxMs: number,
  attempt: number,
  random = Math.random(),
): number {
  return Math.floor(random * Math.min(maxMs, baseMs * 2 ** attempt));
}
