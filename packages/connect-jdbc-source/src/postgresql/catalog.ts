import type { TableId } from "../dialect/dialect.ts";
import type { DescribedColumn } from "./wire.ts";

type Rows = (string | null)[][];

/**
 * Base tables, without the system's own (pgjdbc: `DatabaseMetaData.getTables` with type
 * TABLE, which leaves out partitioned parents, views and foreign tables).
 */
export const LIST_TABLES: string = `
  SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  ORDER BY 1, 2`;

export function readTables(rows: Rows): TableId[] {
  return rows.map(([schema, name]) => ({ schema: schema ?? "", name: name ?? "" }));
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
