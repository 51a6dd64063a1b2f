import type { Props } from "@millrace/connect-api";
import {
  type ConnectionSettings,
  connectionSettings as settingsOf,
  type Isolation,
  ISOLATIONS,
  type SelectOptions,
  TimeZone,
} from "@millrace/jdbc-dialects";
import { type Config, granularityOf, numericMappingOf, quotingOf } from "./config.ts";

export function connectionSettings(config: Config, props: Props): ConnectionSettings {
  return settingsOf(config, props, {
    applicationName: "millrace-jdbc-source",
    isolation: isolationOf(config),
    readOnly: true,
  });
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
