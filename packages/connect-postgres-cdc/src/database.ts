import { ConnectError } from "@millrace/connect-api";
import { type Connection, connect } from "./client.ts";
import type { Config } from "./config.ts";
import { splitStatements } from "./statements.ts";

const OLDEST = 120_000;

/** The connection for everything but rows and the log, made when it is first needed and again when it was lost. */
export class Database {
  readonly #config: Config;
  readonly #signal: AbortSignal;
  #connection: Promise<Connection> | undefined;

  /** @param signal aborted when the task stops */
  constructor(config: Config, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
  }

  readonly get = async (): Promise<Connection> => {
    const current = await this.#connection?.catch(() => undefined);
    if (current?.usable === true) return current;
    this.#connection = connect(this.#config, this.#signal, {
      statementTimeoutMs: this.#config["database.query.timeout.ms"],
    });
    return this.#connection;
  };

  async close(atOnce = false): Promise<void> {
    const current = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    await current?.close(atOnce);
  }
}

/** A connection that reads tables: after `database.initial.statements`. */
export async function connectReader(config: Config, signal: AbortSignal): Promise<Connection> {
  const connection = await connect(config, signal);
  try {
    for (const statement of splitStatements(config["database.initial.statements"])) {
      await connection.query(statement, "Could not run database.initial.statements");
    }
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * The server's version (`server_version_num`), if it is new enough.
 * @throws {ConnectError} when it is not, or keeps no logical log
 */
export async function checkServer(connection: Connection): Promise<number> {
  const [row] = await connection.query(
    "SELECT current_setting('server_version_num'), current_setting('wal_level'), current_setting('server_version')",
    "Could not ask for the server's settings",
  );
  const [number, walLevel, text] = row ?? [];
  const version = Number(number);
  if (version < OLDEST) {
    throw new ConnectError(
      `PostgreSQL ${text} (${connection.where}) is too old: changes are read from PostgreSQL 12 and newer`,
    );
  }
  if (walLevel !== "logical") {
    throw new ConnectError(
      `The server (${connection.where}) has wal_level = ${walLevel}, and its log lacks what changes are made of. Set wal_level = logical in postgresql.conf and restart the server`,
    );
  }
  return version;
}

/** @throws {ConnectError} when the user may not replicate */
export async function checkRights(connection: Connection): Promise<void> {
  const [row] = await connection.query(
    `SELECT rolname, rolreplication OR rolsuper
       OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN ('rds_replication', 'rdsadmin')
         AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER'))
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
    "Could not ask for the user's rights",
  );
  const [user, mayReplicate] = row ?? [];
  if (mayReplicate === "t") return;
  throw new ConnectError(
    `database.user ${user} may not read the log (${connection.where}). Run ALTER ROLE "${user}" REPLICATION as a superuser`,
  );
}
