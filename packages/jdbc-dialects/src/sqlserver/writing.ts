import { type QuoteMethod, quoteTable, type TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import { columnClause, createTable, noType } from "../writing/definitions.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, quoteText, temporalLiteral } from "../writing/literals.ts";
import type { NewColumn, TableDefinition, Writing } from "../writing/writing.ts";
import { SQLSERVER_IDENTIFIERS as NAMES } from "./index.ts";
import { prepare } from "./statements.ts";

/** How tables of SQL Server are made and written to (Java: `SqlServerDatabaseDialect`). */
export const SQLSERVER_WRITING: Writing = {
  columnType,
  binder: binderOf,
  literal,
  createTable: (table, columns, quoting) =>
    createTable({ columnType, literal }, NAMES, table, columns, quoting),
  addColumns,
  describeTable,
  placeholder: (number) => `@p${number}`,
  singleWriter: false,
  exactTextKeys: false,
  prepare,
};

/** Texts are Unicode; those of a primary key as long as an index takes. */
function columnType(kind: Kind, isKey: boolean): string {
  switch (kind.is) {
    case "int8": // tinyint has no negative numbers
    case "int16":
      return "smallint";
    case "int32":
      return "int";
    case "int64":
      return "bigint";
    case "float32":
      return "real";
    case "float64":
      return "float";
    case "boolean":
      return "bit";
    case "string":
      return isKey ? "nvarchar(450) COLLATE Latin1_General_100_BIN2" : "nvarchar(max)";
    case "bytes":
      return isKey ? "varbinary(900)" : "varbinary(max)";
    case "decimal":
      return `decimal(38,${Math.min(38, Math.max(0, kind.scale))})`;
    case "variable_decimal":
      return "decimal(38,18)";
    case "date":
      return "date";
    case "time":
      return "time";
    case "timestamp":
      return "datetime2";
    case "zoned_timestamp":
      return "datetimeoffset";
    case "zoned_time":
      return "nvarchar(32)";
    case "uuid":
      return "uniqueidentifier";
    case "json":
    case "array":
      return "nvarchar(max)";
    case "any":
      return noType("SQL Server", kind);
  }
}

function literal(kind: Kind, value: Exclude<DriverValue, null>): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return `0x${bytesHex(value)}`;
  return (
    temporalLiteral(kind, value) ??
    (typeof value === "string" ? `N${quoteText(value)}` : String(value))
  );
}

function addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[] {
  const clauses = columns.map((column) =>
    columnClause({ columnType, literal }, NAMES, column, quoting),
  );
  return [`ALTER TABLE ${quoteTable(NAMES, table, quoting)} ADD ${clauses.join(",\n")}`];
}

/** Missing levels are the connection's. `type` is what `OPENJSON` reads a value as, of any length. */
async function describeTable(
  session: Session,
  table: TableId,
  quoting: QuoteMethod,
): Promise<TableDefinition | undefined> {
  const rows = await session.query(
    `SELECT OBJECT_SCHEMA_NAME(o.object_id), o.name, o.type, c.name, t.name, c.precision, c.scale, c.is_nullable
FROM sys.objects o LEFT JOIN sys.columns c ON c.object_id = o.object_id AND c.is_computed = 0
LEFT JOIN sys.types t ON t.user_type_id = c.system_type_id
WHERE o.object_id = OBJECT_ID(@p1) AND o.type IN ('U','V') ORDER BY c.column_id`,
    [quoteTable(NAMES, table, quoting === "never" ? "never" : "always")],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    table: { catalog: table.catalog, schema: String(first[0]), name: String(first[1]) },
    type: String(first[2]).trim() === "V" ? "VIEW" : "TABLE",
    columns: rows
      .filter(([, , , column]) => column !== null)
      .map(([, , , column, type, precision, scale, nullable]) => ({
        name: String(column),
        type: readType(String(type), Number(precision), Number(scale)),
        nullable: Boolean(nullable),
        zoned: type === "datetimeoffset",
      })),
  };
}

function readType(type: string, precision: number, scale: number): string {
  if (/char|text|xml|sysname/.test(type)) return "nvarchar(max)";
  if (/binary|image|timestamp/.test(type)) return "varbinary(max)";
  return type === "decimal" || type === "numeric" ? `${type}(${precision},${scale})` : type;
}
