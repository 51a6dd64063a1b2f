import type { ConnectionSettings } from "../dialect.ts";
import { DriverSession } from "../driver-session.ts";
import { plainName, quoteName, type TableId } from "../identifiers.ts";
import { castList } from "../reading/cast-list.ts";
import { allOf, nameOf } from "../reading/origin.ts";
import { parseWallClock } from "../reading/temporal-text.ts";
import { inNanos } from "../reading/timestamps.ts";
import { ValueStream } from "../reading/value-stream.ts";
import { isoWallClock } from "../reading/wall-clock.ts";
import type {
  Instant,
  Origin,
  Parameter,
  ResultColumn,
  ResultSet,
  SelectOptions,
  Selection,
  Session,
  TableFilter,
} from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import {
  describeQuery,
  listTablesQuery,
  NOW,
  primaryKeyQuery,
  readColumns,
  readTables,
  SAFE_TIME,
} from "./catalog.ts";
import type { RunningRequest, SqlServerConnection } from "./client.ts";
import { isInstant, isPointInTime, readColumn, type SqlServerColumn } from "./column-types.ts";
import { SQLSERVER_FAULTS } from "./faults.ts";
import { SQLSERVER_IDENTIFIERS } from "./index.ts";

/** One connection to SQL Server. */
export class SqlServerSession extends DriverSession<SqlServerConnection> implements Session {
  readonly #beginSql: string;
  #inTransaction = false;

  constructor(connection: SqlServerConnection, { isolation }: ConnectionSettings) {
    super(connection, SQLSERVER_FAULTS);
    const level = isolation.replace("SQL_SERVER_", "").replace("_", " ");
    const set = isolation === "DEFAULT" ? "" : `SET TRANSACTION ISOLATION LEVEL ${level}; `;
    this.#beginSql = `${set}BEGIN TRANSACTION`;
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.run("list the tables", async () => {
      const { sql, values } = listTablesQuery(filter);
      return readTables((await this.connection.run(sql, values)).rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    return this.run(`describe ${nameOf(origin)}`, async () => {
      const sql = allOf(SQLSERVER_IDENTIFIERS, origin, options);
      return (await this.#columns(sql, 0)).map((column) => ({
        name: column.name,
        type: column.type,
        schema: readColumn(column, options.types)?.valueType.schema,
        autoIncrement: column.autoIncrement,
        isTimestamp: isPointInTime(column),
      }));
    });
  }

  primaryKey(table: TableId): Promise<string[]> {
    return this.run(`look up the primary key of ${plainName(table)}`, async () => {
      const { sql, values } = primaryKeyQuery(table);
      return (await this.connection.run(sql, values)).rows.map(([name]) => String(name));
    });
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.run(`read ${what}`, async () => {
      if (this.#inTransaction) await this.#end();
      await this.connection.run(this.#beginSql);
      this.#inTransaction = true;
      const columns = await this.#columns(selection.sql, selection.parameters.length);
      const read = columns.map((column) => readColumn(column, options.types));
      const expressions = columns.map(({ name }, i) => {
        const quoted = quoteName(SQLSERVER_IDENTIFIERS, name, "always");
        return `${read[i]?.expression(quoted) ?? "NULL"} AS ${quoted}`;
      });
      let request: RunningRequest | undefined;
      const stream = new ValueStream({
        columns: columns.map(({ name, type }, i) => ({
          name,
          type,
          valueType: read[i]?.valueType,
        })),
        timestampColumns: selection.timestampColumns,
        batchRows: options.batchRows,
        what,
        pause: () => request?.pause(),
        resume: () => request?.resume(),
      });
      const fail = (error: unknown) => stream.fail(this.translated(error, `read ${what}`));
      const values = bind(selection.parameters, columns, options.types.timeZone);
      request = this.connection.start(castList(selection.sql, expressions), values, {
        onRow: (row) => {
          // The rest of a result is not wanted: the connection is given up with it.
          if (!stream.push(row)) this.connection.giveUp();
        },
        onEnd: () => void this.#end().then(() => stream.end(), fail),
        onError: fail,
      });
      return stream;
    });
  }

  now(): Promise<Instant> {
    return this.run("ask for the time", () => this.#time(NOW));
  }

  safeTime(): Promise<Instant> {
    return this.run("look for open transactions", () => this.#time(SAFE_TIME));
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  protected begin() {
    return this.connection.run(this.#beginSql);
  }

  protected commit() {
    return this.connection.run("COMMIT TRANSACTION");
  }

  /** Some errors have rolled back already. */
  protected rollback() {
    return this.connection.run("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION");
  }

  async #columns(sql: string, parameters: number): Promise<SqlServerColumn[]> {
    const query = describeQuery(sql, parameters);
    return readColumns((await this.connection.run(query.sql, query.values)).rows);
  }

  async #end(): Promise<void> {
    await this.connection.run("IF @@TRANCOUNT > 0 COMMIT TRANSACTION");
    this.#inTransaction = false;
  }

  async #time(sql: string): Promise<Instant> {
    const { rows } = await this.connection.run(sql);
    const { micros, nanos } = parseWallClock(String(rows[0]?.[0]));
    return inNanos(micros, nanos);
  }
}

/** As texts, which the statement casts; those compared with a datetimeoffset are of UTC. */
export function bind(
  parameters: readonly Parameter[],
  columns: readonly SqlServerColumn[],
  timeZone: TimeZone,
): string[] {
  return parameters.map((parameter) => {
    if (typeof parameter === "bigint") return parameter.toString();
    const { instant } = parameter;
    const isUtc = columns.some(
      (column) => parameter.columns.includes(column.name) && isInstant(column),
    );
    const offset = isUtc ? 0 : timeZone.offsetAt(Number(instant / 1_000_000n));
    return isoWallClock(instant + BigInt(offset) * 1_000_000n, 9)
      .slice(0, -2)
      .replace("T", " ");
  });
}
