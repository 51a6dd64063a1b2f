import { ConnectError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";
import { DriverSession } from "../driver-session.ts";
import { plainName, type TableId } from "../identifiers.ts";
import { allOf, nameOf } from "../reading/origin.ts";
import type {
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
export class PostgresSession extends DriverSession<PostgresConnection> implements Session {
  readonly #beginSql: string;
  #result: ResultStream | undefined;
  #inTransaction = false;

  constructor(connection: PostgresConnection, { isolation }: ConnectionSettings) {
    super(connection, POSTGRES_FAULTS);
    const level = isolation === "DEFAULT" ? "" : ` ISOLATION LEVEL ${isolation.replace("_", " ")}`;
    this.#beginSql = `BEGIN${level}`;
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.run("list the tables", async () => {
      const [rows = []] = await this.connection.query(listTablesSql(filter));
      return readTables(rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    const what = nameOf(origin);
    return this.run(`describe ${what}`, async () => {
      await this.#beginReading(true);
      const sql = allOf(POSTGRES_IDENTIFIERS, origin, options);
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
    return this.run(`look up the primary key of ${plainName(table)}`, async () => {
      const [rows = []] = await this.connection.query(primaryKeySql(table));
      return rows.map(([name]) => name ?? "");
    });
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.run(`read ${what}`, async () => {
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
    return this.run("ask for the time", async () => {
      const [[[micros] = []] = []] = await this.connection.query(NOW);
      return BigInt(micros ?? 0) * 1000n;
    });
  }

  safeTime(): Promise<Instant | null> {
    return this.run("look for open transactions", async () => {
      const [[row = []] = []] = await this.connection.query(safeTimeSql());
      return readSafeTime(row, this.where);
    });
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.connection.close(this.isBusy || isReading);
  }

  protected begin() {
    return this.connection.query(this.#beginSql);
  }

  protected commit() {
    return this.connection.query("COMMIT");
  }

  protected rollback() {
    return this.connection.query("ROLLBACK");
  }

  /** A query of the user's may lock the rows it reads, which a read-only transaction may not. */
  async #beginReading(readOnly: boolean): Promise<void> {
    const isOpen = this.#result === undefined ? this.#inTransaction : this.#result.hasFailed;
    this.#result = undefined;
    if (isOpen) await this.#rollback();
    await this.connection.query(readOnly ? `${this.#beginSql} READ ONLY` : this.#beginSql);
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
}
