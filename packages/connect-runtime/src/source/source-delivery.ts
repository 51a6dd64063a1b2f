import type { SourceRecord, TransactionContext } from "@millrace/connect-api";

/** How a source task's records get to Kafka, and its offsets to where they are kept. */
export interface SourceDelivery {
  /** What the plugin defines transactions by, where it is to. */
  readonly transactionContext: TransactionContext | null;
  /**
   * Before the plugin is started.
   * @throws {Interrupted} when the task is not to begin any more
   */
  start(): Promise<void>;
  /**
   * Takes what one poll returned, also nothing.
   * @throws {ConnectError} when a record fails and errors are not tolerated
   */
  send(records: readonly SourceRecord[]): Promise<void>;
  /** The task is to be paused, however long. @throws {ConnectError} */
  pausing(): Promise<void>;
  /**
   * Nothing is polled any more: what may be committed is.
   * @param failed the task has ended by an error
   * @throws {ConnectError} when the task has failed by what was left to do
   */
  finish(failed: boolean): Promise<void>;
  /** The task's grace time is over: nothing more is committed. */
  cancel(): void;
}
