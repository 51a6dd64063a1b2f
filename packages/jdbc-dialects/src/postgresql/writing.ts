import { type QuoteMethod, quoteTable, type TableId } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import { columnClause, createTable, noType } from "../writing/definitions.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, quoteText, temporalLiteral } from "../writing/literals.ts";
import type { NewColumn, TableDefinition, TableType, Writing } from "../writing/writing.ts";
import { arrayLiteralBinder } from "./array-literal.ts";
import { POSTGRES_IDENTIFIERS as NAMES } from "./index.ts";
import { prepare } from "./statements.ts";

/** How tables of PostgreSQL are made and written to (Java: `PostgreSqlDatabaseDialect`). */
export const POSTGRESQL_WRITING: Writing = {
  columnType,
  binder: ({ schema, kind, zoned }, temporal) =>
    kind.is === "array"
      ? arrayLiteralBinder(kind.element, schema, temporal)
      : binderOf({ schema, kind, zoned }, temporal),
  literal,
  createTable: (table, columns, quoting) =>
    createTable({ columnType, literal }, NAMES, table, columns, quoting),
  addColumns,
  describeTable,
  placeholder: (number) => `$${number}`,
  singleWriter: false,
  exactTextKeys: true,
  prepare,
};

function columnType(kind: Kind): string {
  switch (kind.is) {
    case "int8":
    case "int16":
      return "SMALLINT";
    case "int32":
      return "INT";
    case "int64":
      return "BIGINT";
    case "float32":
      return "REAL";
    case "float64":
      return "DOUBLE PRECISION";
    case "boolean":
      return "BOOLEAN";
    case "string":
      return "TEXT";
    case "bytes":
      return "BYTEA";
    case "decimal":
    case "variable_decimal":
      return "DECIMAL";
    case "date":
      return "DATE";
    case "time":
      return "TIME";
    case "zoned_time":
      return "TIME WITH TIME ZONE";
    case "timestamp":
      return "TIMESTAMP";
    case "zoned_timestamp":
      return "TIMESTAMP WITH TIME ZONE";
    case "uuid":
      return "UUID";
    case "json":
      return "JSONB";
    case "array":
      return `${columnType(kind.element)}[]`;
    case "any":
      return noType("PostgreSQL", kind);
  }
}

function literal(kind: Kind, value: Exclude<DriverValue, null>): string {
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (value instanceof Uint8Array) return `'\\x${bytesHex(value)}'`;
  return (
    temporalLiteral(kind, value) ?? (typeof value === "string" ? quoteText(value) : String(value))
  );
}

function addColumns(table: TableId, columns: readonly NewColumn[], quoting: QuoteMethod): string[] {
  const clauses = columns.map(
    (column) => `ADD ${columnClause({ columnType, literal }, NAMES, column, quoting)}`,
  );
  return [`ALTER TABLE ${quoteTable(NAMES, table, quoting)} ${clauses.join(",\n")}`];
}

const TYPES: Readonly<Record<string, TableType>> = {
  r: "TABLE",
  f: "TABLE",
  p: "PARTITIONED TABLE",
  v: "VIEW",
  m: "VIEW",
};

/** A domain is what it is made of: an explicit cast to it would cut values to its length. */
const BASE_TYPE = `(WITH RECURSIVE base(oid, next, kind) AS (
SELECT t.oid, t.typbasetype, t.typtype FROM pg_type t WHERE t.oid = a.atttypid
UNION ALL SELECT t.oid, t.typbasetype, t.typtype FROM base JOIN pg_type t ON t.oid = base.next WHERE base.kind = 'd')
SELECT oid FROM base WHERE kind <> 'd')`;

/**
 * A name without schema is looked for along the search path, as in a statement. `format_type` with
 * -1 names the type without its length, which an explicit cast would cut values to, too.
 */
async function describeTable(
  session: Session,
  table: TableId,
  quoting: QuoteMethod,
): Promise<TableDefinition | undefined> {
  const name = quoteTable(NAMES, { ...table, catalog: null }, quoting);
  const rows = await session.query(
    `SELECT n.nspname, c.relname, c.relkind, a.attname, format_type(${BASE_TYPE}, -1), a.attnotnull, ${BASE_TYPE} = 'timestamptz'::regtype
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.oid = to_regclass($1) ORDER BY a.attnum`,
    [name],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    table: { catalog: null, schema: String(first[0]), name: String(first[1]) },
    type: TYPES[String(first[2])] ?? "TABLE",
    columns: rows
      .filter(([, , , column]) => column !== null)
      .map(([, , , column, type, notNull, zoned]) => ({
        name: String(column),
        type: String(type),
        nullable: !isTrue(notNull),
        zoned: isTrue(zoned),
      })),
  };
}

const isTrue = (value: DriverValue | undefined): boolean => value === true || value === "t";
