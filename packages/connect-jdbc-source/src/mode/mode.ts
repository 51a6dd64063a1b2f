import type { Schema, SourceRecord } from "@millrace/connect-api";
import type { ResultField, Selection, TableId } from "../dialect/dialect.ts";

/** How a table is read over and over: which rows next, and what their records say of the place. */
export interface TableMode {
  /** Whether reading can stop anywhere and go on behind the last record given out. */
  readonly resumable: boolean;
  /** The rows to read next. */
  selection(): Selection;
  /**
   * Called with each result's columns, before its rows.
   * @throws {ConnectError} when the mode cannot work with them
   */
  prepare(fields: readonly ResultField[]): void;
  /** The records of rows that are given out now: only they move the start of the next selection (I2). */
  records(rows: readonly unknown[][], schema: Schema): SourceRecord[];
}

/** Where a table's rows go. */
export interface Destination {
  readonly table: TableId;
  readonly topic: string;
}
