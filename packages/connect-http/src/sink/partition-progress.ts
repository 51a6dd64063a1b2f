import { type SinkRecord, type TopicPartition, TopicPartitionMap } from "@millrace/connect-api";

/** Committed slots are given back once there are this many and they are the larger part. */
const COMPACT_FROM = 1024;

/**
 * How far one partition is. Records are done in any order, but only what lies before the
 * first one that is not done may be committed (I1).
 */
export class PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  /** True once the partition was taken away: its records are somebody else's now. */
  closed = false;
  #offsets: number[] = [];
  #done: boolean[] = [];
  /** The ticket of the first slot. */
  #firstTicket = 0;
  /** The first slot that is not done. */
  #head = 0;
  #unfinished = 0;
  #committable: number | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Records taken that are not done. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Records taken that are not done or have one before them that is not. */
  get tracked(): number {
    return this.#offsets.length - this.#head;
  }

  /** The offset after the last record of those done without a gap; undefined when there is none. */
  get committable(): number | undefined {
    return this.#committable;
  }

  /** @returns the record's ticket, to be given to `done` */
  add(offset: number): number {
    this.#unfinished++;
    this.#done.push(false);
    return this.#firstTicket + this.#offsets.push(offset) - 1;
  }

  /** The record is durable, or reported as impossible to write. */
  done(ticket: number): void {
    this.#done[ticket - this.#firstTicket] = true;
    this.#unfinished--;
    while (this.#done[this.#head] === true) {
      this.#committable = (this.#offsets[this.#head] as number) + 1; // both have the same length
      this.#head++;
    }
    if (this.#head > COMPACT_FROM && this.#head * 2 > this.#offsets.length) this.#compact();
  }

  #compact(): void {
    this.#offsets = this.#offsets.slice(this.#head);
    this.#done = this.#done.slice(this.#head);
    this.#firstTicket += this.#head;
    this.#head = 0;
  }
}

/**
 * The partitions this task has. They are told apart by the names they have in Kafka
 * (KIP-793), so transforms may rename topics as they like.
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
