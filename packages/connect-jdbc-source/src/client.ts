import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { ConfigError, ConnectError, isConnectError, RetriableError } from "@millrace/connect-api";
import { Client } from "pg";
import type { Target } from "./postgresql/connection-url.ts";
import { connectTimeoutMs, tlsChoices } from "./postgresql/driver-properties.ts";

/** How long ending a connection may take before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 1000;

/** What an SQLSTATE means for the caller. */
interface Fault {
  readonly retriable: boolean;
  /** What to change. */
  readonly remedy?: string;
}

const passes: Fault = { retriable: true };
const stays = (remedy?: string): Fault => ({ retriable: false, ...(remedy && { remedy }) });

/**
 * What errors mean, by SQLSTATE or by its class, the first two characters (PostgreSQL
 * documentation, appendix A). What is not here will not pass by itself.
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  "08": passes, // connection exceptions
  "25P03": passes, // idle in transaction for too long
  "28": stays("Check connection.user, and what pg_hba.conf allows it"),
  "28P01": stays("Check connection.user and connection.password"),
  "3D000": stays("Correct the database's name in connection.url, or create it"),
  "40": passes, // serialization failure, deadlock, conflict with recovery on a standby
  "42501": stays("GRANT SELECT on the table, and USAGE on its schema, to connection.user"),
  "42601": stays("If a name is a reserved word, set quote.sql.identifiers to always"),
  "42703": stays("Correct incrementing.column.name, or add the column"),
  "42P01": stays("Create the table or take it out of table.whitelist, then restart the connector"),
  "53": passes, // out of connections, memory or disk
  "55": passes, // not in the state it takes: locked, in use
  "57": passes, // cancelled, shutting down, starting up
  "57P04": stays("Correct the database's name in connection.url"), // dropped
  "58": passes, // input and output of the server
};

const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/**
 * Turns what the driver or the server says into an error of ours; errors of ours stay.
 * @param attempted what failed, e.g. `Could not read table public.users`
 * @param where `host:port/database`
 */
export function translate(error: unknown, attempted: string, where: string): ConnectError {
  if (isConnectError(error)) return error;
  const { message, code } = detailsOf(error);
  const fault = code === "" ? faultInWords(message) : faultOf(code);
  const isSqlState = /^[0-9A-Z]{5}$/.test(code) && !NETWORK.has(code);
  const said = isSqlState ? `${message} (SQLSTATE ${code})` : message;
  const text = `${attempted} (${where}): ${said}${fault.remedy ? `. ${fault.remedy}` : ""}`;
  return fault.retriable
    ? new RetriableError(text, { cause: error })
    : new ConnectError(text, { cause: error });
}

/** True where the server refuses this user, so that another password or user is called for. */
export function isAuthenticationRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return detailsOf(cause).code.startsWith("28");
}

function faultOf(code: string): Fault {
  const known = FAULTS[code] ?? FAULTS[code.slice(0, 2)];
  if (known !== undefined) return known;
  if (NETWORK.has(code))
    return { retriable: true, remedy: "Check connection.url, and that the database runs" };
  if (/CERT|SIGNED|SIGNATURE|SSL|TLS|ISSUER/.test(code)) {
    return stays("Check connection.sslmode and connection.sslrootcert");
  }
  return stays();
}

/** The driver's own errors have no code. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/^Connection terminated|^timeout expired|was lost$|given up$|is not queryable$/, passes],
  [/^SASL/, stays("Check connection.user and connection.password")],
  [
    /does not support SSL/,
    stays("Turn on ssl in the server, or set connection.sslmode to prefer or disable"),
  ],
];

function faultInWords(message: string): Fault {
  return WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? stays();
}

function detailsOf(error: unknown): { message: string; code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: "" };
  // Several addresses of one host, each with its error.
  if (error instanceof AggregateError && error.errors.length > 0) return detailsOf(error.errors[0]);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { message: error.message, code };
}

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
    const results: unknown = await this.#client.query({
      text: sql,
      rowMode: "array",
      types: { getTypeParser: () => (text: unknown) => text },
    });
    const list = Array.isArray(results) ? results : [results];
    // The driver's types know neither several statements nor these parsers.
    return (list as { rows: (string | null)[][] }[]).map(({ rows }) => rows);
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
      const failure = translate(error, "Could not connect to PostgreSQL", where);
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
  const { message, code } = detailsOf(error);
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
    application_name: target.properties.get("ApplicationName") ?? "millrace-jdbc-source",
    ...(options !== undefined && { options }),
  });
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
