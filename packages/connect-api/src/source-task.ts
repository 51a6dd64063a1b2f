import type { MaybePromise } from "./maybe-promise.ts";
import type { PluginMetrics } from "./plugin-metrics.ts";
import type { Logger, Props } from "./plugin.ts";
import type { SourceOffset, SourcePartition, SourceRecord } from "./record.ts";

/** Reads the offsets that were committed for this connector. */
export interface OffsetStorageReader {
  /** The last committed offset of the partition, or null. */
  offset(partition: SourcePartition): Promise<SourceOffset | null>;
  /** The same for several, in their order. */
  offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | null)[]>;
}

/** Where a task that defines its own transactions says that one ends (KIP-618). */
export interface TransactionContext {
  /** Commits after the batch that `poll` returns next, or after the given record of it. */
  commitTransaction(record?: SourceRecord): void;
  /** Aborts likewise: the records are dropped, their offsets are kept. */
  abortTransaction(record?: SourceRecord): void;
}

export interface SourceTaskContext {
  /** The task's configuration as it is now. */
  configs(): Props;
  readonly offsetStorageReader: OffsetStorageReader;
  /** Null unless `transaction.boundary` is `connector`. */
  readonly transactionContext: TransactionContext | null;
  readonly logger: Logger;
  /** For metrics of the plugin's own; absent where the worker keeps none. */
  readonly pluginMetrics?: PluginMetrics;
}

/** Where a record was written. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not say. */
  readonly offset: number;
  readonly timestamp: number;
}

/**
 * Reads records from another system. `start`, `poll` and `stop` never overlap on one
 * instance; `commit` and `commitRecord`, which tell how far Kafka has the records, may be
 * called while a `poll` waits, one at a time.
 *
 * Life: `initialize` → `start` → `poll`, again and again → `stop`.
 */
export abstract class SourceTask {
  #context: SourceTaskContext | undefined;

  get context(): SourceTaskContext {
    if (this.#context === undefined) throw new Error("The task is not initialized yet");
    return this.#context;
  }

  initialize(context: SourceTaskContext): void {
    this.#context = context;
  }

  /** Called once, with the task's configuration as `taskConfigs` gave it. What it throws makes the task FAILED. */
  abstract start(props: Props): MaybePromise<void>;

  /**
   * The next records. May wait for some; null or an empty array means there are none
   * now, and the worker calls again at once, so do wait for a while. The worker takes
   * over the array.
   * @param signal aborted when the task is to stop or to pause: return soon, with null or
   *   with what is at hand. It covers this call only.
   * @throws {RetriableError} to be called again; anything else makes the task FAILED
   */
  abstract poll(signal: AbortSignal): Promise<SourceRecord[] | null>;

  /** Called once when no call runs any more; also after `start` or `poll` failed. */
  abstract stop(): MaybePromise<void>;

  /** Called after offsets were committed, also when there were none to commit. */
  commit?(): MaybePromise<void>;

  /**
   * Called for each record once Kafka has it, in the order of each Kafka partition, with
   * null for a record that was filtered out or skipped. Define it only where it is
   * needed: without it the worker counts acknowledgements by the batch.
   */
  commitRecord?(record: SourceRecord, metadata: RecordMetadata | null): MaybePromise<void>;
}
