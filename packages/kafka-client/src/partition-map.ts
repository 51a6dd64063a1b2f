import type { TopicPartition } from "./types.ts";

/** A map keyed by topic and partition, without a string built for each look-up. */
export class PartitionMap<T> {
  readonly #topics = new Map<string, Map<number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(topic: string, partition: number): T | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false;
  }

  set(topic: string, partition: number, value: T): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) this.#topics.set(topic, (partitions = new Map()));
    if (!partitions.has(partition)) this.#size++;
    partitions.set(partition, value);
  }

  delete(topic: string, partition: number): boolean {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined || !partitions.delete(partition)) return false;
    this.#size--;
    if (partitions.size === 0) this.#topics.delete(topic);
    return true;
  }

  clear(): void {
    this.#topics.clear();
    this.#size = 0;
  }

  topics(): string[] {
    return [...this.#topics.keys()];
  }

  *values(): Generator<T, void> {
    for (const partitions of this.#topics.values()) yield* partitions.values();
  }

  /** Ordered by when a topic, and then a partition of it, was first set. */
  keys(): TopicPartition[] {
    const keys: TopicPartition[] = [];
    for (const [topic, partitions] of this.#topics)
      for (const partition of partitions.keys()) keys.push({ topic, partition });
    return keys;
  }
}
