import {
  type Identifiers,
  plainName,
  splitNames,
  type TableFilter,
  type TableId,
} from "@millrace/jdbc-dialects";
import type { Props } from "@millrace/connect-api";
import type { Config } from "../config.ts";
import { namesOf } from "./names.ts";
import { regexOf } from "./regexes.ts";

/** Which of the listed tables are read. */
export interface SelectedTables {
  readonly selected: readonly TableId[];
  /** What the whitelist names and is not there. */
  readonly missing: readonly string[];
}

/** What to ask the database for. */
export function listFilter(config: Config): TableFilter {
  return {
    catalogPattern: config["catalog.pattern"],
    schemaPattern: config["schema.pattern"],
    types: config["table.types"].map((type) => type.toUpperCase()),
  };
}

/**
 * The tables that the lists leave of those found. As in Java (`TableMonitorThread`,
 * `TableCollectionUtils`) a name in a list matches exactly, as `name`, `schema.name` or
 * quoted, and a regular expression the whole of `schema.name`.
 */
export function selectTables(
  rules: Identifiers,
  found: readonly TableId[],
  config: Config,
  props: Props,
): SelectedTables {
  // As it was written: a comma within quotes belongs to the name.
  const whitelist = splitNames(rules, props["table.whitelist"] ?? "");
  const blacklist = splitNames(rules, props["table.blacklist"] ?? "");
  const include = config["table.include.list"].map((text) => regexOf("table.include.list", text));
  const exclude = config["table.exclude.list"].map((text) => regexOf("table.exclude.list", text));
  const isIn = (list: readonly string[], table: TableId) =>
    namesOf(rules, table).some((name) => list.includes(name));
  const selected = found.filter((table) => {
    const name = plainName(table);
    return (
      (whitelist.length === 0 || isIn(whitelist, table)) &&
      !isIn(blacklist, table) &&
      (include.length === 0 || include.some((regex) => regex.test(name))) &&
      !exclude.some((regex) => regex.test(name))
    );
  });
  const known = new Set(found.flatMap((table) => namesOf(rules, table)));
  return { selected, missing: whitelist.filter((name) => !known.has(name)) };
}

/** Whether the configuration narrows down which tables are read. */
export const hasFilter = (config: Config): boolean =>
  config["table.whitelist"].length > 0 ||
  config["table.blacklist"].length > 0 ||
  config["table.include.list"].length > 0;
