/** A partition of a Kafka topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A map from topic-partitions, which are compared by content (Java: `Map<TopicPartition, V>`). */
export class TopicPartitionMap<V> implements Iterable<[TopicPartition, V]> {
  readonly #byTopic = new Map<string, Map<number, V>>();

  constructor(entries: Iterable<readonly [TopicPartition, V]> = []) {
    for (const [tp, value] of entries) this.set(tp, value);
  }

  get size(): number {
    let size = 0;
    for (const partitions of this.#byTopic.values()) size += partitions.size;
    return size;
  }

  get({ topic, partition }: TopicPartition): V | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#byTopic.get(topic)?.has(partition) ?? false;
  }

  set({ topic, partition }: TopicPartition, value: V): this {
    let partitions = this.#byTopic.get(topic);
    if (partitions === undefined) this.#byTopic.set(topic, (partitions = new Map()));
    partitions.set(partition, value);
    return this;
  }

  delete({ topic, partition }: TopicPartition): boolean {
    const partitions = this.#byTopic.get(topic);
    const deleted = partitions?.delete(partition) ?? false;
    if (partitions?.size === 0) this.#byTopic.delete(topic);
    return deleted;
  }

  clear(): void {
    this.#byTopic.clear();
  }

  *keys(): Generator<TopicPartition> {
    for (const [tp] of this) yield tp;
  }

  *values(): Generator<V> {
    for (const [, value] of this) yield value;
  }

  *[Symbol.iterator](): Generator<[TopicPartition, V]> {
    for (const [topic, partitions] of this.#byTopic) {
      for (const [partition, value] of partitions) yield [{ topic, partition }, value];
    }
  }
}
