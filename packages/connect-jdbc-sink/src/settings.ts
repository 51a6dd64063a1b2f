import type { Props } from "@millrace/connect-api";
import {
  type ConnectionSettings,
  type Dialect,
  findDialect,
  type QuoteMethod,
  type TemporalOptions,
  TimeZone,
} from "@millrace/jdbc-dialects";
import type { Config } from "./config.ts";

/** The `connection.…` keys that are the connector's own; all others go to the driver. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  "connection.url",
  "connection.user",
  "connection.password",
  "connection.attempts",
  "connection.backoff.ms",
]);

export function connectionSettings(config: Config, props: Props): ConnectionSettings {
  const password = config["connection.password"];
  return {
    url: config["connection.url"],
    user: config["connection.user"],
    password: password === null ? null : () => password.value(),
    properties: new Map(
      Object.entries(props)
        .filter(([key]) => key.startsWith("connection.") && !OWN_KEYS.has(key))
        .map(([key, value]) => [key.slice("connection.".length), value]),
    ),
    applicationName: "millrace-jdbc-sink",
    isolation: "DEFAULT",
  };
}

/** @throws {ConfigError} when there is none for the URL, or none of that name */
export const dialectOf = (config: Config): Dialect =>
  findDialect(config["connection.url"], config["dialect.name"]);

export function quotingOf(config: Config): QuoteMethod {
  const aiven = config["sql.quote.identifiers"];
  const never = aiven === null ? config["quote.sql.identifiers"].toLowerCase() === "never" : !aiven;
  return never ? "never" : "always";
}

export function temporalOptions(config: Config): TemporalOptions {
  const timeZone = TimeZone.of(config["db.timezone"]);
  const isUtc = config["date.timezone"].toLowerCase() === "utc";
  return {
    timeZone,
    dateZone: isUtc ? TimeZone.UTC : timeZone,
    calendar: config["date.calendar.system"],
  };
}
