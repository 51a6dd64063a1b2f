import type { ConnectionSettings } from "../dialect.ts";
import { type HostPort, splitOnce, UrlReader } from "../url-parts.ts";

const DEFAULT_PORT = 3306;

/** Where a connection goes and what its properties say, the URL's own before the `connection.…` keys. */
export interface Target {
  /** Tried in this order. */
  readonly hosts: readonly HostPort[];
  /** Null where the URL names none. */
  readonly database: string | null;
  readonly user: string;
  readonly password: (() => string) | null;
  /** Driver properties as Connector/J and MariaDB's driver name them, passwords included. */
  readonly properties: ReadonlyMap<string, string>;
  readonly applicationName: string;
}

/**
 * Reads `jdbc:mysql://host:port,host:port/database?property=value`, and the same with
 * `mariadb` (Connector/J: "Connection URL Syntax").
 * @throws {ConfigError} when the URL cannot be read; what may be a password is not shown (I5)
 */
export function parseTarget(settings: ConnectionSettings): Target {
  const reader = new UrlReader(withoutSecrets(settings.url));
  const [scheme, rest] = splitOnce(settings.url, "//");
  if (rest === undefined || !/^jdbc:(mysql|mariadb):$/.test(scheme)) {
    throw reader.invalid(
      "Write it as jdbc:mysql://host:port/database; load balancing, replication and DNS service names are not supported: list the hosts, separated by commas, to have them tried in turn",
    );
  }
  const [location, query = ""] = splitOnce(rest, "?");
  const [hosts, database = ""] = splitOnce(location, "/");
  const properties = new Map([...settings.properties, ...reader.pairs(query, "&")]);
  const inUrl = properties.get("password");
  return {
    hosts: reader.hosts(hosts, DEFAULT_PORT),
    database: reader.decode(database) || null,
    user: properties.get("user") ?? settings.user ?? "",
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
