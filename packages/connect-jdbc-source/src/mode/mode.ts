import type { Schema, SourceRecord } from "@millrace/connect-api";
import type { ResultField, RowBatch, Selection, Session } from "@millrace/jdbc-dialects";

/** How a table is read over and over: which rows next, and what their records say of the place. */
export interface TableMode {
  /** Whether reading can stop here and go on behind the last record given out. */
  readonly resumable: boolean;
  /** The rows to read next; null when there can be none now. */
  selection(session: Session): Promise<Selection | null>;
  /**
   * Called with each result's columns, before its rows.
   * @throws {ConnectError} when the mode cannot work with them
   */
  prepare(fields: readonly ResultField[]): void;
  /** The records of rows that are given out now: only they move the start of the next selection (I2). */
  records(batch: RowBatch, schema: Schema): SourceRecord[];
  /** Called when a result came to its end: what it had held back. */
  finish(schema: Schema): SourceRecord[];
  /** Whether more rows are there to be read at once, so that the next reading need not wait. */
  readonly hasMore: boolean;
  /** Forgets what was read and not given out. */
  reset(): void;
}
