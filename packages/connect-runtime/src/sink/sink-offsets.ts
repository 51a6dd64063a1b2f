import {
  ConnectError,
  type Logger,
  type SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { GroupConsumer } from "@millrace/kafka-client";

/**
 * How far a sink task is. Three marks per partition: *taken*, after the last record that
 * `put` accepted; *committed*, what the group has stored; and in between what `preCommit`
 * allows. Nothing is committed that the plugin has not declared durable, or that failed
 * and is not durable as a dead letter (I1).
 */
export class SinkOffsets {
  readonly #taken = new TopicPartitionMap<number>();
  readonly #committed = new TopicPartitionMap<number>();
  #rewound: TopicPartition[] = [];
  readonly #logger: Logger;
  readonly #reported: (signal: AbortSignal) => Promise<void>;

  /**
   * @param reported resolves when every record that failed is durable elsewhere; rejects
   *   when it is not and nothing may be committed
   */
  constructor(logger: Logger, reported: (signal: AbortSignal) => Promise<void> = async () => {}) {
    this.#logger = logger;
    this.#reported = reported;
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
   * @param timeoutMs how long it is waited for at most: one that confirms later has not done it for us,
   *   and the next commit says it again
   * @returns false when there was nothing to commit
   * @throws {ConnectError} when preCommit throws, or the coordinator does not answer in time
   * @throws {KafkaError} when the broker refuses the commit
   */
  async commit(
    task: SinkTask,
    consumer: GroupConsumer,
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<boolean> {
    const taken = new TopicPartitionMap<number>();
    for (const tp of partitions) {
      const offset = this.#taken.get(tp);
      if (offset !== undefined) taken.set(tp, offset);
    }
    if (taken.size === 0) return false;
    const allowed = await this.#preCommit(task, consumer, taken);
    const offsets = [...allowed].filter(([tp, offset]) => this.#mayCommit(tp, offset));
    if (offsets.length === 0) return false;
    // Also what the task reported just now, in preCommit.
    await this.#reported(signal);
    const wanted = offsets.map(([tp, offset]) => ({ ...tp, offset }));
    if (timeoutMs === undefined) await consumer.commit(wanted, signal);
    else await inTime((patience) => consumer.commit(wanted, patience), signal, timeoutMs);
    for (const [tp, offset] of offsets) this.#committed.set(tp, offset);
    return true;
  }

  /** How many records of a partition were polled and are not committed. */
  uncommitted(tp: TopicPartition, position: number): number {
    return position - (this.#committed.get(tp) ?? position);
  }

  /**
   * Goes to the places that the task names.
   * @throws {KafkaError} for a partition that is not assigned
   */
  rewindAll(consumer: GroupConsumer, places: TopicPartitionMap<number>): void {
    for (const [tp, offset] of places) this.#rewind(consumer, tp, offset);
  }

  /** Partitions that are read from another place since this was asked last. */
  takeRewound(): readonly TopicPartition[] {
    const rewound = this.#rewound;
    if (rewound.length > 0) this.#rewound = [];
    return rewound;
  }

  #rewind(consumer: GroupConsumer, tp: TopicPartition, offset: number): void {
    consumer.seek(tp, offset);
    this.begin(tp, offset);
    this.#rewound.push(tp);
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
      for (const tp of taken.keys()) {
        const committed = this.#committed.get(tp);
        if (committed !== undefined) this.#rewind(consumer, tp, committed);
      }
      throw new ConnectError("preCommit failed: reading again from the last committed offsets", {
        cause: error,
      });
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

async function inTime(
  commit: (patience: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    await commit(AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    throw new ConnectError(
      `The group's coordinator has not confirmed a commit within offset.flush.timeout.ms (${timeoutMs} ms)`,
      { cause: error },
    );
  }
}
