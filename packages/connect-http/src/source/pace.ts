import type { HttpAnswer } from "../http/client.ts";
import { retryAfterMs } from "../http/retry-after.ts";

const LONGEST_MS = 3_600_000;
/** Larger numbers of `X-RateLimit-Reset` are moments, smaller ones seconds from now. */
const EARLIEST_EPOCH_S = 1_000_000_000;

/** When the next request may be made: requests.per.second, and what the server asks for. */
export class Pace {
  readonly #gapMs: number;
  #notBefore = 0;

  /** @param requestsPerSecond 0 for no limit */
  constructor(requestsPerSecond: number) {
    this.#gapMs = requestsPerSecond > 0 ? 1000 / requestsPerSecond : 0;
  }

  /** The moment from which on a request may be made, as `Date.now()`. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** A request begins. */
  requested(nowMs = Date.now()): void {
    this.#notBefore = Math.max(this.#notBefore, nowMs + this.#gapMs);
  }

  /** Heeds Retry-After, and the rate-limit headers once nothing is left. */
  answered({ headers }: Pick<HttpAnswer, "headers">, nowMs = Date.now()): void {
    const waitMs = retryAfterMs(headers["retry-after"], nowMs) ?? resetMs(headers, nowMs);
    if (waitMs !== undefined) this.#notBefore = Math.max(this.#notBefore, nowMs + waitMs);
  }
}

function resetMs(headers: HttpAnswer["headers"], nowMs: number): number | undefined {
  const left = headers["x-ratelimit-remaining"] ?? headers["ratelimit-remaining"];
  const reset = headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"];
  if (left?.trim() !== "0" || reset === undefined || !/^\d+(\.\d+)?$/.test(reset.trim())) {
    return undefined;
  }
  const seconds = Number(reset);
  const ms = seconds >= EARLIEST_EPOCH_S ? seconds * 1000 - nowMs : seconds * 1000;
  return Math.min(Math.max(ms, 0), LONGEST_MS);
}
