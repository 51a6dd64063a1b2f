import { type Connection, quoteText, type Rows } from "../client.ts";
import type { TableId } from "./table-id.ts";

/** A table that can be captured. */
export interface ListedTable extends TableId {
  readonly oid: number;
  /** `pg_class.relkind`: r, or p for one whose rows lie in partitions. */
  readonly kind: string;
  readonly isPartition: boolean;
  /** Estimated; -1 where nobody has counted yet. */
  readonly rows: number;
}

const LIST = `
  SELECT n.nspname, c.relname, c.oid, c.relkind, c.relispartition, c.reltuples::bigint
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY 1, 2`;

/** Permanent tables, partitioned ones included, without the system's own. */
export async function listTables(connection: Connection): Promise<ListedTable[]> {
  const rows = await connection.query(LIST, "Could not list the tables");
  return rows.map(([schema, name, oid, kind, isPartition, count]) => ({
    schema: schema ?? "",
    name: name ?? "",
    oid: Number(oid),
    kind: kind ?? "",
    isPartition: isPartition === "t",
    rows: Number(count),
  }));
}

/** What the catalog knows of a column. */
export interface CatalogColumn {
  readonly name: string;
  readonly typeOid: number;
  /** `atttypmod` */
  readonly modifier: number;
  readonly isRequired: boolean;
  /** The expression of its default, null where it has none. */
  readonly defaultExpression: string | null;
}

/** What the catalog knows of a table, as it is now. */
export interface TableDetails {
  readonly columns: readonly CatalogColumn[];
  /** The primary key's columns, else those of the first unique index by name. */
  readonly keyColumns: readonly string[];
}

/** @returns undefined when there is no such table any more */
export async function loadTable(
  connection: Connection,
  oid: number,
): Promise<TableDetails | undefined> {
  const attempted = `Could not describe the table of oid ${oid}`;
  const columns = await connection.query(columnsSql(oid), attempted);
  if (columns.length === 0) return undefined;
  const keys = await connection.query(keysSql(oid), attempted);
  return { columns: columns.map(readColumn), keyColumns: firstIndex(keys) };
}

const columnsSql = (oid: number) => `
  SELECT a.attname, a.atttypid, a.atttypmod,
    a.attnotnull OR t.typtype = 'd' AND t.typnotnull,
    CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

/** Unique indexes of plain columns, over all rows, the primary key first. */
const keysSql = (oid: number) => `
  SELECT c.relname, a.attname
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = ${oid} AND i.indisunique AND i.indisvalid
    AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
  ORDER BY i.indisprimary DESC, c.relname, k.place`;

function readColumn([
  name,
  typeOid,
  modifier,
  isRequired,
  expression,
]: Rows[number]): CatalogColumn {
  return {
    name: name ?? "",
    typeOid: Number(typeOid),
    modifier: Number(modifier),
    isRequired: isRequired === "t",
    defaultExpression: expression ?? null,
  };
}

function firstIndex(rows: Rows): string[] {
  const [first] = rows;
  return rows.filter(([index]) => index === first?.[0]).map(([, column]) => column ?? "");
}

/** The oid of a table, or undefined. */
export async function tableOid(
  connection: Connection,
  { schema, name }: TableId,
): Promise<number | undefined> {
  const rows = await connection.query(
    `SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteText(schema)} AND c.relname = ${quoteText(name)}`,
    "Could not look up a table",
  );
  return rows[0] === undefined ? undefined : Number(rows[0][0]);
}
