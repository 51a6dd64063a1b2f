import { type QuoteMethod, quoteTable, type TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import { columnClause, createTable, noType } from "../writing/definitions.ts";
import type { Kind } from "../writing/kind.ts";
import type { NewColumn, TableDefinition, Writing } from "../writing/writing.ts";
import { MYSQL_IDENTIFIERS as NAMES } from "./index.ts";
import { literal } from "./literal.ts";
import { prepare } from "./statements.ts";

/** How tables of MySQL and MariaDB are made and written to (Java: `MySqlDatabaseDialect`). */
export const MYSQL_WRITING: Writing = {
  columnType,
  binder: binderOf,
  literal: defaultLiteral,
  createTable: (table, columns, quoting) =>
    createTable({ columnType, literal: defaultLiteral }, NAMES, table, columns, quoting),
  addColumns,
  describeTable,
  placeholder: () => "?",
  singleWriter: false,
  // Most collations fold case, and ignore blanks at the end.
  exactTextKeys: false,
  prepare,
};

/**
 * Texts and bytes of any length; those of a primary key as long as an index takes, compared letter
 * by letter, so that keys that differ in Kafka are different rows, unless by blanks at their end.
 */
function columnType(kind: Kind, isKey: boolean): string {
  switch (kind.is) {
    case "int8":
    case "boolean":
      return "TINYINT";
    case "int16":
      return "SMALLINT";
    case "int32":
      return "INT";
    case "int64":
      return "BIGINT";
    case "float32":
      return "FLOAT";
    case "float64":
      return "DOUBLE";
    case "string":
      return isKey
        ? "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        : "LONGTEXT CHARACTER SET utf8mb4";
    case "bytes":
      return isKey ? "VARBINARY(255)" : "LONGBLOB";
    case "decimal":
      return `DECIMAL(65,${Math.min(30, Math.max(0, kind.scale))})`;
    case "variable_decimal":
      return "DECIMAL(65,30)";
    case "date":
      return "DATE";
    case "time":
      return `TIME(${Math.min(6, kind.digits)})`;
    case "timestamp":
      return `DATETIME(${Math.min(6, kind.digits)})`;
    case "zoned_timestamp":
      return "DATETIME(6)";
    case "zoned_time":
      return "VARCHAR(32)";
    case "uuid":
      return "CHAR(36)";
    case "json":
    case "array":
      return "JSON";
    case "any":
      return noType("MySQL", kind);
  }
}

/** In parentheses, as an expression: texts, JSON and bytes have no other defaults. */
function defaultLiteral(kind: Kind, value: Exclude<DriverValue, null>): string {
  const text = literal(kind, value, false);
  return typeof value === "string" || value instanceof Uint8Array ? `(${text})` : text;
}

function addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[] {
  const clauses = columns.map(
    (column) =>
      `ADD ${columnClause({ columnType, literal: defaultLiteral }, NAMES, column, quoting)}`,
  );
  return [`ALTER TABLE ${quoteTable(NAMES, table, quoting)} ${clauses.join(",\n")}`];
}

/** A name without database is one of the connection's. */
async function describeTable(
  session: Session,
  table: TableId,
): Promise<TableDefinition | undefined> {
  const rows = await session.query(
    `SELECT t.table_schema, t.table_name, t.table_type, c.column_name, c.data_type, c.is_nullable
FROM information_schema.tables t
LEFT JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND COALESCE(c.generation_expression, '') = ''
WHERE t.table_schema = COALESCE(?, DATABASE()) AND t.table_name = ? ORDER BY c.ordinal_position`,
    [table.catalog, table.name],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    table: { catalog: String(first[0]), schema: null, name: String(first[1]) },
    type: String(first[2]).includes("VIEW") ? "VIEW" : "TABLE",
    columns: rows
      .filter(([, , , column]) => column !== null)
      .map(([, , , column, type, nullable]) => ({
        name: String(column),
        type: String(type).toLowerCase(),
        nullable: nullable === "YES",
        zoned: type === "timestamp",
      })),
  };
}
