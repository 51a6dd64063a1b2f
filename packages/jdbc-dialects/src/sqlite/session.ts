import { ConnectError } from "@millrace/connect-api";
import { translate } from "../faults.ts";
import { plainName, quoteName, quoteTable, type TableId } from "../identifiers.ts";
import { allOf, nameOf } from "../reading/origin.ts";
import { type ValueColumn, ValueStream } from "../reading/value-stream.ts";
import type {
  DriverValue,
  Instant,
  Origin,
  Parameter,
  ResultColumn,
  ResultSet,
  RowBatch,
  SelectOptions,
  Selection,
  Session,
  TableFilter,
} from "../session.ts";
import { listTables, tableColumns } from "./catalog.ts";
import type { SqliteConnection, Statement, StoredRow } from "./client.ts";
import { isPointInTime, type SqliteColumn, type Stored, valueType } from "./column-types.ts";
import { SQLITE_FAULTS } from "./faults.ts";
import { SQLITE_IDENTIFIERS } from "./index.ts";
import { likeSample } from "./moments.ts";
import type { Target } from "./url.ts";

interface FoundColumn extends SqliteColumn {
  readonly autoIncrement: boolean;
}

/** An open SQLite file. It works in the thread that asks, a batch at a time. */
export class SqliteSession implements Session {
  readonly where: string;
  /** The driver's connection, for statements that go beyond this interface. */
  readonly connection: SqliteConnection;
  readonly #target: Target;

  constructor(connection: SqliteConnection, target: Target) {
    this.connection = connection;
    this.where = connection.where;
    this.#target = target;
  }

  get usable(): boolean {
    return this.connection.usable;
  }

  async listTables(filter: TableFilter): Promise<TableId[]> {
    return this.#run("list the tables", () => listTables(this.connection, filter));
  }

  async describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    return this.#run(`describe ${nameOf(origin)}`, () =>
      this.#columns(
        origin,
        this.connection.prepare(allOf(SQLITE_IDENTIFIERS, origin, options)),
      ).map((column) => ({
        name: column.name,
        type: column.declared ?? "none",
        schema: valueType(column, options.types, 1).schema,
        autoIncrement: column.autoIncrement,
        isTimestamp: isPointInTime(column),
      })),
    );
  }

  async primaryKey(table: TableId): Promise<string[]> {
    return this.#run(`look up the primary key of ${plainName(table)}`, () =>
      [...tableColumns(this.connection, table.name)]
        .filter(([, { keyPlace }]) => keyPlace > 0)
        .toSorted(([, a], [, b]) => a.keyPlace - b.keyPlace)
        .map(([name]) => name),
    );
  }

  async select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.#run(`read ${what}`, () => {
      const statement = this.connection.prepare(selection.sql);
      const columns = this.#columns(selection.origin, statement);
      const values = selection.parameters.map((value) => this.#bind(value, selection, options));
      const rows = statement.iterate(values);
      return new SqliteResult(rows, {
        columns: columns.map((column) => ({
          name: column.name,
          type: column.declared ?? "none",
          valueType: valueType(column, options.types, this.#target.dateUnitMs),
        })),
        timestampColumns: selection.timestampColumns,
        batchRows: options.batchRows,
        what,
        translated: (error) =>
          translate(SQLITE_FAULTS, error, `Could not read ${what}`, this.where),
      });
    });
  }

  async now(): Promise<Instant> {
    return this.#run("ask for the time", () => {
      const [row] = this.connection
        .prepare("SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)")
        .all();
      return (row?.[0] as bigint) * 1_000_000n;
    });
  }

  safeTime(): Promise<never> {
    return Promise.reject(
      new ConnectError(
        `watermark.safe is not to be had of SQLite (${this.where}), which does not tell of open transactions. Set timestamp.delay.interval.ms to how long a transaction may take`,
      ),
    );
  }

  async query(sql: string, values: readonly DriverValue[] = []): Promise<DriverValue[][]> {
    return this.#run("run a query", () => this.connection.prepare(sql).all(values));
  }

  async execute(sql: string, values: readonly DriverValue[] = []): Promise<number> {
    return this.#run("run a statement", () => this.connection.prepare(sql).run(values));
  }

  async executeMany(sql: string, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    this.#run("run a statement", () => {
      const statement = this.connection.prepare(sql);
      for (const row of rows) statement.run(row);
    });
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.execute("BEGIN IMMEDIATE");
    try {
      const result = await work();
      await this.execute("COMMIT");
      return result;
    } catch (error) {
      // What went wrong is told; a file that can't even roll back is closed.
      await this.execute("ROLLBACK").catch(() => this.connection.close());
      throw error;
    }
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  #columns(origin: Origin, statement: Statement): FoundColumn[] {
    const tables = new Map<string, ReturnType<typeof tableColumns>>();
    return statement.columns().map(({ name, type, table, column }) => {
      if (table !== null && !tables.has(table)) {
        tables.set(table, tableColumns(this.connection, table));
      }
      const known = tables.get(table ?? "")?.get(column ?? "");
      return {
        name,
        declared: type === "" ? null : type,
        optional: known?.isRequired !== true,
        sample: type === null || type === "" ? this.#sample(origin, name) : null,
        autoIncrement: known?.isRowNumber === true,
      };
    });
  }

  /** A value that the column holds somewhere; null where it holds none. */
  #sample(origin: Origin, column: string): Stored | null {
    const name = quoteName(SQLITE_IDENTIFIERS, column, "always");
    const from =
      "query" in origin
        ? `(\n${origin.query}\n)`
        : quoteTable(SQLITE_IDENTIFIERS, origin.table, "always");
    const sql = `SELECT ${name} FROM ${from} WHERE ${name} IS NOT NULL LIMIT 1`;
    return this.connection.prepare(sql).all()[0]?.[0] ?? null;
  }

  #bind(parameter: Parameter, { origin }: Selection, { types }: SelectOptions): DriverValue {
    if (typeof parameter === "bigint") return parameter;
    const { dateClass, dateUnitMs } = this.#target;
    let sample: Stored | null = null;
    for (const column of parameter.columns) sample ??= this.#sample(origin, column);
    return likeSample(parameter.instant, sample, dateClass, dateUnitMs, types.timeZone);
  }

  #run<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw translate(SQLITE_FAULTS, error, `Could not ${doing}`, this.where);
    }
  }
}

interface SqliteResultOptions {
  readonly columns: readonly ValueColumn[];
  readonly timestampColumns: readonly string[];
  readonly batchRows: number;
  readonly what: string;
  readonly translated: (error: unknown) => ConnectError;
}

/** Takes rows from the statement when they are asked for. */
class SqliteResult implements ResultSet {
  readonly #rows: Iterator<StoredRow>;
  readonly #stream: ValueStream;
  readonly #options: SqliteResultOptions;
  #isHeld = false;

  constructor(rows: Iterator<StoredRow>, options: SqliteResultOptions) {
    this.#rows = rows;
    this.#options = options;
    this.#stream = new ValueStream({
      ...options,
      pause: () => {
        this.#isHeld = true;
      },
      resume: () => {
        this.#isHeld = false;
      },
    });
  }

  get fields() {
    return this.#stream.fields;
  }

  get dropped() {
    return this.#stream.dropped;
  }

  next(): Promise<RowBatch | null> {
    const batch = this.#stream.next();
    if (!this.#stream.isOver) this.#fill();
    return batch;
  }

  #fill(): void {
    try {
      // A batch that somebody waits for, and those ahead.
      for (let rows = 0; !this.#isHeld && rows < this.#options.batchRows; rows++) {
        const { done, value } = this.#rows.next();
        if (done === true) return this.#stream.end();
        if (!this.#stream.push(value)) return;
      }
    } catch (error) {
      this.#stream.fail(this.#options.translated(error));
    }
  }
}
