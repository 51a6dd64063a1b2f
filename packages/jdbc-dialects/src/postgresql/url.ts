import { userInfo } from "node:os";
import { ConfigError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";

const PREFIX = "jdbc:postgresql:";
const DEFAULT_PORT = 5432;

/** Where a connection goes and what its properties say, the URL's own before the `connection.…` keys. */
export interface Target {
  /** Tried in this order. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
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
  const [location, query = ""] = splitOnce(settings.url.slice(PREFIX.length), "?");
  const properties = new Map([...settings.properties, ...readQuery(query, settings.url)]);
  const user = properties.get("user") ?? settings.user ?? userInfo().username;
  const inUrl = properties.get("password");
  const [hosts, database] = location.startsWith("//")
    ? splitOnce(location.slice(2), "/")
    : ["", location.replace(/^\//, "")];
  return {
    hosts: (hosts === "" ? "localhost" : hosts)
      .split(",")
      .map((text) => readHost(text, settings.url)),
    database: decode(database ?? "", settings.url) || user,
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

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function readHost(text: string, url: string): { host: string; port: number } {
  if (text.includes("@")) {
    throw invalid(url, "Give user and password as connection.user and connection.password");
  }
  const match = /^(\[[^\]]+\]|[^:[\]]*)(?::(\d+))?$/.exec(text);
  const port = Number(match?.[2] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535) {
    throw invalid(url, `Not a host, or host:port: ${text}`);
  }
  const host = decode(match[1] ?? "", url).replace(/^\[|\]$/g, "");
  return { host: host === "" ? "localhost" : host, port };
}

function readQuery(query: string, url: string): [string, string][] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name, value = ""] = splitOnce(pair, "=");
      return [decode(name, url), decode(value, url)];
    });
}

function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(
      url,
      "A % in it is not followed by two hexadecimal digits; write %25 for the sign itself",
    );
  }
}

function invalid(url: string, why: string): ConfigError {
  return new ConfigError("connection.url", withoutSecrets(url), why);
}
