import { ConfigError, ConnectError } from "@millrace/connect-api";
import type { TableColumn, TableId } from "../dialect/dialect.ts";
import { plainName } from "../tables.ts";
import { isWhole } from "./incrementing.ts";

const KEY = "incrementing.column.name";

/**
 * The table's incrementing column, by the catalog's name for it. Without a configured
 * name it is the first one filled from a sequence.
 * @throws {ConfigError} when there is none, or it is no whole number
 * @throws {ConnectError} when it is nullable, unless `validate.non.null` is off
 */
export function incrementingColumn(
  table: TableId,
  columns: readonly TableColumn[],
  configured: string,
  validateNonNull: boolean,
): string {
  const where = `table ${plainName(table)}`;
  const column = configured === "" ? firstSequence(columns) : named(columns, configured);
  if (column === undefined) {
    const why =
      configured === ""
        ? `No column of ${where} is filled from a sequence; name the incrementing column`
        : `Incrementing column does not exist in ${where}; it has ${columns.map(({ name }) => name).join(", ")}`;
    throw new ConfigError(KEY, configured, why);
  }
  if (column.schema === undefined || !isWhole(column.schema)) {
    throw new ConfigError(
      KEY,
      column.name,
      `The column is of type ${column.type} in ${where}; an incrementing column has to be smallint, integer, bigint or numeric without a fraction, and not mapped to a double by numeric.mapping`,
    );
  }
  if (validateNonNull && column.schema.optional) {
    throw new ConnectError(
      `Cannot make incremental queries using incrementing column ${column.name} on ${plainName(table)} because this column is nullable. Make it NOT NULL, choose another ${KEY}, or set validate.non.null to false: rows without a value are then never read`,
    );
  }
  return column.name;
}

function firstSequence(columns: readonly TableColumn[]): TableColumn | undefined {
  return columns.find(({ autoIncrement }) => autoIncrement);
}

/** The column of exactly this name, else the only one that differs by case alone. */
function named(columns: readonly TableColumn[], name: string): TableColumn | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const similar = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return similar.length === 1 ? similar[0] : undefined;
}
