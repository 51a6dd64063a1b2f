import type { Props } from "@millrace/connect-api";
import {
  type ConnectionSettings,
  type Isolation,
  ISOLATIONS,
  type SelectOptions,
  TimeZone,
} from "@millrace/jdbc-dialects";
import { type Config, granularityOf, numericMappingOf, quotingOf } from "./config.ts";

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
    applicationName: "millrace-jdbc-source",
    isolation: isolationOf(config),
    readOnly: true,
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
    quoting: quotingOf(config),
    batchRows: config["batch.max.rows"],
  };
}

function isolationOf(config: Config): Isolation {
  const named = config["transaction.isolation.mode"].toUpperCase();
  return ISOLATIONS.find((known) => known === named) ?? "DEFAULT";
}
