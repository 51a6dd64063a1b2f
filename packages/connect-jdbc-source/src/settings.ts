import type { Props } from "@millrace/connect-api";
import { type Config, granularityOf, numericMappingOf } from "./config.ts";
import type { ConnectionSettings, SelectOptions } from "./dialect/dialect.ts";
import { TimeZone } from "./time-zone.ts";

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
  };
}

export function selectOptions(config: Config): SelectOptions {
  return {
    types: {
      numericMapping: numericMappingOf(config),
      granularity: granularityOf(config),
      timeZone: TimeZone.of(config["db.timezone"]),
      calendar: config["date.calendar.system"],
    },
    quoting: config["quote.sql.identifiers"].toLowerCase() === "never" ? "never" : "always",
    batchRows: config["batch.max.rows"],
  };
}
