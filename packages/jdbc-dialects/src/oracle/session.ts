import type { ConnectError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";
import { translate } from "../faults.ts";
import { plainName, quoteName, quoteTable, type TableId } from "../identifiers.ts";
import { castList } from "../reading/cast-list.ts";
import { parseWallClock } from "../reading/temporal-text.ts";
import { inNanos } from "../reading/timestamps.ts";
import { ValueStream, type ValueStreamOptions } from "../reading/value-stream.ts";
import { isoWallClock } from "../reading/wall-clock.ts";
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
import type { TimeZone } from "../time-zone.ts";
import {
  identityQuery,
  listTablesQuery,
  NOW,
  primaryKeyQuery,
  readTables,
  SAFE_TIME,
} from "./catalog.ts";
import type { OracleConnection } from "./client.ts";
import { isInstant, isPointInTime, type OracleColumn, readColumn } from "./column-types.ts";
import { ORACLE_FAULTS } from "./faults.ts";
import { ORACLE_IDENTIFIERS } from "./index.ts";

/** What the session is told before anything else: how numbers are written, and its zone. */
export const SESSION_SQL = "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' TIME_ZONE = '+00:00'";

/** One connection to Oracle. */
export class OracleSession implements Session {
  readonly where: string;
  /** The driver's connection, for statements that go beyond this interface. */
  readonly connection: OracleConnection;
  readonly #isolation: string | undefined;
  #result: OracleResult | undefined;
  #busy = false;

  constructor(connection: OracleConnection, { isolation }: ConnectionSettings) {
    this.connection = connection;
    this.where = connection.where;
    // There are two levels: what is less strict than the lower one is that one.
    this.#isolation =
      isolation === "SERIALIZABLE" || isolation === "REPEATABLE_READ" ? "SERIALIZABLE" : undefined;
  }

  get usable(): boolean {
    return this.connection.usable;
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.#run("list the tables", async () => {
      const { sql, values } = listTablesQuery(filter);
      return readTables((await this.connection.run(sql, values)).rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    return this.#run(`describe ${nameOf(origin)}`, async () => {
      const sql =
        "query" in origin
          ? origin.query
          : `SELECT * FROM ${quoteTable(ORACLE_IDENTIFIERS, origin.table, options.quoting)}`;
      const identity = "table" in origin ? await this.#names(identityQuery(origin.table)) : [];
      return (await this.connection.describe(sql)).map((column) => ({
        name: column.name,
        type: column.type,
        schema: readColumn(column, options.types)?.valueType.schema,
        autoIncrement: identity.includes(column.name),
        isTimestamp: isPointInTime(column),
      }));
    });
  }

  primaryKey(table: TableId): Promise<string[]> {
    return this.#run(`look up the primary key of ${plainName(table)}`, () =>
      this.#names(primaryKeyQuery(table)),
    );
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.#run(`read ${what}`, async () => {
      await this.connection.rollback();
      if (this.#isolation !== undefined) {
        await this.connection.run(`SET TRANSACTION ISOLATION LEVEL ${this.#isolation}`);
      }
      const columns = await this.connection.describe(selection.sql);
      const read = columns.map((column) => readColumn(column, options.types));
      const expressions = columns.map(({ name }, i) => {
        const quoted = quoteName(ORACLE_IDENTIFIERS, name, "always");
        return `${read[i]?.expression(quoted) ?? "NULL"} AS ${quoted}`;
      });
      const values = bind(selection.parameters, columns, options.types.timeZone);
      const { batchRows } = options;
      const rows = await this.connection.open(
        castList(selection.sql, expressions),
        values,
        batchRows,
      );
      this.#result = new OracleResult(
        () => rows.getRows(batchRows),
        async () => {
          await rows.close();
          await this.connection.commit();
        },
        (error) => translate(ORACLE_FAULTS, error, `Could not read ${what}`, this.where),
        {
          columns: columns.map(({ name, type }, i) => ({
            name,
            type,
            valueType: read[i]?.valueType,
          })),
          timestampColumns: selection.timestampColumns,
          batchRows,
          what,
        },
      );
      return this.#result;
    });
  }

  now(): Promise<Instant> {
    return this.#run("ask for the time", () => this.#time(NOW));
  }

  safeTime(): Promise<Instant> {
    return this.#run("look for open transactions", () => this.#time(SAFE_TIME));
  }

  query(sql: string, values: readonly DriverValue[] = []): Promise<DriverValue[][]> {
    return this.#run("run a query", async () => (await this.connection.run(sql, values)).rows);
  }

  execute(sql: string, values: readonly DriverValue[] = []): Promise<number> {
    return this.#run(
      "run a statement",
      async () => (await this.connection.run(sql, values)).changed,
    );
  }

  executeMany(sql: string, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    return this.#run("run a statement", () => this.connection.runMany(sql, rows));
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#run("run a transaction", async () => {
      try {
        const result = await work();
        await this.connection.commit();
        return result;
      } catch (error) {
        // What went wrong is told; a session that can't even roll back is lost.
        await this.connection.rollback().catch(() => this.connection.giveUp());
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.connection.close(this.#busy || isReading);
  }

  async #names({ sql, values }: ReturnType<typeof primaryKeyQuery>): Promise<string[]> {
    return (await this.connection.run(sql, values)).rows.map(([name]) => String(name));
  }

  async #time(sql: string): Promise<Instant> {
    const { rows } = await this.connection.run(sql);
    const { micros, nanos } = parseWallClock(String(rows[0]?.[0]));
    return inNanos(micros, nanos);
  }

  async #run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    this.#busy = true;
    try {
      return await action();
    } catch (error) {
      throw translate(ORACLE_FAULTS, error, `Could not ${doing}`, this.where);
    } finally {
      this.#busy = false;
    }
  }
}

/** Fetches a batch when one is asked for. */
class OracleResult implements ResultSet {
  readonly #fetch: () => Promise<unknown[][]>;
  readonly #end: () => Promise<void>;
  readonly #translated: (error: unknown) => ConnectError;
  readonly #stream: ValueStream;

  constructor(
    fetch: () => Promise<unknown[][]>,
    end: () => Promise<void>,
    translated: (error: unknown) => ConnectError,
    options: Omit<ValueStreamOptions, "pause" | "resume">,
  ) {
    this.#fetch = fetch;
    this.#end = end;
    this.#translated = translated;
    // Nothing comes that is not asked for: there is nobody to hold back.
    this.#stream = new ValueStream({ ...options, pause: () => {}, resume: () => {} });
  }

  get fields() {
    return this.#stream.fields;
  }

  get dropped() {
    return this.#stream.dropped;
  }

  get isOver(): boolean {
    return this.#stream.isOver;
  }

  async next(): Promise<RowBatch | null> {
    const batch = this.#stream.next();
    if (!this.#stream.isOver && !this.#stream.isAhead) await this.#fill();
    return batch;
  }

  async #fill(): Promise<void> {
    try {
      const rows = await this.#fetch();
      for (const row of rows) if (!this.#stream.push(row)) return;
      this.#stream.flush();
      if (rows.length > 0) return;
      await this.#end();
      this.#stream.end();
    } catch (error) {
      this.#stream.fail(this.#translated(error));
    }
  }
}

function nameOf(origin: Origin): string {
  return "query" in origin ? "the query" : `table ${plainName(origin.table)}`;
}

/** As texts, which the statement casts; those compared with columns that know a zone are of UTC, the session's. */
export function bind(
  parameters: readonly Parameter[],
  columns: readonly OracleColumn[],
  timeZone: TimeZone,
): string[] {
  return parameters.map((parameter) => {
    if (typeof parameter === "bigint") return parameter.toString();
    const { instant } = parameter;
    const isUtc = columns.some(
      (column) => parameter.columns.includes(column.name) && isInstant(column),
    );
    const offset = isUtc ? 0 : timeZone.offsetAt(Number(instant / 1_000_000n));
    return isoWallClock(instant + BigInt(offset) * 1_000_000n, 9).replace("T", " ");
  });
}
