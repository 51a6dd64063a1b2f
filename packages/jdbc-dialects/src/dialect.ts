import type { Identifiers } from "./identifiers.ts";
import type { Parameter, Session } from "./session.ts";

/** Where and as whom to connect. */
export interface ConnectionSettings {
  readonly url: string;
  readonly user: string | null;
  /** Told only when the server asks for it. */
  readonly password: (() => string) | null;
  /** The `connection.…` keys that are the driver's, without that prefix. */
  readonly properties: ReadonlyMap<string, string>;
  /** How the server lists this client, where the settings do not say. */
  readonly applicationName: string;
  /** `transaction.isolation.mode`: what transactions run with; DEFAULT leaves it to the server. */
  readonly isolation: Isolation;
  /** The connection only reads: nothing is made that is not there. */
  readonly readOnly?: boolean;
}

export const ISOLATIONS = [
  "DEFAULT",
  "READ_UNCOMMITTED",
  "READ_COMMITTED",
  "REPEATABLE_READ",
  "SERIALIZABLE",
  "SQL_SERVER_SNAPSHOT",
] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** How statements are spelt that every database knows. */
export interface Spelling {
  /** The placeholder of a parameter, by its number, counted from 1; with a cast where the driver needs it. */
  placeholder(number: number, value: Parameter): string;
  /** The statement, which is ordered, for its first rows only. */
  limited(sql: string, rows: number): string;
  /** Whether every query of the user's is read as a derived table, so that its columns can be cast. */
  readonly derivesQueries: boolean;
  /** What stands between a derived table and its alias: ` AS `, or a blank for Oracle. */
  readonly alias: string;
}

/**
 * What is particular to one kind of database. Each is a folder beside `postgresql/`, of
 * the same files: `index.ts` is the dialect and loads no driver, `url.ts` reads the JDBC
 * URL, `faults.ts` says what errors mean, `client.ts` alone imports the driver, once a
 * connection is asked for, `session.ts` is the connection, `catalog.ts` asks for tables
 * and columns, `column-types.ts` makes Connect values of what is read.
 */
export interface Dialect {
  /** Java's name for it, as in `dialect.name`. */
  readonly name: string;
  /** For people: `PostgreSQL`. */
  readonly title: string;
  /** What follows `jdbc:` in its URLs. */
  readonly subprotocols: readonly string[];
  /** A URL that people can follow. */
  readonly exampleUrl: string;
  /** Not tried against a real server in every test run. */
  readonly experimental: boolean;
  readonly identifiers: Identifiers;
  readonly spelling: Spelling;
  /** The URL without what may be a password (I5). */
  withoutSecrets(url: string): string;
  /**
   * What is wrong with the settings, and what of them has no effect here.
   * @throws {ConfigError} when the URL cannot be read or asks for what is not supported
   */
  checkSettings(settings: ConnectionSettings): { readonly warnings: readonly string[] };
  /**
   * Connects once.
   * @throws {RetriableError} when the database cannot be reached
   * @throws {ConnectError} when it refuses, or its driver is not installed
   */
  connect(settings: ConnectionSettings, signal: AbortSignal): Promise<Session>;
}
