import { ConnectError, type Logger } from "@millrace/connect-api";
import type { KafkaClient, ProducerOptions } from "@millrace/kafka-client";
import { CompactedLog, describe, type LogRecord, type LogWrite } from "./compacted-log.ts";
import { type InternalTopic, named } from "./internal-topics.ts";
import type { OffsetStore } from "./offset-store.ts";
import { PartitionKeys } from "./partition-keys.ts";

const CLOSE_MS = 1_000;

export interface KafkaOffsetStoreOptions {
  /** Shared with the rest of the worker; the store does not close it. */
  readonly client: KafkaClient;
  readonly topic: InternalTopic;
  readonly logger: Logger;
  readonly producer?: ProducerOptions;
}

/**
 * Source offsets of a distributed worker, in the offsets topic (Java: `KafkaOffsetBackingStore`).
 * Keys and values are written byte by byte as given, and a partition that is in the topic keeps the
 * key it has there ({@link PartitionKeys}).
 *
 * What the store knows is what it has read from the topic, so a write that fails, or whose caller
 * no longer waits, leaves nothing behind that the topic does not hold.
 */
export class KafkaOffsetStore implements OffsetStore {
  readonly #options: KafkaOffsetStoreOptions;
  readonly #log: CompactedLog;
  readonly #offsets = new PartitionKeys();

  constructor(options: KafkaOffsetStoreOptions) {
    const { client, topic, logger, producer } = options;
    this.#options = options;
    this.#log = new CompactedLog({
      client,
      topic,
      logger,
      onRecord: (record) => this.#apply(record),
      // Exactly-once sources write in transactions (I3).
      isolation: "read_committed",
      producer,
    });
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.#log.start(signal);
    this.#offsets.goLive();
  }

  stop(): Promise<void> {
    return this.#log.close(CLOSE_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Reads the topic to its end first: a task that was moved here must begin where its predecessor
   * committed last. Who asks at the same time shares one look at the brokers. An open transaction of
   * any task is waited for: offsets committed behind its beginning cannot be read yet. (Java would not
   * see them, and repeat records.)
   * @throws {ConnectError} when the topic can't be read
   */
  async get(keys: readonly string[]): Promise<(string | null)[]> {
    await this.#log.refreshPastOpenTransactions();
    return keys.map((key) => this.#offsets.value(key) ?? null);
  }

  /** What to write each key as, so that the topic has one key for a source partition. */
  async keysThere(keys: readonly string[]): Promise<string[]> {
    await this.#log.refresh();
    return keys.map((key) => this.#offsets.key(key) ?? key);
  }

  /** @throws {ConnectError} when one was not written; others may have been */
  async set(entries: ReadonlyMap<string, string | null>): Promise<void> {
    await this.#log.ready();
    const writes: LogWrite[] = [];
    for (const [key, value] of entries) {
      const keysThere = value === null ? this.#offsets.keys(key) : [this.#offsets.key(key) ?? key];
      for (const there of keysThere)
        writes.push({
          key: Buffer.from(there),
          value: value === null ? null : Buffer.from(value),
        });
      if (keysThere.length === 0) writes.push({ key: Buffer.from(key), value: null });
    }
    const { error } = await this.#log.append(writes).delivered;
    if (error === undefined) return;
    throw new ConnectError(
      `Could not write source offsets to ${named(this.#options.topic)}: ${error.message}`,
      { cause: error },
    );
  }

  async entries(connector: string): Promise<Map<string, string>> {
    await this.#log.refreshPastOpenTransactions();
    return this.#offsets.entries(connector);
  }

  #apply(record: LogRecord): void {
    const problem =
      record.key === null
        ? "it has no key"
        : this.#offsets.apply(record.key, record.value, record.timestamp);
    if (problem !== undefined)
      this.#options.logger.warn(
        `Skipping a source offset (${describe(this.#log.topic, record)}): ${problem}. It stays in the topic as it is`,
      );
  }
}
