import { userInfo } from "node:os";
import type { ConnectionSettings } from "../dialect.ts";
import { type HostPort, splitOnce, UrlReader } from "../url-parts.ts";

const PREFIX = "jdbc:postgresql:";
const DEFAULT_PORT = 5432;

/** Where a connection goes and what its properties say, the URL's own before the `connection.…` keys. */
export interface Target {
  /** Tried in this order. */
  readonly hosts: readonly HostPort[];
  readonly database: string;
  readonly user: string;
  /** Told only when the server asks for it; null when there is none. */
  readonly password: (() => string) | null;
  /** Driver properties as pgjdbc names them, passwords included. */
  readonly properties: ReadonlyMap<string, string>;
  /** Where `ApplicationName` does not say otherwise. */
  readonly applicationName: string;
}

/**
 * Reads `jdbc:postgresql://host:port,host:port/database?property=value` and its shorter
 * forms (pgjdbc: `Driver.parseURL`). A property in the URL goes before the setting of
 * the same name, as there.
 * @throws {ConfigError} when the URL cannot be read; what may be a password is not shown (I5)
 */
export function parseTarget(settings: ConnectionSettings): Target {
  const reader = new UrlReader(withoutSecrets(settings.url));
  const [location, query = ""] = splitOnce(settings.url.slice(PREFIX.length), "?");
  const properties = new Map([...settings.properties, ...reader.pairs(query, "&")]);
  const user = properties.get("user") ?? settings.user ?? userInfo().username;
  const inUrl = properties.get("password");
  const [hosts, database] = location.startsWith("//")
    ? splitOnce(location.slice(2), "/")
    : ["", location.replace(/^\//, "")];
  return {
    hosts: reader.hosts(hosts, DEFAULT_PORT),
    database: reader.decode(database ?? "") || user,
    user,
    password: inUrl === undefined ? settings.password : () => inUrl,
    properties,
    applicationName: settings.applicationName,
  };
}

/** The URL without what may be a password: its query, and what stands before an @. */
export function withoutSecrets(url: string): string {
  const [location, query] = splitOnce(url, "?");
  return location.replace(/[^/]*@/, "…@") + (query === undefined ? "" : "?…");
}
