import type { Connection, ConnectionConfiguration, Request } from "tedious";
import { ConfigError } from "@millrace/connect-api";
import { translate } from "../faults.ts";
import { optionalDriver } from "../optional-driver.ts";
import type { DriverValue } from "../session.ts";
import { SQLSERVER_FAULTS } from "./faults.ts";
import type { Target } from "./url.ts";

type Driver = typeof import("tedious");

export interface RowListener {
  onRow(row: readonly unknown[]): void;
  onEnd(changed: number): void;
  onError(error: Error): void;
}

/** A statement under way. */
export type RunningRequest = Pick<Request, "pause" | "resume">;

/** A driver connection. */
export class SqlServerConnection {
  readonly where: string;
  readonly #driver: Driver;
  readonly #connection: Connection;
  #lost = false;

  constructor(driver: Driver, connection: Connection, where: string) {
    this.#driver = driver;
    this.#connection = connection;
    this.where = where;
    // Whoever waits for the connection hears of its end; this keeps the driver from throwing it.
    connection.on("error", () => {
      this.#lost = true;
    });
    connection.on("end", () => {
      this.#lost = true;
    });
  }

  get usable(): boolean {
    return !this.#lost;
  }

  giveUp(): void {
    this.#lost = true;
  }

  /** Starts a statement with parameters `@p1`, `@p2` …; texts but for numbers and bytes. */
  start(sql: string, values: readonly DriverValue[], listener: RowListener): RunningRequest {
    const { Request, TYPES } = this.#driver;
    const request = new Request(sql, (error, rowCount) => {
      if (error) listener.onError(error);
      else listener.onEnd(rowCount ?? 0);
    });
    for (const [i, value] of values.entries()) {
      const name = `p${i + 1}`;
      if (typeof value === "bigint") request.addParameter(name, TYPES.VarChar, value.toString());
      else if (typeof value === "number") request.addParameter(name, TYPES.Float, value);
      else if (typeof value === "boolean") request.addParameter(name, TYPES.Bit, value);
      else if (value instanceof Uint8Array) {
        request.addParameter(name, TYPES.VarBinary, Buffer.from(value));
      } else request.addParameter(name, TYPES.NVarChar, value);
    }
    request.on("row", (columns: { value: unknown }[]) =>
      listener.onRow(columns.map(({ value }) => value)),
    );
    if (values.length === 0) this.#connection.execSqlBatch(request);
    else this.#connection.execSql(request);
    return request;
  }

  /** Runs a statement: its rows, and how many it changed. */
  run(
    sql: string,
    values: readonly DriverValue[] = [],
  ): Promise<{ rows: DriverValue[][]; changed: number }> {
    return new Promise((resolve, reject) => {
      const rows: DriverValue[][] = [];
      this.start(sql, values, {
        onRow: (row) => rows.push(row as DriverValue[]),
        onEnd: (changed) => resolve({ rows, changed }),
        onError: reject,
      });
    });
  }

  /** Ends the connection, and what it runs; never throws. */
  close(): void {
    this.#lost = true;
    this.#connection.close();
  }
}

/**
 * Connects once.
 * @throws {RetriableError} when the server cannot be reached
 * @throws {ConnectError} when it refuses, or the driver is not installed
 */
export async function connectSqlServer(
  target: Target,
  signal: AbortSignal,
): Promise<SqlServerConnection> {
  const driver = await optionalDriver("tedious", "SQL Server", () => import("tedious"));
  const where = `${target.host}:${target.instance ?? target.port}/${target.database ?? ""}`;
  try {
    signal.throwIfAborted();
    return new SqlServerConnection(driver, await connect(driver, target, signal), where);
  } catch (error) {
    throw translate(SQLSERVER_FAULTS, error, "Could not connect to SQL Server", where);
  }
}

function connect(driver: Driver, target: Target, signal: AbortSignal): Promise<Connection> {
  if (target.password === null) {
    throw new ConfigError("The database asks for a password: set connection.password");
  }
  const configuration: ConnectionConfiguration = {
    server: target.host,
    authentication: {
      type: "default",
      options: { userName: target.user, password: target.password() },
    },
    options: {
      appName: target.applicationName,
      connectTimeout: target.connectTimeoutMs,
      ...(target.database !== undefined && { database: target.database }),
      ...(target.instance === undefined
        ? { port: target.port }
        : { instanceName: target.instance }),
      ...(target.nameInCertificate !== undefined && { serverName: target.nameInCertificate }),
      encrypt: target.encrypt,
      trustServerCertificate: target.trustsAnyCertificate,
      requestTimeout: 0,
      useUTC: true,
    },
  };
  return new Promise((resolve, reject) => {
    const connection = new driver.Connection(configuration);
    const abort = () => {
      connection.close();
      reject(new Error("The attempt was given up"));
    };
    signal.addEventListener("abort", abort, { once: true });
    connection.connect((error) => {
      signal.removeEventListener("abort", abort);
      if (error === undefined) resolve(connection);
      else {
        connection.close();
        reject(error);
      }
    });
  });
}
