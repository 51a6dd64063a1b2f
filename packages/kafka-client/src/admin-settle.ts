import { Backoff, sleep } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError } from "./errors.ts";

const MISSING = "UNKNOWN_TOPIC_OR_PARTITION";

/** How one of several things asked for went: errors are data, so that one does not hide the rest. */
export type Outcomes<T> = Map<string, T | KafkaError>;

/**
 * Asks for several things at once, and again for those that failed with an error that may heal,
 * for `apiTimeoutMs`. What an attempt throws counts for everything it was asked for.
 */
export async function settle<T>(
  client: KafkaClient,
  keys: readonly string[],
  attempt: (keys: string[]) => Promise<Outcomes<T>>,
): Promise<Outcomes<T>> {
  const { apiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = client.options;
  const deadline = Date.now() + apiTimeoutMs;
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
  const outcomes: Outcomes<T> = new Map();
  let pending = [...new Set(keys)];
  while (pending.length > 0) {
    const answered = await attempt(pending).catch((error: unknown): Outcomes<T> => {
      if (!isKafkaError(error)) throw error;
      return new Map(pending.map((key) => [key, error]));
    });
    for (const key of pending) outcomes.set(key, answered.get(key) ?? unanswered(key));
    if (Date.now() >= deadline) break;
    pending = pending.filter((key) => {
      const outcome = outcomes.get(key);
      // Java's admin client does not wait for what does not exist, either.
      return isKafkaError(outcome) && outcome.retriable && outcome.code !== MISSING;
    });
    if (pending.length > 0) await sleep(backoff.nextMs());
  }
  return outcomes;
}

function unanswered(key: string): KafkaError {
  return new KafkaError("CORRUPT_RESPONSE", `The broker's answer says nothing about ${key}`);
}

/** The value, or the error thrown: for callers that asked for one thing. */
export function unwrap<T>(outcome: T | KafkaError | undefined, key: string): T {
  if (outcome === undefined) throw unanswered(key);
  if (isKafkaError(outcome)) throw outcome;
  return outcome;
}
