/** A server that asks for more patience than this is asked again all the same. */
const LONGEST_MS = 3_600_000;

/**
 * How long the server asks to be left alone, in milliseconds (RFC 9110 §10.2.3: seconds or
 * an HTTP date), an hour at most; undefined when it does not say.
 */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}
