import type { TableId } from "../identifiers.ts";
import type { TableFilter } from "../session.ts";
import type { DescribedColumn } from "./wire.ts";

type Rows = (string | null)[][];

/** What `pg_class.relkind` says, in JDBC's words (pgjdbc: `PgDatabaseMetaData.getTables`). */
const KINDS: Readonly<Record<string, string>> = {
  TABLE: "r",
  "PARTITIONED TABLE": "p",
  VIEW: "v",
  "MATERIALIZED VIEW": "m",
  "FOREIGN TABLE": "f",
};
const SYSTEM_KIND = "SYSTEM TABLE";

/** Types of tables that can be asked for. */
export const TABLE_TYPES: readonly string[] = [...Object.keys(KINDS), SYSTEM_KIND];

/** Tables of the current database, the system's own only where they are asked for. */
export function listTablesSql({ catalogPattern, schemaPattern, types }: TableFilter): string {
  const kinds = types.flatMap((type) => KINDS[type] ?? []).map((kind) => `'${kind}'`);
  const isSystem = `(n.nspname ~ '^pg_' OR n.nspname = 'information_schema')`;
  const wanted = [
    ...(kinds.length > 0 ? [`c.relkind IN (${kinds.join(", ")}) AND NOT ${isSystem}`] : []),
    ...(types.includes(SYSTEM_KIND) ? [`c.relkind = 'r' AND ${isSystem}`] : []),
  ];
  return `
    SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE (${wanted.length > 0 ? wanted.join(" OR ") : "false"})
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      AND ${matches("pg_catalog.current_database()", catalogPattern)}
      AND ${matches("n.nspname", schemaPattern)}
    ORDER BY 1, 2`;
}

function matches(name: string, pattern: string | null): string {
  return pattern === null ? "true" : `${name} LIKE ${literal(pattern)}`;
}

/** The quotes of a standard string, which backslashes mean nothing to. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

export function readTables(rows: Rows): TableId[] {
  return rows.map(([schema, name]) => ({ catalog: null, schema: schema ?? "", name: name ?? "" }));
}

/** Names of the primary key's columns, in its order. */
export function primaryKeySql({ schema, name }: TableId): string {
  return `
    SELECT a.attname
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indisprimary AND n.nspname = ${literal(schema ?? "")} AND c.relname = ${literal(name)}
    ORDER BY k.place`;
}
const MONEY_TYPE = 790;

/** What the description of a result does not tell, to be asked while the table is locked. */
export function describeResultSql(columns: readonly DescribedColumn[]): string {
  const tables = [...new Set(columns.map(({ tableOid }) => tableOid))].join(", ");
  const types = [...new Set(columns.map(({ typeOid }) => typeOid))].join(", ");
  const hasMoney = columns.some(({ typeOid }) => typeOid === MONEY_TYPE);
  // An IN of nothing is no SQL, and there is no object 0.
  return `
    SELECT a.attrelid, a.attnum,
      a.attnotnull OR t.typtype = 'd' AND t.typnotnull,
      a.attidentity <> ''
        OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%', false),
      pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid IN (${tables || 0}) AND a.attnum > 0 AND NOT a.attisdropped;
    SELECT oid, typtype, pg_catalog.format_type(oid, NULL)
    FROM pg_catalog.pg_type WHERE oid IN (${types || 0});
    SELECT ${hasMoney ? "pg_catalog.scale(1::pg_catalog.money::pg_catalog.numeric)" : 0}`;
}

/** What the catalog says of the columns of a result. */
export interface ResultDetails {
  readonly isRequired: (column: DescribedColumn) => boolean;
  readonly isAutoIncrement: (column: DescribedColumn) => boolean;
  readonly isReadable: (column: DescribedColumn) => boolean;
  readonly isEnum: (column: DescribedColumn) => boolean;
  readonly typeName: (column: DescribedColumn) => string;
  /** Digits after the point of the type money, by the database's locale. */
  readonly moneyScale: number;
}

export function readResultDetails([
  attributes = [],
  types = [],
  money = [],
]: Rows[]): ResultDetails {
  const keyOf = (table: unknown, number: unknown) => `${String(table)}.${String(number)}`;
  const columns = new Map(
    attributes.map(([table, number, ...flags]) => [keyOf(table, number), flags]),
  );
  // A column that is no table's, of an expression, is nullable and the user's to read.
  const flag = (index: number, otherwise: boolean) => (column: DescribedColumn) => {
    const flags = columns.get(keyOf(column.tableOid, column.columnNumber));
    return flags === undefined ? otherwise : flags[index] === "t";
  };
  const typeByOid = new Map(types.map(([oid, kind, name]) => [Number(oid), { kind, name }]));
  return {
    isRequired: flag(0, false),
    isAutoIncrement: flag(1, false),
    isReadable: flag(2, true),
    isEnum: ({ typeOid }) => typeByOid.get(typeOid)?.kind === "e",
    typeName: ({ typeOid }) => typeByOid.get(typeOid)?.name ?? `oid ${typeOid}`,
    moneyScale: Number(money[0]?.[0] ?? 0),
  };
}
