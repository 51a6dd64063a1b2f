import type { Schema } from "@millrace/connect-api";
import type { QuoteMethod, TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import type { Bind, BindingColumn, TemporalOptions } from "./binder.ts";
import type { Kind } from "./kind.ts";

/** A column as the database's catalog has it. */
export interface TableColumn {
  readonly name: string;
  /** As the database calls the type, without length: what a value can be cast to. */
  readonly type: string;
  readonly nullable: boolean;
  /** Whether its values are instants, so that no time zone has to be taken into account. */
  readonly zoned: boolean;
}

/** In JDBC's words. */
export type TableType = "TABLE" | "PARTITIONED TABLE" | "VIEW";

export interface TableDefinition {
  readonly table: TableId;
  readonly type: TableType;
  /** In the table's order, without those that the database computes. */
  readonly columns: readonly TableColumn[];
}

/** A column that is to be made. */
export interface NewColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly isKey: boolean;
  readonly optional: boolean;
  /** As `Writing.binder` makes it; null where there is none. */
  readonly defaultValue: DriverValue;
}

/** A column of a statement, and where its values come from. */
export interface RowColumn<Row> {
  readonly column: TableColumn;
  readonly schema: Schema | null;
  readonly kind: Kind;
  readonly isKey: boolean;
  /** The Connect value in a row; null is written as NULL. */
  readonly read: (row: Row) => unknown;
}

export type WriteMode = "insert" | "upsert" | "update" | "delete";

/** What rows of one form do to one table. */
export interface Write<Row> {
  readonly mode: WriteMode;
  readonly table: TableDefinition;
  /** Key columns first; for a delete those alone. */
  readonly columns: readonly RowColumn<Row>[];
}

export interface WriteOptions {
  readonly quoting: QuoteMethod;
  readonly temporal: TemporalOptions;
  /** SQL Server: whether MERGE locks the range of its keys (`mssql.use.merge.holdlock`). */
  readonly holdLock: boolean;
}

/** A write, ready to be run any number of times. */
export interface Statement<Row> {
  /** What runs, its parameters as placeholders; where rows share a statement, for one row. */
  readonly sql: string;
  /**
   * Writes rows, in order, by as few round trips as the database allows. With upsert, update and
   * delete no two rows may have the same key.
   * @throws {ConnectError} what the session throws, or a {DataError} for a value that the column cannot take
   */
  run(session: Session, rows: readonly Row[]): Promise<void>;
}

/** The writing half of a dialect: types, definitions and statements. */
export interface Writing {
  /**
   * The type of a column made for values of this kind.
   * @throws {ConnectError} when the database has none
   */
  columnType(kind: Kind, isKey: boolean): string;
  /** Makes of Connect values what `literal` and columns take; `binderOf`, unless the database knows better. */
  binder(column: BindingColumn, options: TemporalOptions): Bind;
  /** A bound value in SQL, for defaults. */
  literal(kind: Kind, value: Exclude<DriverValue, null>): string;
  /** The statements that add columns. */
  addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[];
  createTable(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string;
  /** The table as it is now; undefined when there is none that this user can see. */
  describeTable(
    session: Session,
    table: TableId,
    quoting: QuoteMethod,
  ): Promise<TableDefinition | undefined>;
  /** The placeholder of a parameter in a statement that is executed, counted from 1. */
  placeholder(number: number): string;
  /** Whether only one connection can write at a time: several tasks would wait for each other. */
  readonly singleWriter: boolean;
  /** Whether texts are the same key where they are the same text, by the usual collations. */
  readonly exactTextKeys: boolean;

  prepare<Row>(write: Write<Row>, options: WriteOptions): Statement<Row>;
}
