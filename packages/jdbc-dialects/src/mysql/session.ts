import { ConnectError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";
import { DriverSession } from "../driver-session.ts";
import { plainName, type TableId } from "../identifiers.ts";
import { allOf, nameOf } from "../reading/origin.ts";
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
import { listTablesQuery, primaryKeyQuery, readTables } from "./catalog.ts";
import type { MysqlConnection, PreparedStatement } from "./client.ts";
import { NOW, SAFE_TIME } from "./clock.ts";
import {
  isAutoIncrement,
  isInstant,
  isPointInTime,
  type MysqlColumn,
  typeName,
  valueType,
} from "./column-types.ts";
import type { ValueOptions } from "./driver-properties.ts";
import { MYSQL_FAULTS } from "./faults.ts";
import { MYSQL_IDENTIFIERS } from "./index.ts";

/** One connection to MySQL or MariaDB. */
export class MysqlSession extends DriverSession<MysqlConnection> implements Session {
  readonly #values: ValueOptions;
  readonly #isolation: string | undefined;
  #result: ValueStream | undefined;
  #statement: PreparedStatement | undefined;
  #inTransaction = false;

  constructor(
    connection: MysqlConnection,
    { isolation }: ConnectionSettings,
    values: ValueOptions,
  ) {
    super(connection, MYSQL_FAULTS);
    this.#values = values;
    this.#isolation = isolation === "DEFAULT" ? undefined : isolation.replace("_", " ");
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.run("list the tables", async () => {
      const { sql, values } = listTablesQuery(filter);
      return readTables((await this.connection.run(sql, values)).rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    return this.run(`describe ${nameOf(origin)}`, async () => {
      const sql = allOf(MYSQL_IDENTIFIERS, origin, options);
      const statement = await this.connection.prepare(sql);
      statement.close();
      return statement.columns.map((column) => ({
        name: column.name,
        type: typeName(column),
        schema: valueType(column, options.types, this.#values)?.schema,
        autoIncrement: isAutoIncrement(column),
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
      await this.#beginReading(!("query" in selection.origin));
      const statement = await this.connection.prepare(selection.sql);
      this.#statement = statement;
      const values = bind(selection.parameters, statement.columns, options.types.timeZone);
      const stream = new ValueStream({
        columns: statement.columns.map((column) => ({
          name: column.name,
          type: typeName(column),
          valueType: valueType(column, options.types, this.#values),
        })),
        timestampColumns: selection.timestampColumns,
        batchRows: options.batchRows,
        what,
        pause: () => this.connection.pause(),
        resume: () => this.connection.resume(),
      });
      const fail = (error: unknown) => stream.fail(this.translated(error, `read ${what}`));
      let isFaulty = false;
      statement.run(values, {
        onRow: (row) => {
          if (isFaulty || stream.push(row)) return;
          // The rest of a result can't be refused: the connection is given up with it.
          isFaulty = true;
          this.connection.giveUp();
        },
        onEnd: () => {
          if (isFaulty) return;
          this.#endReading().then(() => stream.end(), fail);
        },
        onError: fail,
      });
      this.#result = stream;
      return stream;
    });
  }

  now(): Promise<Instant> {
    return this.run("ask for the time", () => this.#micros(NOW));
  }

  safeTime(): Promise<Instant> {
    return this.run("look for open transactions", () => this.#micros(SAFE_TIME));
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.connection.close(this.isBusy || isReading);
  }

  protected begin(): Promise<void> {
    return this.#beginBy("START TRANSACTION");
  }

  protected commit() {
    return this.connection.run("COMMIT");
  }

  protected rollback() {
    return this.connection.run("ROLLBACK");
  }

  async #beginBy(sql: string): Promise<void> {
    if (this.#isolation !== undefined) {
      await this.connection.run(`SET TRANSACTION ISOLATION LEVEL ${this.#isolation}`);
    }
    await this.connection.run(sql);
  }

  /** A query of the user's may lock the rows it reads, which a read-only transaction may not. */
  async #beginReading(readOnly: boolean): Promise<void> {
    this.#result = undefined;
    if (this.#inTransaction) await this.#endReading();
    await this.#beginBy(readOnly ? "START TRANSACTION READ ONLY" : "START TRANSACTION");
    this.#inTransaction = true;
  }

  async #endReading(): Promise<void> {
    this.#statement?.close();
    this.#statement = undefined;
    await this.connection.run("COMMIT");
    this.#inTransaction = false;
  }

  async #micros(sql: string): Promise<Instant> {
    const { rows } = await this.connection.run(sql);
    return BigInt(rows[0]?.[0] as number | string) * 1000n;
  }
}

/** As texts, which the statement casts. */
function bind(
  parameters: readonly Parameter[],
  columns: readonly MysqlColumn[],
  timeZone: TimeZone,
): string[] {
  return parameters.map((parameter) => {
    if (typeof parameter === "bigint") return parameter.toString();
    const compared = columns.filter(({ name }) => parameter.columns.includes(name));
    const instants = compared.filter(isInstant).length;
    if (instants > 0 && instants < compared.length && timeZone.name !== "UTC") {
      throw new ConnectError(
        `Columns ${parameter.columns.join(", ")} are partly of type timestamp, partly datetime; they can be compared with each other only where db.timezone is UTC`,
      );
    }
    const { instant } = parameter;
    const offset = instants > 0 ? 0 : timeZone.offsetAt(Number(instant / 1_000_000n));
    return isoWallClock(instant + BigInt(offset) * 1_000_000n, 6).replace("T", " ");
  });
}
