import { type SinkRecord, type TopicPartition, TopicPartitionMap } from "@millrace/connect-api";
import { PartitionProgress } from "./partition-progress.ts";

/**
 * The partitions this task has, and how far each is. They are told apart by the names
 * they have in Kafka (KIP-793), so transforms may rename topics as they like.
 */
export class Partitions {
  readonly #progress = new TopicPartitionMap<PartitionProgress>();
  /** The one asked for last: records come in runs of one partition. */
  #latest: PartitionProgress | undefined;

  open(partitions: readonly TopicPartition[]): void {
    for (const tp of partitions) {
      this.#progress.set(tp, new PartitionProgress(tp.topic, tp.partition));
    }
    this.#latest = undefined;
  }

  /** What is still under way of these partitions no longer counts. */
  close(partitions: readonly TopicPartition[]): void {
    for (const tp of partitions) {
      const progress = this.#progress.get(tp);
      if (progress !== undefined) progress.closed = true;
      this.#progress.delete(tp);
    }
    this.#latest = undefined;
  }

  of({ originalTopic: topic, originalKafkaPartition: partition }: SinkRecord): PartitionProgress {
    const latest = this.#latest;
    if (latest?.partition === partition && latest.topic === topic) return latest;
    let progress = this.#progress.get({ topic, partition });
    if (progress === undefined) {
      progress = new PartitionProgress(topic, partition);
      this.#progress.set({ topic, partition }, progress);
    }
    this.#latest = progress;
    return progress;
  }

  /** Records taken that are not done. */
  get unfinished(): number {
    let count = 0;
    for (const progress of this.#progress.values()) count += progress.unfinished;
    return count;
  }

  /** Records taken whose offset may not be committed yet. */
  get tracked(): number {
    let count = 0;
    for (const progress of this.#progress.values()) count += progress.tracked;
    return count;
  }

  /**
   * What may be committed (I1).
   * @param taken per partition the offset after the last record given to `put`; where all
   *   records are done it counts, for it includes records that a transform dropped
   */
  committable(taken: TopicPartitionMap<number>): TopicPartitionMap<number> {
    const offsets = new TopicPartitionMap<number>();
    for (const [tp, end] of taken) {
      const progress = this.#progress.get(tp);
      const offset = progress?.unfinished === 0 ? end : progress?.committable;
      if (offset !== undefined) offsets.set(tp, Math.min(offset, end));
    }
    return offsets;
  }
}
