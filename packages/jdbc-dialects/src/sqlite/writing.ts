import { type QuoteMethod, quoteTable, type TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { columnClause, createTable, noType } from "../writing/definitions.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, quoteText } from "../writing/literals.ts";
import type { NewColumn, TableDefinition, Writing } from "../writing/writing.ts";
import { SQLITE_IDENTIFIERS as NAMES } from "./index.ts";
import { prepare, sqliteBinder, stored } from "./statements.ts";

/** How tables of SQLite are made and written to (Java: `SqliteDatabaseDialect`). */
export const SQLITE_WRITING: Writing = {
  columnType,
  binder: sqliteBinder,
  literal,
  createTable: (table, columns, quoting) =>
    createTable({ columnType, literal }, NAMES, table, columns, quoting),
  addColumns,
  describeTable,
  placeholder: () => "?",
  singleWriter: true,
  exactTextKeys: true,
  prepare,
};

/** SQLite keeps what a value is with the value; the names tell readers what is meant. */
function columnType(kind: Kind): string {
  switch (kind.is) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return "INTEGER";
    case "float32":
    case "float64":
      return "REAL";
    case "boolean":
      return "BOOLEAN";
    case "string":
    case "json":
    case "array":
    case "uuid":
    case "zoned_time":
      return "TEXT";
    case "bytes":
      return "BLOB";
    case "decimal":
    case "variable_decimal":
      return "NUMERIC";
    case "date":
      return "DATE";
    case "time":
      return "TIME";
    case "timestamp":
    case "zoned_timestamp":
      return "TIMESTAMP";
    case "any":
      return noType("SQLite", kind);
  }
}

function literal(kind: Kind, value: Exclude<DriverValue, null>): string {
  const put = stored(kind, value);
  if (put instanceof Uint8Array) return `x'${bytesHex(put)}'`;
  return typeof put === "string" ? quoteText(put) : String(put);
}

/** One at a time: SQLite's ALTER TABLE adds no more. */
function addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[] {
  return columns.map(
    (column) =>
      `ALTER TABLE ${quoteTable(NAMES, table, quoting)} ADD ${columnClause({ columnType, literal }, NAMES, column, quoting)}`,
  );
}

async function describeTable(
  session: Session,
  table: TableId,
): Promise<TableDefinition | undefined> {
  const [found] = await session.query(
    "SELECT name, type FROM sqlite_master WHERE type IN ('table','view') AND name = ? COLLATE NOCASE",
    [table.name],
  );
  if (found === undefined) return undefined;
  // Hidden columns of 2 and 3 are computed ones.
  const columns = await session.query(
    `SELECT name, type, "notnull" FROM pragma_table_xinfo(?) WHERE hidden < 2 ORDER BY cid`,
    [String(found[0])],
  );
  return {
    table: { catalog: null, schema: null, name: String(found[0]) },
    type: found[1] === "view" ? "VIEW" : "TABLE",
    columns: columns.map(([name, type, notNull]) => ({
      name: String(name),
      type: String(type),
      nullable: Number(notNull) === 0,
      zoned: false,
    })),
  };
}
