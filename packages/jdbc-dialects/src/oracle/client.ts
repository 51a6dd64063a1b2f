import type { BindParameters, Connection, ExecuteOptions } from "oracledb";
import { ConfigError } from "@millrace/connect-api";
import { translate } from "../faults.ts";
import { optionalDriver } from "../optional-driver.ts";
import type { DriverValue } from "../session.ts";
import type { OracleColumn } from "./column-types.ts";
import { ORACLE_FAULTS } from "./faults.ts";
import type { Target } from "./url.ts";

type Driver = typeof import("oracledb");

/** A driver connection. */
export class OracleConnection {
  readonly where: string;
  readonly #driver: Driver;
  readonly #connection: Connection;
  #lost = false;

  constructor(driver: Driver, connection: Connection, where: string) {
    this.#driver = driver;
    this.#connection = connection;
    this.where = where;
  }

  get usable(): boolean {
    return !this.#lost && this.#connection.isHealthy();
  }

  giveUp(): void {
    this.#lost = true;
  }

  /** Runs a statement with parameters `:1`, `:2` …: its rows, and how many it changed. */
  async run(
    sql: string,
    values: readonly DriverValue[] = [],
  ): Promise<{ rows: DriverValue[][]; changed: number }> {
    const { rows, rowsAffected } = await this.#connection.execute<DriverValue[]>(
      sql,
      binds(values),
      this.#options,
    );
    return { rows: rows ?? [], changed: rowsAffected ?? 0 };
  }

  /** Runs a statement for each row of values, in one round trip. */
  async runMany(sql: string, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    await this.#connection.executeMany(sql, rows.map(binds));
  }

  /** Runs a query whose rows are fetched when they are asked for. */
  async open(sql: string, values: readonly DriverValue[], batchRows: number) {
    const { resultSet } = await this.#connection.execute<unknown[]>(sql, binds(values), {
      ...this.#options,
      resultSet: true,
      fetchArraySize: batchRows,
    });
    if (resultSet === undefined) throw new Error("The statement gives no rows");
    return resultSet;
  }

  /** Has the server look at a statement without running it. */
  async describe(sql: string): Promise<OracleColumn[]> {
    const { metaData = [] } = await this.#connection.getStatementInfo(sql);
    return metaData.map((column) => ({
      name: column.name,
      type: column.dbTypeName ?? "",
      precision: column.precision ?? 0,
      scale: column.scale ?? 0,
      optional: column.nullable !== false,
    }));
  }

  commit(): Promise<void> {
    return this.#connection.commit();
  }

  rollback(): Promise<void> {
    return this.#connection.rollback();
  }

  /** Ends the connection, and what it runs; never throws. */
  async close(isRunning: boolean): Promise<void> {
    this.#lost = true;
    // Nothing to be done about a failure: the server notices the lost connection later.
    if (isRunning) await this.#connection.break().catch(() => undefined);
    await this.#connection.close({ drop: true }).catch(() => undefined);
  }

  get #options(): ExecuteOptions {
    const { OUT_FORMAT_ARRAY, CLOB, NCLOB, BLOB, STRING, BUFFER } = this.#driver;
    return {
      outFormat: OUT_FORMAT_ARRAY,
      // Large objects whole, in place of handles. The types ask for a converter, the driver does not.
      fetchTypeHandler: (({ dbType }) => {
        if (dbType === CLOB || dbType === NCLOB) return { type: STRING };
        return dbType === BLOB ? { type: BUFFER } : undefined;
      }) as NonNullable<ExecuteOptions["fetchTypeHandler"]>,
    };
  }
}

/**
 * Connects once, by the thin driver.
 * @throws {RetriableError} when the server cannot be reached
 * @throws {ConnectError} when it refuses, or the driver is not installed
 */
export async function connectOracle(
  target: Target,
  signal: AbortSignal,
): Promise<OracleConnection> {
  const module = await optionalDriver("oracledb", "Oracle", () => import("oracledb"));
  const driver = (module as unknown as { default: Driver }).default;
  const where = target.connectString;
  if (target.password === null) {
    throw new ConfigError("The database asks for a password: set connection.password");
  }
  try {
    signal.throwIfAborted();
    const connection = await driver.getConnection({
      user: target.user,
      password: target.password(),
      connectString: target.connectString,
      connectTimeout: target.connectTimeoutS,
    } as Parameters<Driver["getConnection"]>[0]);
    connection.module = target.applicationName;
    return new OracleConnection(driver, connection, where);
  } catch (error) {
    throw translate(ORACLE_FAULTS, error, "Could not connect to Oracle", where);
  }
}

function binds(values: readonly DriverValue[]): BindParameters {
  return values.map((value) =>
    typeof value === "bigint" ? value.toString() : value,
  ) as BindParameters;
}
