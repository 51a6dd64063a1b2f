import type { Schema } from "@millrace/connect-api";
import type { QuoteMethod, TableId } from "./identifiers.ts";
import type { TypeOptions } from "./reading/type-options.ts";

/** Nanoseconds since 1970-01-01 00:00 UTC. */
export type Instant = bigint;

/** Which tables to list (JDBC: `DatabaseMetaData.getTables`). */
export interface TableFilter {
  /** A pattern with `%` and `_`; null narrows nothing, the empty text takes those without a catalog. */
  readonly catalogPattern: string | null;
  /** Likewise for schemas. */
  readonly schemaPattern: string | null;
  /** In JDBC's words and upper case: TABLE, VIEW, PARTITIONED TABLE … */
  readonly types: readonly string[];
}

/** Every base table outside the system's own schemas. */
export const ALL_TABLES: TableFilter = {
  catalogPattern: null,
  schemaPattern: null,
  types: ["TABLE"],
};

/** Rows come from a table, or from a query of the user's. */
export type Origin = { readonly table: TableId } | { readonly query: string };

/** A column of a table or of a query's result. */
export interface ResultColumn {
  readonly name: string;
  /** As the database calls the type. */
  readonly type: string;
  /** Of the field it becomes, optional where it is nullable or that is not known; undefined when it is left out. */
  readonly schema: Schema | undefined;
  /** Filled by the database from a sequence; false where that is not known. */
  readonly autoIncrement: boolean;
  /** Whether its values are points in time: a timestamp or a date, whatever its schema. */
  readonly isTimestamp: boolean;
}

/**
 * What stands for a placeholder of a statement that reads. A point in time becomes what the
 * columns hold that it is compared with: an instant, or what clocks of `db.timezone` show.
 */
export type Parameter = bigint | { readonly instant: Instant; readonly columns: readonly string[] };

/** A statement that reads, with its placeholders in the dialect's form. */
export interface Selection {
  readonly origin: Origin;
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /** The place of each row in time is the first of these columns that has a value; none where empty. */
  readonly timestampColumns: readonly string[];
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

/** Rows that came together. */
export interface RowBatch {
  /** An array for each row, with one value per field. Whoever takes it may keep it. */
  readonly rows: unknown[][];
  /** With `timestampColumns`, the place in time of each row, exact; null where it has none. */
  readonly instants: readonly (Instant | null)[];
}

/** The rows of a query, fetched ahead of the reader by a batch. */
export interface ResultSet {
  /** In result order, without the columns that have no Connect type. */
  readonly fields: readonly ResultField[];
  /** The columns left out. */
  readonly dropped: readonly { readonly name: string; readonly type: string }[];
  /**
   * The next rows, at least one; null after the last. Not to be called again before it
   * has answered.
   * @throws {RetriableError} when the connection is lost, after the rows that had arrived
   * @throws {ConnectError} when the database or a value is at fault
   */
  next(): Promise<RowBatch | null>;
}

/** What a driver takes for a placeholder and gives for a column, outside the fast paths. */
export type DriverValue = string | number | bigint | boolean | Uint8Array | null;

/**
 * One connection to a database. Its methods do not overlap, except `close`. What they
 * throw is a ConnectError, retriable where the same call may succeed later; `faultOf`
 * tells of what kind it is.
 */
export interface Session {
  /** `host:port/database`, for messages. */
  readonly where: string;
  /** False once the connection is lost. */
  readonly usable: boolean;

  // Reading

  /** The tables that the user can see, in order of their names. */
  listTables(filter: TableFilter): Promise<TableId[]>;
  /**
   * The columns in their order.
   * @throws {ConnectError} when there is no such table, the user may not read it, or the query is wrong
   */
  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]>;
  /** Columns of the table's primary key, in its order; none where it has no key. */
  primaryKey(table: TableId): Promise<string[]>;
  /** Starts to read; the result is to be read to its end, or the session closed. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet>;
  /** The time by the database's clock. */
  now(): Promise<Instant>;
  /**
   * A time before which no open transaction has begun, so that rows which get their
   * timestamp from the clock can't appear before it any more; null where that cannot be
   * said at the moment.
   * @throws {ConnectError} when the database does not tell, or not this user
   */
  safeTime(): Promise<Instant | null>;

  // Writing, and what else there is to say

  /** Rows as the driver gives them, all at once. */
  query(sql: string, values?: readonly DriverValue[]): Promise<DriverValue[][]>;
  /** Runs a statement; returns how many rows it changed. */
  execute(sql: string, values?: readonly DriverValue[]): Promise<number>;
  /** Runs a statement for each row of values in one call, where the driver has a way to. */
  executeMany?(sql: string, rows: readonly (readonly DriverValue[])[]): Promise<void>;
  /** Runs the work in a transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;

  /** Ends the connection, and a query that still runs, soon; never throws. */
  close(): Promise<void>;
}
