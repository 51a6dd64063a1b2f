import type { KafkaClient } from "./client.ts";
import { isRetriable } from "./errors.ts";

export interface TopicSelection {
  /** Names, or a pattern that a topic's whole name must match (Java: Pattern.matches). */
  topics: readonly string[] | RegExp;
  /** Lets brokers create named topics that are missing. Java: allow.auto.create.topics. */
  allowAutoTopicCreation: boolean;
  /** A pattern does not match the brokers' own topics. Java: exclude.internal.topics. */
  excludeInternalTopics: boolean;
}

/** Which topics a group member wants, and how many partitions they have; kept up to date. */
export class GroupTopics {
  readonly #client: KafkaClient;
  readonly #selection: TopicSelection;
  readonly #onRefreshed: () => void;
  readonly #pattern: RegExp | undefined;
  #subscribed: string[];
  /** Topics of the other members, which only the leader looks after. */
  #others: readonly string[] = [];
  /** Named topics that do not exist, and how often each was looked for in a row. */
  #missing: ReadonlyMap<string, number> = new Map();
  /** `load` has succeeded. */
  loaded = false;
  #loadedAt = -Infinity;
  #loading: Promise<void> | undefined;
  #failure: unknown;

  /** @param onRefreshed told when `refreshIfDue` is through with a look, whatever it has found */
  constructor(client: KafkaClient, selection: TopicSelection, onRefreshed: () => void) {
    this.#client = client;
    this.#selection = selection;
    this.#onRefreshed = onRefreshed;
    const { topics } = selection;
    if (topics instanceof RegExp) {
      this.#pattern = new RegExp(`^(?:${topics.source})$`, topics.flags.replace(/[gy]/g, ""));
      this.#subscribed = [];
    } else {
      this.#subscribed = [...new Set(topics)].sort((a, b) => (a < b ? -1 : 1));
    }
  }

  /** Sorted. A new array when something changed. */
  get subscribed(): readonly string[] {
    return this.#subscribed;
  }

  /** Milliseconds until `refreshIfDue` has something to do. */
  get dueInMs(): number {
    if (this.#loading !== undefined) return Infinity;
    const { metadataMaxAgeMs, retryBackoffMaxMs } = this.#client.options;
    // A missing topic may be created any moment: Java too asks again at once (Metadata.requestUpdate).
    const soon = this.#failure !== undefined || this.#missing.size > 0;
    const ageMs = soon ? Math.min(metadataMaxAgeMs, retryBackoffMaxMs) : metadataMaxAgeMs;
    return Math.max(0, this.#loadedAt + ageMs - performance.now());
  }

  /** Before the first join. @throws KafkaError for a topic that cannot be looked at */
  async load(): Promise<void> {
    if (!this.loaded) await this.#load();
    this.#throwFailure();
  }

  /**
   * Starts to look again when metadata.max.age.ms have passed; what is found shows later. What goes
   * wrong is tried again, unless no repetition heals it: then the next call throws it.
   */
  refreshIfDue(): void {
    this.#throwFailure();
    if (this.dueInMs > 0) return;
    this.#loading = this.#refresh();
  }

  /** For the leader: fresh counts of all topics that any member wants; missing ones are absent. */
  async countsOf(topics: readonly string[]): Promise<Map<string, number>> {
    this.#others = topics;
    await this.#client.refreshMetadata(topics);
    return this.counts();
  }

  /** As {@link countsOf}, as far as is known now. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const topic of this.#others) {
      const count = this.#client.partitionCount(topic);
      if (count !== undefined) counts.set(topic, count);
    }
    return counts;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#load();
    } catch (error) {
      this.#failure = error;
    }
    this.#loading = undefined;
    this.#onRefreshed();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined || isRetriable(failure)) return;
    this.#failure = undefined;
    throw failure;
  }

  async #load(): Promise<void> {
    // Whether it succeeds or not, the next time comes after a while.
    this.#loadedAt = performance.now();
    if (this.#pattern !== undefined) {
      const all = await this.#client.allTopics();
      this.#accept([...all.values()].filter((topic) => this.#matches(topic)).map((t) => t.topic));
    } else {
      const { allowAutoTopicCreation } = this.#selection;
      const options = { allowAutoTopicCreation, timeoutMs: 0 };
      const found = await this.#client.metadata([...this.#subscribed], options);
      this.#noteMissing(this.#subscribed.filter((topic) => !found.has(topic)));
    }
    if (this.#others.length > 0) await this.#client.refreshMetadata(this.#others);
    this.#failure = undefined;
    this.loaded = true;
  }

  /** Says so the second time: at first a topic may just be on its way. */
  #noteMissing(topics: readonly string[]): void {
    this.#missing = new Map(topics.map((topic) => [topic, (this.#missing.get(topic) ?? 0) + 1]));
    const late = topics.filter((topic) => this.#missing.get(topic) === 2);
    if (late.length === 0) return;
    this.#client.options.log(
      "warn",
      `Waiting for topics that do not exist: ${late.join(", ")}. Create them, or correct their names`,
    );
  }

  #matches({ topic, internal }: { topic: string; internal: boolean }): boolean {
    return !(internal && this.#selection.excludeInternalTopics) && this.#pattern!.test(topic);
  }

  #accept(topics: string[]): void {
    const sorted = topics.sort((a, b) => (a < b ? -1 : 1));
    const same =
      sorted.length === this.#subscribed.length &&
      sorted.every((topic, i) => topic === this.#subscribed[i]);
    if (!same) this.#subscribed = sorted;
  }
}
