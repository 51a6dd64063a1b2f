import { type QuoteMethod, quoteTable, type TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import { columnClause, createTable, noType } from "../writing/definitions.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, quoteText, temporalText } from "../writing/literals.ts";
import type { NewColumn, TableDefinition, Writing } from "../writing/writing.ts";
import { ORACLE_IDENTIFIERS as NAMES } from "./index.ts";
import { prepare } from "./statements.ts";

/** How tables of Oracle are made and written to (Java: `OracleDatabaseDialect`). */
export const ORACLE_WRITING: Writing = {
  columnType,
  binder: binderOf,
  literal,
  createTable: (table, columns, quoting) =>
    createTable({ columnType, literal }, NAMES, table, columns, quoting),
  addColumns,
  describeTable,
  placeholder: (number) => `:${number}`,
  singleWriter: false,
  exactTextKeys: true,
  prepare,
};

/** Texts of any length, those of a primary key as an index takes them. */
function columnType(kind: Kind, isKey: boolean): string {
  switch (kind.is) {
    case "int8":
      return "NUMBER(3,0)";
    case "int16":
      return "NUMBER(5,0)";
    case "int32":
      return "NUMBER(10,0)";
    case "int64":
      return "NUMBER(19,0)";
    case "float32":
      return "BINARY_FLOAT";
    case "float64":
      return "BINARY_DOUBLE";
    case "boolean":
      return "NUMBER(1,0)";
    case "string":
      return isKey ? "VARCHAR2(1000 CHAR)" : "CLOB";
    case "bytes":
      return isKey ? "RAW(1000)" : "BLOB";
    case "decimal":
      return `NUMBER(*,${Math.min(127, Math.max(-84, kind.scale))})`;
    case "variable_decimal":
      return "NUMBER";
    case "date":
      return "DATE";
    case "time":
      return "DATE";
    case "timestamp":
      return kind.digits === 9 ? "TIMESTAMP(9)" : "TIMESTAMP(6)";
    case "zoned_timestamp":
      return "TIMESTAMP(9) WITH TIME ZONE";
    case "zoned_time":
      return "VARCHAR2(32)";
    case "uuid":
      return "VARCHAR2(36)";
    case "json":
    case "array":
      return "CLOB";
    case "any":
      return noType("Oracle", kind);
  }
}

function literal(kind: Kind, value: Exclude<DriverValue, null>): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return `HEXTORAW('${bytesHex(value)}')`;
  const temporal = temporalText(kind, value);
  if (temporal !== undefined)
    return `${kind.is === "date" ? "DATE" : "TIMESTAMP"} ${quoteText(kind.is === "time" ? `1970-01-01 ${temporal}` : temporal)}`;
  return typeof value === "string" ? quoteText(value) : String(value);
}

function addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[] {
  const clauses = columns.map((column) =>
    columnClause({ columnType, literal }, NAMES, column, quoting),
  );
  return [`ALTER TABLE ${quoteTable(NAMES, table, quoting)} ADD(\n${clauses.join(",\n")})`];
}

/** A name without schema is one of the session's. Without quotes, Oracle means upper case. */
async function describeTable(
  session: Session,
  table: TableId,
  quoting: QuoteMethod,
): Promise<TableDefinition | undefined> {
  const fold = (name: string) => (quoting === "never" ? name.toUpperCase() : name);
  const rows = await session.query(
    `SELECT o.owner, o.object_name, o.object_type, c.column_name, c.data_type, c.nullable
FROM all_objects o LEFT JOIN all_tab_cols c ON c.owner = o.owner AND c.table_name = o.object_name AND c.virtual_column = 'NO' AND c.hidden_column = 'NO'
WHERE o.object_type IN ('TABLE','VIEW') AND o.owner = NVL(:1, SYS_CONTEXT('USERENV','CURRENT_SCHEMA')) AND o.object_name = :2
ORDER BY c.column_id`,
    [table.schema === null ? null : fold(table.schema), fold(table.name)],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    table: { catalog: null, schema: String(first[0]), name: String(first[1]) },
    type: first[2] === "VIEW" ? "VIEW" : "TABLE",
    columns: rows
      .filter(([, , , column]) => column !== null)
      .map(([, , , column, type, nullable]) => ({
        name: String(column),
        type: String(type),
        nullable: nullable === "Y",
        zoned: String(type).endsWith("WITH TIME ZONE"),
      })),
  };
}
