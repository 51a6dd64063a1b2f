import { ConnectError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";
import { translate } from "../faults.ts";
import { plainName, quoteTable, type TableId } from "../identifiers.ts";
import type {
  DriverValue,
  Instant,
  Origin,
  ResultColumn,
  ResultSet,
  SelectOptions,
  Selection,
  Session,
  TableFilter,
} from "../session.ts";
import {
  describeResultSql,
  listTablesSql,
  primaryKeySql,
  readResultDetails,
  readTables,
} from "./catalog.ts";
import type { PostgresConnection } from "./client.ts";
import { NOW, readSafeTime, safeTimeSql } from "./clock.ts";
import { columnType } from "./column-types.ts";
import { describeColumns } from "./describe.ts";
import { POSTGRES_FAULTS } from "./faults.ts";
import { POSTGRES_IDENTIFIERS } from "./index.ts";
import { bindParameters } from "./parameters.ts";
import { ResultStream, type StreamColumn } from "./result-stream.ts";
import { isPointInTime } from "./temporal.ts";

/** A column of a selection, with all that is known of it. */
interface SelectedColumn extends StreamColumn {
  readonly autoIncrement: boolean;
  readonly readable: boolean;
}

/** One connection to PostgreSQL. */
export class PostgresSession implements Session {
  readonly where: string;
  /** The driver's connection, for statements that go beyond this interface. */
  readonly connection: PostgresConnection;
  readonly #begin: string;
  #result: ResultStream | undefined;
  #inTransaction = false;
  /** A statement is under way, so that closing has something to cancel. */
  #busy = false;

  constructor(connection: PostgresConnection, { isolation }: ConnectionSettings) {
    this.connection = connection;
    this.where = connection.where;
    const level = isolation === "DEFAULT" ? "" : ` ISOLATION LEVEL ${isolation.replace("_", " ")}`;
    this.#begin = `BEGIN${level}`;
  }

  get usable(): boolean {
    return this.connection.usable;
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.#run("list the tables", async () => {
      const [rows = []] = await this.connection.query(listTablesSql(filter));
      return readTables(rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    const what = nameOf(origin);
    return this.#run(`describe ${what}`, async () => {
      await this.#beginReading(true);
      const sql =
        "query" in origin
          ? origin.query
          : `SELECT * FROM ${quoteTable(POSTGRES_IDENTIFIERS, origin.table, options.quoting)}`;
      const columns = await this.#columns(sql, [], options);
      await this.#rollback();
      const unreadable = columns.filter(({ readable }) => !readable).map(({ name }) => name);
      if (unreadable.length > 0) {
        throw new ConnectError(
          `connection.user may not read ${what} (${this.where}): it lacks SELECT on ${unreadable.join(", ")}. GRANT SELECT on the table to the user`,
        );
      }
      return columns.map(({ name, type, typeOid, columnType, autoIncrement }) => {
        const isTimestamp = isPointInTime(typeOid);
        return { name, type, schema: columnType?.schema, autoIncrement, isTimestamp };
      });
    });
  }

  primaryKey(table: TableId): Promise<string[]> {
    return this.#run(`look up the primary key of ${plainName(table)}`, async () => {
      const [rows = []] = await this.connection.query(primaryKeySql(table));
      return rows.map(([name]) => name ?? "");
    });
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.#run(`read ${what}`, async () => {
      await this.#beginReading(!("query" in selection.origin));
      const parameters = bindParameters(selection.parameters, options.types.timeZone);
      // The description locks the table, so that it is still true when the query runs.
      const types = parameters.map(({ typeOid }) => typeOid);
      const columns = await this.#columns(selection.sql, types, options);
      this.#result = new ResultStream({
        connection: this.connection,
        sql: selection.sql,
        parameters,
        columns,
        timestampColumns: selection.timestampColumns,
        timeZone: options.types.timeZone,
        batchRows: options.batchRows,
        what,
      });
      return this.#result;
    });
  }

  now(): Promise<Instant> {
    return this.#run("ask for the time", async () => {
      const [[[micros] = []] = []] = await this.connection.query(NOW);
      return BigInt(micros ?? 0) * 1000n;
    });
  }

  safeTime(): Promise<Instant | null> {
    return this.#run("look for open transactions", async () => {
      const [[row = []] = []] = await this.connection.query(safeTimeSql());
      return readSafeTime(row, this.where);
    });
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

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#run("run a transaction", async () => {
      await this.connection.query(this.#begin);
      try {
        const result = await work();
        await this.connection.query("COMMIT");
        return result;
      } catch (error) {
        // What went wrong is told; a session that can't even roll back is lost.
        await this.connection.query("ROLLBACK").catch(() => this.connection.giveUp());
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.connection.close(this.#busy || isReading);
  }

  /** A query of the user's may lock the rows it reads, which a read-only transaction may not. */
  async #beginReading(readOnly: boolean): Promise<void> {
    const isOpen = this.#result === undefined ? this.#inTransaction : this.#result.hasFailed;
    this.#result = undefined;
    if (isOpen) await this.#rollback();
    await this.connection.query(readOnly ? `${this.#begin} READ ONLY` : this.#begin);
    this.#inTransaction = true;
  }

  async #rollback(): Promise<void> {
    await this.connection.query("ROLLBACK");
    this.#inTransaction = false;
  }

  async #columns(
    sql: string,
    parameterTypes: readonly number[],
    options: SelectOptions,
  ): Promise<SelectedColumn[]> {
    const described = await describeColumns(this.connection, sql, parameterTypes);
    const details = readResultDetails(await this.connection.query(describeResultSql(described)));
    const types = { ...options.types, moneyScale: details.moneyScale };
    return described.map((column) => {
      const isEnum = details.isEnum(column);
      const optional = !details.isRequired(column);
      return {
        name: column.name,
        type: details.typeName(column),
        typeOid: column.typeOid,
        columnType: columnType({ ...column, isEnum, optional }, types),
        autoIncrement: details.isAutoIncrement(column),
        readable: details.isReadable(column),
      };
    });
  }

  async #run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    this.#busy = true;
    try {
      return await action();
    } catch (error) {
      throw translate(POSTGRES_FAULTS, error, `Could not ${doing}`, this.where);
    } finally {
      this.#busy = false;
    }
  }
}

function nameOf(origin: Origin): string {
  return "query" in origin ? "the query" : `table ${plainName(origin.table)}`;
}
