import { ConfigError, ConnectError } from "@millrace/connect-api";
import { type Origin, plainName, type ResultColumn } from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import { nameOf } from "../destination.ts";
import { mappedColumns } from "../tables/column-mapping.ts";
import { findColumn, namesOfColumns } from "./find-column.ts";

const KEY = "timestamp.column.name";
const MAPPING = "timestamp.columns.mapping";

/**
 * The columns that say when a row was changed, by the database's names for them.
 * @throws {ConfigError} when there are none, or they are no times
 * @throws {ConnectError} when all of a table's are nullable, unless `validate.non.null` is off
 */
export function timestampColumns(
  origin: Origin,
  columns: readonly ResultColumn[],
  config: Config,
): string[] {
  const [key, names] = configured(origin, config);
  const where = nameOf(origin);
  const found = names.map((name) => {
    const column = findColumn(columns, name);
    if (column === undefined) {
      throw new ConfigError(
        key,
        name,
        `Timestamp column does not exist in ${where}; it has ${namesOfColumns(columns)}`,
      );
    }
    if (!column.isTimestamp) {
      throw new ConfigError(
        key,
        name,
        `The column is of type ${column.type} in ${where}; it has to be a timestamp, or a date`,
      );
    }
    return column;
  });
  const canBeNull = found.every(({ schema }) => schema?.optional ?? true);
  if (config["validate.non.null"] && canBeNull && "table" in origin) {
    throw new ConnectError(
      `Cannot make incremental queries using timestamp columns ${namesOfColumns(found)} on ${plainName(origin.table)} because all of these columns are nullable. Make one NOT NULL, or set validate.non.null to false: rows without a time are then never read`,
    );
  }
  return found.map(({ name }) => name);
}

function configured(origin: Origin, config: Config): [key: string, names: readonly string[]] {
  const mapping = config[MAPPING];
  if (mapping.length === 0 || "query" in origin) return [KEY, config[KEY]];
  const mapped = mappedColumns(MAPPING, mapping, origin.table);
  if (mapped !== undefined) return [MAPPING, mapped];
  throw new ConfigError(
    MAPPING,
    mapping.join(","),
    `Table ${plainName(origin.table)} matches none of its regular expressions; every table has to match one`,
  );
}
