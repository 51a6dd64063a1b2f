import {
  ConnectError,
  isRetriable,
  type Logger,
  type SinkRecord,
  type SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { TaskCounters } from "../task/counters.ts";
import type { TaskLife } from "../task/life.ts";
import type { TaskMeasures } from "../task/measures.ts";
import type { ErrantRecords } from "./errant-records.ts";
import { isolate, type Remainder } from "./isolate.ts";
import type { SinkBatch } from "./read-batch.ts";
import type { SinkOffsets } from "./sink-offsets.ts";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 60_000;

export interface DelivererOptions {
  readonly task: SinkTask;
  readonly life: TaskLife;
  readonly offsets: SinkOffsets;
  readonly counters: TaskCounters;
  readonly measures: Pick<TaskMeasures, "put">;
  readonly logger: Logger;
  readonly errants: ErrantRecords;
  /** Where `errors.put.isolate` asks for it: reports a record that `put` cannot take. */
  readonly giveUp?: ((record: SinkRecord, error: unknown) => Promise<unknown>) | undefined;
}

/**
 * Gives batches to the task. One that the task refuses with a retriable error is held,
 * and given again, the same records, until it is accepted; meanwhile nothing else is read.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  #held: SinkBatch | undefined;
  #attempts = 0;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** The batch that waits to be given again. */
  get held(): SinkBatch | undefined {
    return this.#held;
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
    // What is to be read again comes again: were it given now, and taken, an offset could be committed
    // past what lies between (I1).
    this.drop(this.#options.offsets.takeRewound());
    const batch = this.#held ? concat(this.#held, fresh) : fresh;
    try {
      await this.#put(batch.records);
    } catch (error) {
      const left = await this.#isolate(batch.records, error);
      // Its offsets are taken when the rest of it is, too.
      if (left) return this.#hold({ ...batch, records: left.records }, left.error);
    }
    this.#held = undefined;
    this.#attempts = 0;
    this.#options.offsets.take(batch.offsets);
  }

  /** Partitions were taken away, or are read from another place: what is held of them is not given. */
  drop(partitions: readonly TopicPartition[]): void {
    if (this.#held === undefined || partitions.length === 0) return;
    const gone = new TopicPartitionMap(partitions.map((tp) => [tp, true] as const));
    const records = this.#held.records.filter(
      (record) =>
        !gone.has({ topic: record.originalTopic, partition: record.originalKafkaPartition }),
    );
    const offsets = new TopicPartitionMap([...this.#held.offsets].filter(([tp]) => !gone.has(tp)));
    this.#held = offsets.size > 0 ? { records, offsets } : undefined;
  }

  async #put(records: readonly SinkRecord[]): Promise<void> {
    const { task, life, errants, counters, measures } = this.#options;
    errants.putBegins();
    const begunAt = performance.now();
    try {
      // A list and a signal of its own for each call: a plugin may change the one, and may have to be
      // given the same records again; and it may leave its listeners on the other.
      await task.put(records.slice(), AbortSignal.any([life.stopping]));
    } catch (error) {
      errants.putRefused(records);
      throw error;
    }
    await errants.throwIfRefused();
    counters.written += records.length;
    measures.put(records.length, performance.now() - begunAt);
    const room = errants.putAccepted();
    if (room) await room;
  }

  /** @returns what is left of the batch, and why; undefined when all of it is done */
  async #isolate(records: readonly SinkRecord[], error: unknown): Promise<Remainder | undefined> {
    const { life, giveUp, logger } = this.#options;
    const isStopping = () => life.stopping.aborted;
    if (giveUp === undefined || records.length === 0 || isStopping() || isRetriable(error)) {
      return { records, error };
    }
    logger.warn(
      `put refused ${records.length} records: they are given again in halves, to find the guilty ones (errors.put.isolate)`,
      { error },
    );
    return isolate(records, error, {
      put: (half) => this.#put(half),
      giveUp,
      isStopping,
    });
  }

  #hold(batch: SinkBatch, error: unknown): void {
    if (this.#options.life.stopping.aborted && !isRetriable(error)) {
      // Interrupted by the stop: nothing of the batch counts as taken, it is read again.
      this.#options.logger.info("put was interrupted because the task stops", { error });
      return;
    }
    if (!isRetriable(error)) {
      throw new ConnectError("Exiting WorkerSinkTask due to unrecoverable exception.", {
        cause: error,
      });
    }
    this.#held = batch;
    this.#attempts++;
    this.#options.logger.warn(
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
