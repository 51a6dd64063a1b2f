import {
  ConnectError,
  isRetriable,
  type Logger,
  type SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { TaskCounters } from "../task/counters.ts";
import type { TaskLife } from "../task/life.ts";
import type { SinkBatch } from "./read-batch.ts";
import type { SinkOffsets } from "./sink-offsets.ts";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 60_000;

/**
 * Gives batches to the task. One that the task refuses with a retriable error is held,
 * and given again, the same records, until it is accepted; meanwhile nothing else is read.
 */
export class Deliverer {
  readonly #task: SinkTask;
  readonly #life: TaskLife;
  readonly #offsets: SinkOffsets;
  readonly #counters: TaskCounters;
  readonly #logger: Logger;
  #held: SinkBatch | undefined;
  #attempts = 0;
  #putting = false;

  constructor(
    task: SinkTask,
    life: TaskLife,
    offsets: SinkOffsets,
    counters: TaskCounters,
    logger: Logger,
  ) {
    this.#task = task;
    this.#life = life;
    this.#offsets = offsets;
    this.#counters = counters;
    this.#logger = logger;
  }

  /** The batch that waits to be given again. */
  get held(): SinkBatch | undefined {
    return this.#held;
  }

  /** True while the task's `put` is running. */
  get putting(): boolean {
    return this.#putting;
  }

  /** How long to wait before the held batch is given again, unless the task says otherwise. */
  get retryDelayMs(): number {
    return Math.min(FIRST_RETRY_MS * 2 ** (this.#attempts - 1), MAX_RETRY_MS);
  }

  /**
   * Gives the held batch, if there is one, and these records after it.
   * @throws {ConnectError} when the task fails for good
   */
  async deliver(fresh: SinkBatch): Promise<void> {
    const batch = this.#held ? concat(this.#held, fresh) : fresh;
    this.#putting = true;
    try {
      // A signal of its own for each call: a plugin may leave its listeners on it.
      await this.#task.put(batch.records, AbortSignal.any([this.#life.stopping]));
    } catch (error) {
      this.#hold(batch, error);
      return;
    } finally {
      this.#putting = false;
    }
    this.#held = undefined;
    this.#attempts = 0;
    this.#offsets.take(batch.offsets);
    this.#counters.written += batch.records.length;
  }

  /** Partitions were taken away: their records are somebody else's now. */
  drop(partitions: readonly TopicPartition[]): void {
    if (this.#held === undefined) return;
    const gone = new TopicPartitionMap(partitions.map((tp) => [tp, true] as const));
    const records = this.#held.records.filter(
      (record) =>
        !gone.has({ topic: record.originalTopic, partition: record.originalKafkaPartition }),
    );
    const offsets = new TopicPartitionMap([...this.#held.offsets].filter(([tp]) => !gone.has(tp)));
    this.#held = offsets.size > 0 ? { records, offsets } : undefined;
  }

  #hold(batch: SinkBatch, error: unknown): void {
    if (this.#life.stopping.aborted && !isRetriable(error)) {
      // Interrupted by the stop: nothing of the batch counts as taken, it is read again.
      this.#logger.info("put was interrupted because the task stops", { error });
      return;
    }
    if (!isRetriable(error)) {
      throw new ConnectError("Exiting WorkerSinkTask due to unrecoverable exception.", {
        cause: error,
      });
    }
    this.#held = batch;
    this.#attempts++;
    this.#logger.warn(
      `put failed and is tried again with the same ${batch.records.length} records`,
      { error },
    );
  }
}

function concat(a: SinkBatch, b: SinkBatch): SinkBatch {
  return {
    records: [...a.records, ...b.records],
    offsets: new TopicPartitionMap([...a.offsets, ...b.offsets]),
  };
}
