const LONGEST_MS = 24 * 3_600_000;

/**
 * How long to wait before a retry: a random time, so that many tasks which failed
 * together do not come back together (Java: `RetryUtil.computeRandomRetryWaitTimeInMillis`).
 * @param attempt 0 before the first retry
 * @param random in [0, 1)
 */
export function backoffMs(baseMs: number, attempt: number, random = Math.random()): number {
  return Math.floor(random * Math.min(LONGEST_MS, baseMs * 2 ** attempt));
}
