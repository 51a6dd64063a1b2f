import { ConnectError, type SourceOffset } from "@millrace/connect-api";
import { type KafkaClient, partitionOfKey, type ProduceGroup } from "@millrace/kafka-client";
import { offsetKey, offsetValue } from "./offset-json.ts";
import type { PartitionOffsets } from "./partition-offsets.ts";

export interface TransactionalOffsetsOptions {
  readonly connector: string;
  /** The offsets topic. */
  readonly topic: string;
  /** That of the task's producer. */
  readonly client: Pick<KafkaClient, "partitionCount" | "metadata">;
  /** The keys that stand in the topic for these. */
  readonly keysThere: (keys: readonly string[]) => Promise<string[]>;
  /** Where the topic is the connector's own: copies what is committed to the worker's. Never rejects. */
  readonly copy: ((entries: ReadonlyMap<string, string>) => Promise<void>) | undefined;
}

/**
 * Offsets as records of the task's own producer, so that they are in the transaction of the records
 * that they belong to (I3). Keys, values and partitions are those that the offset store would write.
 */
export class TransactionalOffsets {
  readonly #options: TransactionalOffsetsOptions;
  /** As they are to be written, by the keys that this worker would make. */
  readonly #keys = new Map<string, Buffer>();
  /** Of the transaction that is open. */
  #appended = new Map<string, string>();

  constructor(options: TransactionalOffsetsOptions) {
    this.#options = options;
  }

  /**
   * @throws {DataError} when an offset is not made of primitives
   * @throws {KafkaError} when the topic can't be looked up
   */
  async append(group: ProduceGroup, offsets: PartitionOffsets): Promise<void> {
    const { connector, topic, copy } = this.#options;
    // Equal partitions may come as different objects: the later offset counts.
    const latest = new Map<string, SourceOffset>();
    for (const [partition, offset] of offsets) latest.set(offsetKey(connector, partition), offset);
    await this.#learnKeys([...latest.keys()]);
    const partitions = await this.#partitions();
    for (const [key, offset] of latest) {
      const there = this.#keys.get(key)!;
      const value = offsetValue(offset);
      group.append(topic, partitionOfKey(there, partitions), -1, there, Buffer.from(value));
      if (copy !== undefined) this.#appended.set(key, value);
    }
  }

  /** What was appended is committed. */
  committed(): void {
    if (this.#appended.size === 0) return;
    void this.#options.copy?.(this.#appended);
    this.#appended = new Map();
  }

  async #learnKeys(keys: readonly string[]): Promise<void> {
    const unknown = keys.filter((key) => !this.#keys.has(key));
    if (unknown.length === 0) return;
    const there = await this.#options.keysThere(unknown);
    for (const [i, key] of unknown.entries()) this.#keys.set(key, Buffer.from(there[i] ?? key));
  }

  async #partitions(): Promise<number> {
    const { client, topic } = this.#options;
    const known = client.partitionCount(topic);
    if (known !== undefined) return known;
    const found = await client.metadata([topic]);
    const count = found.get(topic)?.partitions.length ?? 0;
    if (count > 0) return count;
    throw new ConnectError(
      `The offsets topic ${topic} does not exist where the task writes its records: with exactly-once delivery both must be in one Kafka cluster`,
    );
  }
}
