import { ConfigError, ConnectError } from "@millrace/connect-api";
import { type Origin, plainName, type ResultColumn } from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import { nameOf } from "../destination.ts";
import { mappedColumns } from "../tables/column-mapping.ts";
import { findColumn, namesOfColumns } from "./find-column.ts";
import { isWhole } from "./whole-number.ts";

const KEY = "incrementing.column.name";
const MAPPING = "incrementing.column.mapping";

/**
 * The incrementing column of a table or query, by the database's name for it. Without a
 * configured name it is the first one filled from a sequence.
 * @throws {ConfigError} when there is none, or it is no whole number
 * @throws {ConnectError} when a table's is nullable, unless `validate.non.null` is off
 */
export function incrementingColumn(
  origin: Origin,
  columns: readonly ResultColumn[],
  config: Config,
): string {
  const where = nameOf(origin);
  const mapped =
    "query" in origin ? undefined : mappedColumns(MAPPING, config[MAPPING], origin.table)?.[0];
  const [key, configured] = mapped === undefined ? [KEY, config[KEY]] : [MAPPING, mapped];
  const column = configured === "" ? firstSequence(columns) : findColumn(columns, configured);
  if (column === undefined) {
    const why =
      configured === ""
        ? `No column of ${where} is filled from a sequence; name the incrementing column`
        : `Incrementing column does not exist in ${where}; it has ${namesOfColumns(columns)}`;
    throw new ConfigError(key, configured, why);
  }
  if (column.schema === undefined || !isWhole(column.schema)) {
    throw new ConfigError(
      key,
      column.name,
      `The column is of type ${column.type} in ${where}; an incrementing column has to be a whole number, such as smallint, integer, bigint or numeric without a fraction, and not mapped to a double by numeric.mapping`,
    );
  }
  if (config["validate.non.null"] && column.schema.optional && "table" in origin) {
    throw new ConnectError(
      `Cannot make incremental queries using incrementing column ${column.name} on ${plainName(origin.table)} because this column is nullable. Make it NOT NULL, choose another ${key}, or set validate.non.null to false: rows without a value are then never read`,
    );
  }
  return column.name;
}

function firstSequence(columns: readonly ResultColumn[]): ResultColumn | undefined {
  return columns.find(({ autoIncrement }) => autoIncrement);
}
