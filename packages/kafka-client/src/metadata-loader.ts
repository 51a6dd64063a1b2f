import { Backoff, abortable, sleep } from "./backoff.ts";
import { KafkaError, isRetriable } from "./errors.ts";
import type { MetadataAnswer, MetadataCache } from "./metadata.ts";
import type { TopicMetadata } from "./types.ts";

export interface MetadataOptions {
  /** Lets the broker create missing topics (where it has auto.create.topics.enable). Default false. */
  allowAutoTopicCreation?: boolean;
  /** How long to wait for a topic that is being created, and for brokers. Default 60 000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** One Metadata request to any broker; null asks for all topics, [] for the brokers only. */
export type SendMetadata = (
  topics: string[] | null,
  allowAutoTopicCreation: boolean,
) => Promise<MetadataAnswer>;

interface Round {
  readonly topics: Set<string>;
  create: boolean;
  readonly done: Promise<Map<string, string>>;
}

/**
 * Fills the cache. Requests that come while one is on its way are joined into the next, so that a
 * hundred partitions that lost their leader ask once.
 */
export class MetadataLoader {
  readonly #cache: MetadataCache;
  readonly #send: SendMetadata;
  readonly #retryBackoffMs: number;
  readonly #retryBackoffMaxMs: number;
  #running: Promise<unknown> = Promise.resolve();
  #next: Round | undefined;

  constructor(
    cache: MetadataCache,
    send: SendMetadata,
    backoff: { retryBackoffMs: number; retryBackoffMaxMs: number },
  ) {
    this.#cache = cache;
    this.#send = send;
    this.#retryBackoffMs = backoff.retryBackoffMs;
    this.#retryBackoffMaxMs = backoff.retryBackoffMaxMs;
  }

  /** One request; rejects with whatever went wrong on the way. Resolves with topics in error. */
  refresh(topics: Iterable<string>, allowAutoTopicCreation = false): Promise<Map<string, string>> {
    let round = this.#next;
    if (round === undefined) {
      const joined = new Set<string>();
      const done = this.#running.then(() => this.#run());
      this.#next = round = { topics: joined, create: false, done };
      this.#running = done.catch(() => {}); // the callers of this round get the error
    }
    for (const topic of topics) round.topics.add(topic);
    round.create ||= allowAutoTopicCreation;
    return round.done;
  }

  async #run(): Promise<Map<string, string>> {
    const round = this.#next;
    this.#next = undefined;
    const answer = await this.#send([...(round?.topics ?? [])], round?.create ?? false);
    return this.#cache.update(answer);
  }

  /** Every topic of the cluster. */
  async loadAll(): Promise<Map<string, TopicMetadata>> {
    const answer = await this.#send(null, false);
    this.#cache.update(answer);
    return this.#collect(answer.topics.flatMap(({ name }) => (name == null ? [] : [name])));
  }

  /** Waits for leaders; topics that do not exist are absent from the result. */
  async load(topics: string[], options: MetadataOptions): Promise<Map<string, TopicMetadata>> {
    const { allowAutoTopicCreation = false, timeoutMs = 60_000, signal } = options;
    const deadline = Date.now() + timeoutMs;
    const backoff = new Backoff(this.#retryBackoffMs, this.#retryBackoffMaxMs);
    for (;;) {
      try {
        const failed = await abortable(this.refresh(topics, allowAutoTopicCreation), signal);
        const settled = topics.every((topic) =>
          this.#isSettled(topic, failed.get(topic), allowAutoTopicCreation),
        );
        if (settled || Date.now() >= deadline) return this.#collect(topics);
      } catch (error) {
        if (!isRetriable(error) || Date.now() >= deadline) throw error;
      }
      await sleep(backoff.nextMs(), signal);
    }
  }

  /** @throws KafkaError for a topic that will not become usable by waiting */
  #isSettled(topic: string, error: string | undefined, create: boolean): boolean {
    if (error === undefined)
      return this.#cache.topic(topic)?.partitions.every(({ leader }) => leader >= 0) ?? true;
    // A broker that is just creating the topic still answers that it does not know it.
    if (error === "UNKNOWN_TOPIC_OR_PARTITION") return !create;
    if (error === "LEADER_NOT_AVAILABLE") return false;
    throw topicError(error, topic);
  }

  #collect(topics: string[]): Map<string, TopicMetadata> {
    const found = new Map<string, TopicMetadata>();
    for (const name of topics) {
      const topic = this.#cache.topic(name);
      if (topic !== undefined) found.set(name, topic);
    }
    return found;
  }
}

function topicError(code: string, topic: string): KafkaError {
  const remedy =
    code === "TOPIC_AUTHORIZATION_FAILED"
      ? "give the client's principal DESCRIBE on it"
      : code === "INVALID_TOPIC_EXCEPTION"
        ? "names are 1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'"
        : "see the broker's log";
  return new KafkaError(code, `Could not load metadata of topic ${topic}: ${code}; ${remedy}`, {
    topic,
  });
}
