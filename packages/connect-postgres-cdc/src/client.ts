import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { ConfigError, RetriableError } from "@millrace/connect-api";
import { Client, type ClientConfig } from "pg";
import type { Config } from "./config.ts";
import { detailsOf, translate } from "./faults.ts";
import { tlsChoices } from "./tls.ts";

/** How long ending a connection may take before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Decides how the server writes values as text, for queries and for the log alike: the
 * readers in `types/` know these forms only.
 */
const TEXT_FORMS = [
  "DateStyle=ISO",
  "IntervalStyle=postgres",
  "TimeZone=UTC",
  "bytea_output=hex",
  "extra_float_digits=3",
  "lc_monetary=C",
];

export type Rows = (string | null)[][];

/** A driver connection whose socket can be borrowed. */
export class Connection {
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

  /**
   * Runs statements by the simple protocol.
   * @param attempted what is tried, for the error: `Could not … `
   * @returns the rows of the last statement, as text
   */
  async query(sql: string, attempted: string): Promise<Rows> {
    try {
      const results: unknown = await this.#client.query({
        text: sql,
        rowMode: "array",
        types: { getTypeParser: () => (text: unknown) => text },
      });
      const last = Array.isArray(results) ? results.at(-1) : results;
      // The driver's types know neither several statements nor these parsers.
      return (last as { rows: Rows }).rows;
    } catch (error) {
      throw translate(error, attempted, this.where);
    }
  }

  /**
   * Takes the socket from the driver, which must be idle, until it is given back. What
   * arrives meanwhile is the borrower's alone.
   */
  borrowSocket(onData: (chunk: Buffer) => void): { socket: Duplex; giveBack: () => void } {
    const socket = this.#client.connection.stream;
    if (this.#lost || socket.destroyed) {
      throw new RetriableError(`The connection to PostgreSQL was lost (${this.where})`);
    }
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

  /** Ends the connection, at once where its socket is borrowed or a query runs. Never throws. */
  async close(atOnce = false): Promise<void> {
    const socket = this.#client.connection.stream;
    if (!atOnce && !this.#lost) {
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
      await this.#client.end().catch(() => undefined);
      clearTimeout(timer);
    }
    this.#lost = true;
    socket.destroy();
  }
}

export interface ConnectOptions {
  /** A connection of the replication protocol, which also takes simple queries. */
  readonly replication?: boolean;
  /** Milliseconds a statement may take; 0 for no limit. */
  readonly statementTimeoutMs?: number;
}

/**
 * Connects.
 * @throws {RetriableError} when the server is not reached
 * @throws {ConnectError} when it refuses; {ConfigError} for settings that cannot be used
 */
export async function connect(
  config: Config,
  signal: AbortSignal,
  options: ConnectOptions = {},
): Promise<Connection> {
  const where = `${config["database.hostname"]}:${config["database.port"]}/${config["database.dbname"]}`;
  try {
    return new Connection(await connectInTurn(config, signal, options), where);
  } catch (error) {
    if (signal.aborted) throw new RetriableError("The attempt to connect was given up");
    throw translate(error, "Could not connect to PostgreSQL", where);
  }
}

/** With sslmode prefer and allow, the second choice where the server does not take the first. */
async function connectInTurn(
  config: Config,
  signal: AbortSignal,
  options: ConnectOptions,
): Promise<Client> {
  const [first = false, second] = tlsChoices(config);
  try {
    return await connectOnce(config, first, signal, options);
  } catch (error) {
    if (second === undefined || !mayTakeOther(error)) throw error;
    return connectOnce(config, second, signal, options);
  }
}

function mayTakeOther(error: unknown): boolean {
  const { message, code } = detailsOf(error);
  return message.includes("does not support SSL") || code === "28000";
}

async function connectOnce(
  config: Config,
  ssl: ConnectionOptions | false,
  signal: AbortSignal,
  { replication = false, statementTimeoutMs = 0 }: ConnectOptions,
): Promise<Client> {
  signal.throwIfAborted();
  const password = config["database.password"];
  const forms = [...TEXT_FORMS, `statement_timeout=${statementTimeoutMs}`];
  const settings: ClientConfig & { replication?: string } = {
    host: config["database.hostname"],
    port: config["database.port"],
    database: config["database.dbname"],
    user: config["database.user"],
    // A function, so that the driver never looks for a password of its own.
    password: () => {
      if (password !== null) return password.value();
      throw new ConfigError("The server asks for a password: set database.password");
    },
    ssl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: config["database.tcpKeepAlive"],
    application_name: "millrace-postgres-cdc",
    options: forms.map((form) => `-c ${form}`).join(" "),
    ...(replication && { replication: "database" }),
  };
  const client = new Client(settings);
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

/** An identifier in double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes. */
export function quoteText(text: string): string {
  const escaped = text.replaceAll("'", "''");
  return escaped.includes("\\") ? `E'${escaped.replaceAll("\\", "\\\\")}'` : `'${escaped}'`;
}
