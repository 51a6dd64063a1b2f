import type { Schema } from "@millrace/connect-api";
import type { CalendarSystem } from "../calendar.ts";
import type { NumericMapping, TimestampGranularity } from "../config.ts";
import type { TimeZone } from "../time-zone.ts";

/** A table by the names that the database's catalog has for it. */
export interface TableId {
  readonly schema: string;
  readonly name: string;
}

/** What a session reports of a table's column. */
export interface TableColumn {
  readonly name: string;
  /** As the database calls the type. */
  readonly type: string;
  /** Of the field it becomes, optional where it is nullable; undefined when it is left out. */
  readonly schema: Schema | undefined;
  /** Filled by the database from a sequence. */
  readonly autoIncrement: boolean;
}

/** How values become Connect's, beyond what the column's type says. */
export interface TypeOptions {
  readonly numericMapping: NumericMapping;
  readonly granularity: TimestampGranularity;
  readonly timeZone: TimeZone;
  readonly calendar: CalendarSystem;
}

export type QuoteMethod = "always" | "never";

/** Which rows of a table to read, and in which order. */
export interface Selection {
  readonly table: TableId;
  /** Rows whose column is greater than this, in ascending order; absent for all rows in any order. */
  readonly after?: { readonly column: string; readonly value: bigint };
}

export interface SelectOptions {
  readonly types: TypeOptions;
  readonly quoting: QuoteMethod;
  /** Rows to fetch at a time, and at most in a batch. */
  readonly batchRows: number;
}

export interface ResultField {
  readonly name: string;
  readonly schema: Schema;
}

/** The rows of a query, fetched ahead of the reader by a batch. */
export interface ResultSet {
  /** In result order, without the columns that have no Connect type. */
  readonly fields: readonly ResultField[];
  /** The columns left out. */
  readonly dropped: readonly { readonly name: string; readonly type: string }[];
  /**
   * The next rows, each an array with one value per field; null after the last. Not to
   * be called again before it has answered.
   * @throws {RetriableError} when the connection is lost, after the rows that had arrived
   * @throws {ConnectError} when the database or a value is at fault
   */
  next(): Promise<unknown[][] | null>;
}

/**
 * One connection to a database. Its methods do not overlap, except `close`. What they
 * throw is a ConnectError, retriable where the same call may succeed later.
 */
export interface Session {
  /** False once the connection is lost. */
  readonly usable: boolean;
  /** Every base table outside the system's own schemas, in order of schema and name. */
  listTables(): Promise<TableId[]>;
  /**
   * The table's columns in their order.
   * @throws {ConnectError} when there is no such table, or the user may not read it
   */
  describe(table: TableId, options: SelectOptions): Promise<TableColumn[]>;
  /** Starts to read; the result is to be read to its end, or the session closed. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet>;
  /** Ends the connection, and a query that still runs, soon; never throws. */
  close(): Promise<void>;
}

/** Where and as whom to connect. */
export interface ConnectionSettings {
  readonly url: string;
  readonly user: string | null;
  /** Told only when the server asks for it. */
  readonly password: (() => string) | null;
  /** The `connection.…` keys that are the driver's, without that prefix. */
  readonly properties: ReadonlyMap<string, string>;
}

/** What is particular to one kind of database. A sibling file of `postgresql.ts` adds another. */
export interface Dialect {
  /** Java's name for it, as in `dialect.name`. */
  readonly name: string;
  /** Whether the JDBC URL is of this kind. */
  accepts(url: string): boolean;
  /** The URL without what may be a password (I5). */
  withoutSecrets(url: string): string;
  /** The names of a table, from what an identifier looks like in SQL. */
  parseTable(text: string): TableId;
  /** The table's name in SQL. @throws {ConfigError} when it cannot be written without quotes */
  quoteTable(table: TableId, quoting: QuoteMethod): string;
  /** The statement that reads a selection; `after` is its first parameter. */
  selectStatement(selection: Selection, quoting: QuoteMethod): string;
  /**
   * What is wrong with the settings, and what of them has no effect here.
   * @throws {ConfigError} when the URL cannot be read or asks for what is not supported
   */
  checkSettings(settings: ConnectionSettings): { readonly warnings: readonly string[] };
  /**
   * Connects once.
   * @throws {RetriableError} when the database cannot be reached
   * @throws {ConnectError} when it refuses
   */
  connect(settings: ConnectionSettings, signal: AbortSignal): Promise<Session>;
}
