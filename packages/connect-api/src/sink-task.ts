import type { MaybePromise } from "./maybe-promise.ts";
import type { PluginMetrics } from "./plugin-metrics.ts";
import type { Logger, Props } from "./plugin.ts";
import type { SinkRecord } from "./record.ts";
import type { TopicPartition, TopicPartitionMap } from "./topic-partition.ts";

/** Takes records that a sink task could not write. */
export interface ErrantRecordReporter {
  /**
   * Writes the record to the dead-letter topic and the log, as the connector is
   * configured. The worker commits no offset past the record before the report is
   * written; awaiting the promise is optional.
   */
  report(record: SinkRecord, error: Error): Promise<void>;
}

export interface SinkTaskContext {
  /** The task's configuration as it is now. */
  configs(): Props;
  /** Reads on from these offsets after the current call, e.g. those the other system has stored. */
  offset(offsets: TopicPartitionMap<number>): void;
  /** How long the worker waits at most before it calls `put` again, also as retry delay. -1 = as it likes. */
  timeout(timeoutMs: number): void;
  /** The partitions this task has now. */
  assignment(): readonly TopicPartition[];
  /** Stops the flow of some partitions. @throws {IllegalWorkerStateError} for one that is not assigned */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Asks for an offset commit soon. */
  requestCommit(): void;
  /** Null when neither a dead-letter topic nor error logging is configured. */
  readonly errantRecordReporter: ErrantRecordReporter | null;
  readonly logger: Logger;
  /** For metrics of the plugin's own; absent where the worker keeps none. */
  readonly pluginMetrics?: PluginMetrics;
}

/**
 * Writes records to another system. Calls never overlap on one instance.
 *
 * Life: `initialize` → `start` → `open` → `put`, again and again, with `preCommit` in
 * between → `close` → `stop`. A rebalance calls `preCommit`, `close` and `open`.
 */
export abstract class SinkTask {
  #context: SinkTaskContext | undefined;

  get context(): SinkTaskContext {
    if (this.#context === undefined) throw new Error("The task is not initialized yet");
    return this.#context;
  }

  initialize(context: SinkTaskContext): void {
    this.#context = context;
  }

  /** Called once, with the task's configuration. What it throws makes the task FAILED. */
  abstract start(props: Props): MaybePromise<void>;

  /** Partitions were assigned to this task. */
  open(_partitions: readonly TopicPartition[]): MaybePromise<void> {}

  /**
   * Takes records, in order per partition. They may be written later: what `preCommit`
   * returns says how far they are. Called with an empty array when none came, so that
   * what waits for time can go on.
   * @param signal aborted when the task is to be ended before this call is done
   * @throws {RetriableError} to be given the same records again after a delay; anything
   *   else makes the task FAILED
   */
  abstract put(records: readonly SinkRecord[], signal: AbortSignal): MaybePromise<void>;

  /** Writes out what `put` took. Called by the default `preCommit`. */
  flush(_offsets: TopicPartitionMap<number>): MaybePromise<void> {}

  /**
   * Says which offsets may be committed: everything before them is durable in the other
   * system (I1). The default flushes and returns all that was put.
   * @param offsets per partition the offset after the last record given to `put`
   * @returns offsets to commit; an empty map commits none
   */
  async preCommit(offsets: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    await this.flush(offsets);
    return offsets;
  }

  /** Partitions are taken away; called after their last `preCommit`. */
  close(_partitions: readonly TopicPartition[]): MaybePromise<void> {}

  /** Called once when no call runs any more; also after a failure. */
  abstract stop(): MaybePromise<void>;
}
