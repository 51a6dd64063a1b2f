import type { Logger } from "@millrace/connect-api";
import { canonicalKey } from "./canonical-key.ts";
import type { OffsetStore } from "./offset-store.ts";

/** A store of a topic, as far as it matters which topic that is. */
export interface TopicOffsetStore extends OffsetStore {
  /** What to write each key as, so that the topic has one key for a source partition. */
  keysThere(keys: readonly string[]): Promise<string[]>;
}

export interface ConnectorOffsetStoresOptions {
  /** Of `offset.storage.topic`. */
  readonly worker: TopicOffsetStore;
  /** `offsets.storage.topic` of a connector; undefined where it has none besides the worker's. */
  readonly topicOf: (connector: string) => string | undefined;
  /** A store that is not started. */
  readonly open: (topic: string) => TopicOffsetStore;
  readonly logger: Logger;
}

/**
 * The offsets of all connectors (Java: `ConnectorOffsetBackingStore`). A connector may have a topic of its
 * own: what stands there counts, and the worker's topic has the rest, and a copy of what is written. So
 * a connector can be given a topic later, or lose it.
 */
export class ConnectorOffsetStores implements TopicOffsetStore {
  readonly #options: ConnectorOffsetStoresOptions;
  /** By topic. They stay open: other connectors may have the same topic, and it costs little. */
  readonly #own = new Map<string, Promise<TopicOffsetStore>>();

  constructor(options: ConnectorOffsetStoresOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#options.worker.start();
  }

  async stop(): Promise<void> {
    const own = await Promise.allSettled(this.#own.values());
    const opened = own.filter((one) => one.status === "fulfilled").map(({ value }) => value);
    await Promise.all([this.#options.worker, ...opened].map((store) => store.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** @param keys of one connector. @throws {ConnectError} when a topic can't be read */
  async get(keys: readonly string[]): Promise<(string | null)[]> {
    const { worker } = this.#options;
    const own = await this.#ofKeys(keys);
    if (own === undefined) return worker.get(keys);
    const [first, second] = await Promise.all([own.get(keys), worker.get(keys)]);
    return keys.map((_, i) => first[i] ?? second[i] ?? null);
  }

  /**
   * @param entries of one connector
   * @throws {ConnectError} when they are not written where they count
   */
  async set(entries: ReadonlyMap<string, string | null>): Promise<void> {
    const { worker } = this.#options;
    const own = await this.#ofKeys([...entries.keys()]);
    if (own === undefined) return worker.set(entries);
    const tombstones = new Map([...entries].filter(([, value]) => value === null));
    // The copy first: what it still had would count as soon as the other is gone.
    if (tombstones.size > 0) await worker.set(tombstones);
    await own.set(entries);
    await this.copy(new Map([...entries].filter(([, value]) => value !== null)));
  }

  /** Into the worker's topic, of what a connector's own has. Never rejects: what counts is written. */
  async copy(entries: ReadonlyMap<string, string | null>): Promise<void> {
    if (entries.size === 0) return;
    try {
      await this.#options.worker.set(entries);
    } catch (error) {
      this.#options.logger.warn(
        "Offsets are in their connector's own topic (offsets.storage.topic), but could not be copied to the worker's",
        { error },
      );
    }
  }

  async entries(connector: string): Promise<Map<string, string>> {
    const { worker } = this.#options;
    const own = await this.#of(connector);
    if (own === undefined) return worker.entries(connector);
    const [first, second] = await Promise.all([own.entries(connector), worker.entries(connector)]);
    const known = new Set(Array.from(first.keys(), canonicalKey));
    const rest = [...second].filter(([key]) => !known.has(canonicalKey(key)));
    return new Map([...first, ...rest]);
  }

  async keysThere(keys: readonly string[]): Promise<string[]> {
    return ((await this.#ofKeys(keys)) ?? this.#options.worker).keysThere(keys);
  }

  async #ofKeys([key]: readonly string[]): Promise<TopicOffsetStore | undefined> {
    if (key === undefined) return undefined;
    const [connector] = JSON.parse(key) as [string];
    return this.#of(connector);
  }

  async #of(connector: string): Promise<TopicOffsetStore | undefined> {
    const topic = this.#options.topicOf(connector);
    if (topic === undefined) return undefined;
    let opening = this.#own.get(topic);
    if (opening === undefined) {
      opening = this.#open(topic);
      this.#own.set(topic, opening);
      // Who asks next tries again; who has asked is told.
      opening.catch(() => this.#own.delete(topic));
    }
    return opening;
  }

  async #open(topic: string): Promise<TopicOffsetStore> {
    const store = this.#options.open(topic);
    try {
      await store.start();
      return store;
    } catch (error) {
      await store.stop();
      throw error;
    }
  }
}
