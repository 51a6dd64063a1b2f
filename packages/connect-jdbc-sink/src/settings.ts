import type { Props } from "@millrace/connect-api";
import {
  type ConnectionSettings,
  connectionSettings as settingsOf,
  type Dialect,
  findDialect,
  type QuoteMethod,
  type TemporalOptions,
  TimeZone,
} from "@millrace/jdbc-dialects";
import type { Config } from "./config.ts";

export function connectionSettings(config: Config, props: Props): ConnectionSettings {
  return settingsOf(config, props, {
    applicationName: "millrace-jdbc-sink",
    isolation: "DEFAULT",
  });
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
