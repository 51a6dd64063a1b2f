const LONGEST_MS = 60_000;

/**
 * How long to wait before a retry: a random time, so that many tasks which failed
 * together do not come back together (Java: `RetryUtil.computeRandomRetryWaitTimeInMillis`,
 * which goes on to double up to 24 hours: after an overload of minutes nothing would be
 * written for as long again). Longer than a minute only where the base is.
 * @param attempt 0 before the first retry
 * @param random in [0, 1)
 */
export function backoffMs(baseMs: number, attempt: number, random = Math.random()): number {
  return Math.floor(random * Math.min(Math.max(LONGEST_MS, baseMs), baseMs * 2 ** attempt));
}
