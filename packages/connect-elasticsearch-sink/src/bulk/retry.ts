import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "./backoff.ts";
import type { Config } from "../config/config.ts";
import { RequestError } from "../client/request-error.ts";

/**
 * Makes a request until it succeeds, fails for good, or max.retries is used up.
 * @throws {RequestError} of the last attempt; the signal's reason when it is aborted
 */
export async function withRetries<T>(
  config: Config,
  signal: AbortSignal,
  request: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RequestError) || !error.transient) throw error;
      if (attempt === config["max.retries"]) throw exhausted(error, config);
    }
    await sleep(backoffMs(config["retry.backoff.ms"], attempt), undefined, { signal });
  }
}

/** The error of a last attempt, saying that it was the last. */
export function exhausted(error: RequestError, config: Config): RequestError {
  return new RequestError(`${error.message}; ${attemptsText(config)}`, {
    status: error.status,
    type: error.type,
    transient: false,
    cause: error.cause,
  });
}

export function attemptsText(config: Config): string {
  const retries = config["max.retries"];
  return `given up after ${retries + 1} attempts (max.retries=${retries}, retry.backoff.ms=${config["retry.backoff.ms"]})`;
}
