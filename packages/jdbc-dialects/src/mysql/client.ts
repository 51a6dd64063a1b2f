import type { Duplex } from "node:stream";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { ConfigError, type ConnectError, RetriableError } from "@millrace/connect-api";
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type PrepareStatementInfo,
  type ResultSetHeader,
  type RowDataPacket,
  type TypeCast,
} from "mysql2";
import { translate } from "../faults.ts";
import type { DriverValue } from "../session.ts";
import type { HostPort } from "../url-parts.ts";
import { isGeometry, type MysqlColumn } from "./column-types.ts";
import { connectTimeoutMs, tlsChoices } from "./driver-properties.ts";
import { MYSQL_FAULTS } from "./faults.ts";
import type { Target } from "./url.ts";

/** How long ending a connection may take before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 1000;

/** A statement that the server has looked at, with the columns it gives. */
export interface PreparedStatement {
  readonly columns: readonly MysqlColumn[];
  /** Starts it; its rows are pushed one by one, as arrays. */
  run(values: readonly string[], listener: RowListener): void;
  close(): void;
}

export interface RowListener {
  onRow(row: readonly unknown[]): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** A driver connection. */
export class MysqlConnection {
  readonly where: string;
  readonly #driver: Connection;
  readonly #options: ConnectionOptions;
  /** Of the statement whose rows come; the driver tells errors of the connection to nobody else. */
  #listener: RowListener | undefined;
  #lost = false;

  constructor(driver: Connection, options: ConnectionOptions, where: string) {
    this.#driver = driver;
    this.#options = options;
    this.where = where;
    driver.on("error", (error) => this.#lose(error));
    driver.on("end", () => this.#lose(new Error("The connection was lost")));
  }

  #lose(error: Error): void {
    this.#lost = true;
    this.#listener?.onError(error);
    this.#listener = undefined;
  }

  get usable(): boolean {
    return !this.#lost;
  }

  /** Says that the connection cannot be used any more. */
  giveUp(): void {
    this.#lost = true;
  }

  /** Runs a statement by the text protocol, values written into it: its rows, and how many it changed. */
  run(
    sql: string,
    values: readonly DriverValue[] = [],
  ): Promise<{ rows: DriverValue[][]; changed: number }> {
    return new Promise((resolve, reject) => {
      const literals = values.map((value) => (typeof value === "bigint" ? String(value) : value));
      this.#driver.query<RowDataPacket[] | ResultSetHeader>(sql, literals, (error, result) => {
        if (error !== null) reject(error);
        else if (Array.isArray(result)) resolve({ rows: result as DriverValue[][], changed: 0 });
        else resolve({ rows: [], changed: result.affectedRows });
      });
    });
  }

  /** Has the server look at a statement, without running it. */
  prepare(sql: string): Promise<PreparedStatement> {
    return new Promise((resolve, reject) => {
      this.#driver.prepare(sql, (error, statement) => {
        if (error !== null) {
          reject(error);
          return;
        }
        // The driver keeps what it is told of the columns, but its types do not say so.
        const { columns } = statement as unknown as { columns: readonly MysqlColumn[] };
        resolve({
          columns,
          run: (values, listener) => {
            // The cast costs an object per value, so it is there only where it is needed.
            this.#driver.config.typeCast = columns.some(isGeometry) ? spatialAsBytes : true;
            this.#listener = listener;
            runStatement(statement, values, {
              ...listener,
              onEnd: () => {
                this.#listener = undefined;
                listener.onEnd();
              },
            });
          },
          // Also forgets it, so that the next one of the same text sees the table as it is then.
          close: () => this.#driver.unprepare(sql),
        });
      });
    });
  }

  pause(): void {
    this.#driver.pause();
  }

  resume(): void {
    this.#driver.resume();
  }

  /** Ends the connection; with a statement running, has the server end that. Never throws. */
  async close(isRunning: boolean): Promise<void> {
    const wasLost = this.#lost;
    this.#lose(new Error("The connection was given up"));
    if (!wasLost) {
      if (isRunning) await this.#kill();
      else await inTime((done) => this.#driver.end(done));
    }
    destroySocket(this.#driver);
  }

  /** By another connection, as this one has no ear before the statement ends. */
  async #kill(): Promise<void> {
    const id = this.#driver.threadId;
    const helper = createConnection({ ...this.#options, connectTimeout: CLOSE_TIMEOUT_MS });
    // Nothing to be done about a failure: the server notices the lost connection later.
    helper.on("error", () => undefined);
    await inTime((done) => helper.query(`KILL ${id}`, done));
    destroySocket(helper);
  }
}

/** The driver's own `destroy` only says goodbye, which a socket that is held back never hears of. */
function destroySocket(driver: Connection): void {
  (driver as unknown as { stream: Duplex }).stream.destroy();
}

/** Waits for a callback, but not for long. */
function inTime(action: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    action(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The driver would take spatial values apart. */
const spatialAsBytes: TypeCast = (field, next) =>
  field.type === "GEOMETRY" ? field.buffer() : next();

function runStatement(
  statement: PrepareStatementInfo,
  values: readonly string[],
  listener: RowListener,
): void {
  const command = statement.execute([...values]);
  command.on("result", (row: unknown) => listener.onRow(row as unknown[]));
  command.on("error", (error) => listener.onError(error));
  command.on("end", () => listener.onEnd());
}

/**
 * Connects to the first host that answers.
 * @throws {RetriableError} when none does
 * @throws {ConnectError} when the server refuses; {ConfigError} for settings that cannot be used
 */
export async function connectMysql(target: Target, signal: AbortSignal): Promise<MysqlConnection> {
  const failures: ConnectError[] = [];
  for (const host of target.hosts) {
    const where = `${host.host}:${host.port}/${target.database ?? ""}`;
    try {
      return await connectHost(target, host, where, signal);
    } catch (error) {
      const failure = translate(MYSQL_FAULTS, error, "Could not connect to MySQL", where);
      if (!failure.retriable) throw failure;
      failures.push(failure);
    }
  }
  const [first, ...others] = failures;
  if (others.length === 0 && first !== undefined) throw first;
  throw new RetriableError(failures.map(({ message }) => message).join("; "), { cause: first });
}

/** With the preferred kind of TLS, the second choice where the server has none. */
async function connectHost(
  target: Target,
  host: HostPort,
  where: string,
  signal: AbortSignal,
): Promise<MysqlConnection> {
  const [first = false, second] = tlsChoices(target);
  try {
    return await connectOnce(target, host, where, first, signal);
  } catch (error) {
    const hasNoTls = (error as { code?: unknown }).code === "HANDSHAKE_NO_SSL_SUPPORT";
    if (second === undefined || !hasNoTls) throw error;
    return connectOnce(target, host, where, second, signal);
  }
}

function connectOnce(
  target: Target,
  { host, port }: HostPort,
  where: string,
  tls: TlsOptions | false,
  signal: AbortSignal,
): Promise<MysqlConnection> {
  signal.throwIfAborted();
  const options: ConnectionOptions = {
    host,
    port,
    user: target.user,
    ...(target.password !== null && { password: target.password() }),
    ...(target.database !== null && { database: target.database }),
    ...(tls !== false && { ssl: tls as NonNullable<ConnectionOptions["ssl"]> }),
    connectTimeout: connectTimeoutMs(target),
    compress: target.properties.get("useCompression") === "true",
    charset: "utf8mb4",
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
    // Dates and times come as texts: no zone has a part in them.
    timezone: "Z",
    connectAttributes: { program_name: target.applicationName },
    // Affected rows are those that a condition takes, as in Java, not those that change.
    flags: ["+FOUND_ROWS"],
  };
  return new Promise((resolve, reject) => {
    const driver = createConnection(options);
    const abort = () => {
      destroySocket(driver);
      reject(new Error("The attempt was given up"));
    };
    signal.addEventListener("abort", abort, { once: true });
    driver.connect((error) => {
      signal.removeEventListener("abort", abort);
      if (error === null) resolve(new MysqlConnection(driver, options, where));
      else {
        destroySocket(driver);
        reject(needsPassword(error, target));
      }
    });
  });
}

function needsPassword(error: Error, { password }: Target): Error {
  const { code } = error as { code?: unknown };
  if (password !== null || code !== "ER_ACCESS_DENIED_ERROR") return error;
  return new ConfigError("The database asks for a password: set connection.password");
}
