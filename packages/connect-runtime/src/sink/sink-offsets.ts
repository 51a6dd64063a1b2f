import {
  type Logger,
  type SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { GroupConsumer } from "@millrace/kafka-client";

/**
 * How far a sink task is. Three marks per partition: *taken*, after the last record that
 * `put` accepted; *committed*, what the group has stored; and in between what `preCommit`
 * allows. Nothing is committed that the plugin has not declared durable (I1).
 */
export class SinkOffsets {
  readonly #taken = new TopicPartitionMap<number>();
  readonly #committed = new TopicPartitionMap<number>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A partition was assigned, to be read from there. */
  begin(tp: TopicPartition, offset: number): void {
    this.#taken.set(tp, offset);
    this.#committed.set(tp, offset);
  }

  /** A partition was taken away. */
  forget(tp: TopicPartition): void {
    this.#taken.delete(tp);
    this.#committed.delete(tp);
  }

  /** `put` accepted everything before these offsets. */
  take(offsets: TopicPartitionMap<number>): void {
    for (const [tp, offset] of offsets) this.#taken.set(tp, offset);
  }

  /**
   * Asks the task what is durable and commits it.
   * @param partitions those to commit for
   * @param signal ends the waiting for a coordinator that is away
   * @throws what the broker refuses the commit with
   */
  async commit(
    task: SinkTask,
    consumer: GroupConsumer,
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<void> {
    const taken = new TopicPartitionMap<number>();
    for (const tp of partitions) {
      const offset = this.#taken.get(tp);
      if (offset !== undefined) taken.set(tp, offset);
    }
    if (taken.size === 0) return;
    const allowed = await this.#preCommit(task, consumer, taken);
    const offsets = [...allowed].filter(([tp, offset]) => this.#mayCommit(tp, offset));
    if (offsets.length === 0) return;
    await consumer.commit(
      offsets.map(([tp, offset]) => ({ ...tp, offset })),
      signal,
    );
    for (const [tp, offset] of offsets) this.#committed.set(tp, offset);
  }

  /** Goes back to a place the task or an operator names. */
  rewind(consumer: GroupConsumer, tp: TopicPartition, offset: number): void {
    consumer.seek(tp, offset);
    this.begin(tp, offset);
  }

  /** What the task allows; when it throws, everything since the last commit is read again (as in Java). */
  async #preCommit(
    task: SinkTask,
    consumer: GroupConsumer,
    taken: TopicPartitionMap<number>,
  ): Promise<TopicPartitionMap<number>> {
    try {
      return await task.preCommit(new TopicPartitionMap(taken));
    } catch (error) {
      this.#logger.error("preCommit failed: reading again from the last committed offsets", {
        error,
      });
      for (const tp of taken.keys()) {
        const committed = this.#committed.get(tp);
        if (committed !== undefined) this.rewind(consumer, tp, committed);
      }
      return new TopicPartitionMap();
    }
  }

  #mayCommit(tp: TopicPartition, offset: number): boolean {
    const taken = this.#taken.get(tp);
    if (taken === undefined || offset > taken) {
      this.#logger.warn(
        `The task wants offset ${offset} of ${tp.topic}-${tp.partition} committed, which ${
          taken === undefined ? "is not assigned to it" : `is beyond what it was given (${taken})`
        }; ignored`,
      );
      return false;
    }
    return this.#committed.get(tp) !== offset;
  }
}
