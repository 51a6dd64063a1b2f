import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { ConfigError, type ConnectError, RetriableError } from "@millrace/connect-api";
import { Client } from "pg";
import { translate } from "../faults.ts";
import type { DriverValue } from "../session.ts";
import { connectTimeoutMs, tlsChoices } from "./driver-properties.ts";
import { POSTGRES_FAULTS, readPostgresError } from "./faults.ts";
import type { Target } from "./url.ts";

/** How long ending a connection may take before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 1000;

const AS_TEXT = {
  rowMode: "array" as const,
  types: { getTypeParser: () => (text: unknown) => text },
};

/** A driver connection that row streams can borrow the socket of. */
export class PostgresConnection {
  readonly where: string;
  readonly #client: Client;
  #lost = false;

  constructor(client: Client, where: string) {
    this.#client = client;
    this.where = where;
    // Whoever waits for the connection hears of its end; this keeps the driver from throwing it.
    client.on("error", () => {
      this.#lost = true;
    });
    client.on("end", () => {
      this.#lost = true;
    });
  }

  get usable(): boolean {
    return !this.#lost;
  }

  /** Runs statements by the simple protocol; rows of text, one array per statement. */
  async query(sql: string): Promise<(string | null)[][][]> {
    const results: unknown = await this.#client.query({ text: sql, ...AS_TEXT });
    const list = Array.isArray(results) ? results : [results];
    // The driver's types know neither several statements nor these parsers.
    return (list as { rows: (string | null)[][] }[]).map(({ rows }) => rows);
  }

  /** Runs one statement with parameters: its rows as text, and how many it changed. */
  async run(
    sql: string,
    values: readonly DriverValue[],
  ): Promise<{ rows: (string | null)[][]; changed: number }> {
    const { rows, rowCount } = await this.#client.query<(string | null)[]>({
      text: sql,
      values: [...values],
      ...AS_TEXT,
    });
    return { rows, changed: rowCount ?? 0 };
  }

  /** Says that the connection cannot be used any more. */
  giveUp(): void {
    this.#lost = true;
  }

  /**
   * Takes the socket from the driver, which must be idle, until it is given back. What
   * arrives meanwhile is the borrower's alone.
   */
  borrowSocket(onData: (chunk: Buffer) => void): { socket: Duplex; giveBack: () => void } {
    const socket = this.#client.connection.stream;
    if (socket.destroyed) throw new Error("The connection was lost");
    const listeners = socket.listeners("data");
    socket.removeAllListeners("data");
    socket.on("data", onData);
    return {
      socket,
      giveBack: () => {
        socket.removeListener("data", onData);
        // They came from `listeners("data")`.
        for (const listener of listeners) socket.on("data", listener as (chunk: Buffer) => void);
        socket.resume();
      },
    };
  }

  /** Ends the connection; with a query running, cancels that first. Never throws. */
  async close(isRunning: boolean): Promise<void> {
    this.#lost = true;
    const socket = this.#client.connection.stream;
    if (isRunning) {
      await this.#cancel();
    } else {
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
      await this.#client.end().catch(() => undefined);
      clearTimeout(timer);
    }
    socket.destroy();
  }

  /**
   * Asks the server, on a connection of its own as the protocol has it, to cancel what
   * this connection runs (PostgreSQL documentation, "Canceling Requests in Progress").
   */
  async #cancel(): Promise<void> {
    // The driver keeps the key to cancel with, but its types do not say so.
    const { processID, secretKey } = this.#client as unknown as {
      processID: number;
      secretKey: number;
    };
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const socket = createConnection({ host: this.#client.host, port: this.#client.port });
    socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy());
    socket.once("connect", () => socket.end(request));
    socket.resume();
    await new Promise<void>((resolve) => {
      // Nothing to be done about a failure: the server notices the lost connection later.
      socket.once("error", () => resolve());
      socket.once("close", () => resolve());
    });
  }
}

/**
 * Connects to the first host that answers.
 * @throws {RetriableError} when none does
 * @throws {ConnectError} when the server refuses; {ConfigError} for settings that cannot be used
 */
export async function connectPostgres(
  target: Target,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const failures: ConnectError[] = [];
  for (const { host, port } of target.hosts) {
    const where = `${host}:${port}/${target.database}`;
    try {
      return new PostgresConnection(await connectHost(target, host, port, signal), where);
    } catch (error) {
      const failure = translate(POSTGRES_FAULTS, error, "Could not connect to PostgreSQL", where);
      if (!failure.retriable) throw failure;
      failures.push(failure);
    }
  }
  const [first, ...others] = failures;
  if (others.length === 0 && first !== undefined) throw first;
  throw new RetriableError(failures.map(({ message }) => message).join("; "), { cause: first });
}

/** With sslmode prefer and allow, the second choice where the server does not take the first. */
async function connectHost(
  target: Target,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Client> {
  const [first = false, second] = tlsChoices(target);
  try {
    return await connectOnce(target, host, port, first, signal);
  } catch (error) {
    if (second === undefined || !mayTakeOther(error)) throw error;
    return connectOnce(target, host, port, second, signal);
  }
}

function mayTakeOther(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { message, code } = readPostgresError(error);
  return message.includes("does not support SSL") || code === "28000";
}

async function connectOnce(
  target: Target,
  host: string,
  port: number,
  ssl: ConnectionOptions | false,
  signal: AbortSignal,
): Promise<Client> {
  signal.throwIfAborted();
  const options = target.properties.get("options");
  const client = new Client({
    host,
    port,
    database: target.database,
    user: target.user,
    // A function, so that the driver never looks for a password of its own.
    password: () => {
      if (target.password !== null) return target.password();
      throw new ConfigError("The database asks for a password: set connection.password");
    },
    ssl,
    sslnegotiation: target.properties.get("sslNegotiation") === "direct" ? "direct" : "postgres",
    connectionTimeoutMillis: connectTimeoutMs(target),
    keepAlive: true,
    application_name: target.properties.get("ApplicationName") ?? target.applicationName,
    ...(options !== undefined && { options }),
  });
  // The server may end the connection in the same breath in which it lets us in: nobody listens yet,
  // and the driver would throw. The next statement hears of it.
  client.on("error", () => undefined);
  const abort = () => client.connection.stream.destroy(new Error("The attempt was given up"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.connection.stream.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
