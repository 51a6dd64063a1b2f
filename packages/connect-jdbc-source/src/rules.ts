import { ConfigError } from "@millrace/connect-api";
import { type Config, modeOf, MODES, queryOf, usesIncrementing, usesTimestamp } from "./config.ts";

/** A key, and what is wrong with it beside the others. */
export interface Fault {
  readonly key: string;
  readonly why: string;
}

const isSet = (config: Config, key: keyof Config): boolean => {
  const value = config[key];
  return Array.isArray(value) ? value.length > 0 : value !== "" && value !== null;
};

/** Keys that choose tables and columns by exact name, and those that do by regular expression. */
const BY_NAME = [
  "table.whitelist",
  "table.blacklist",
  "incrementing.column.name",
  "timestamp.column.name",
] as const;
const BY_REGEX = [
  "table.include.list",
  "table.exclude.list",
  "incrementing.column.mapping",
  "timestamp.columns.mapping",
] as const;
const TABLE_FILTERS = [
  "table.whitelist",
  "table.blacklist",
  "table.include.list",
  "table.exclude.list",
] as const;

/**
 * What keys that are right by themselves say against each other (Java:
 * `JdbcSourceConnectorValidation`). Unlike there a configuration without any table filter
 * reads every table, as older versions did.
 */
export function brokenRules(config: Config): Fault[] {
  const faults: Fault[] = [];
  const refuse = (key: string, why: string) => faults.push({ key, why });
  const set = <K extends keyof Config>(keys: readonly K[]) =>
    keys.filter((key) => isSet(config, key));

  if (config.mode === "") {
    return [{ key: "mode", why: `Set it to one of: ${MODES.join(", ")}` }];
  }
  const mode = modeOf(config);
  const query = queryOf(config);

  if (isSet(config, "table.whitelist") && isSet(config, "table.blacklist")) {
    refuse("table.blacklist", "table.whitelist and table.blacklist exclude each other; set one");
  }
  if (isSet(config, "table.exclude.list") && !isSet(config, "table.include.list")) {
    refuse("table.exclude.list", "It takes tables out of table.include.list; set that as well");
  }
  const byName = set(BY_NAME);
  const byRegex = set(BY_REGEX);
  if (byName.length > 0 && byRegex.length > 0) {
    for (const key of byRegex) refuse(key, `It cannot be set together with ${byName.join(", ")}`);
  }
  for (const key of set(["incrementing.column.mapping", "timestamp.columns.mapping"] as const)) {
    if (!isSet(config, "table.include.list")) refuse(key, "It needs table.include.list");
  }

  if (query !== null) {
    if (config.query.trim() !== "" && query.masked) {
      refuse("query.masked", "query and query.masked exclude each other; set one");
    }
    for (const key of set(TABLE_FILTERS)) refuse(key, "It chooses tables, but a query is read");
    if (usesIncrementing(mode) && !isSet(config, "incrementing.column.name")) {
      refuse("incrementing.column.name", "A query needs the name of its incrementing column");
    }
  }

  const hasTimestamp =
    isSet(config, "timestamp.column.name") || isSet(config, "timestamp.columns.mapping");
  if (usesTimestamp(mode) && !hasTimestamp) {
    refuse("timestamp.column.name", `Mode ${mode} needs the columns that say when a row changed`);
  }
  if (config["watermark.safe"] && !usesTimestamp(mode)) {
    refuse(
      "watermark.safe",
      "It is about times: set mode to timestamp or timestamp+incrementing, or remove the key",
    );
  }
  return faults;
}

/** As Kafka Connect words it. */
export function ruleError(config: Config, { key, why }: Fault): ConfigError {
  return new ConfigError(key, key === "query.masked" ? "[hidden]" : shown(config, key), why);
}

/** @throws {ConfigError} for the first rule that is broken */
export function checkRules(config: Config): void {
  const [first] = brokenRules(config);
  if (first !== undefined) throw ruleError(config, first);
}

function shown(config: Config, key: string): unknown {
  const value: unknown = config[key as keyof Config];
  return Array.isArray(value) ? value.join(",") : value;
}
