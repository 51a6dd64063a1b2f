import type { DriverValue, TableFilter } from "../session.ts";
import type { TableId } from "../identifiers.ts";

/** What `information_schema.tables` says, in JDBC's words. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  TABLE: ["BASE TABLE", "SYSTEM VERSIONED"],
  VIEW: ["VIEW"],
  "SYSTEM VIEW": ["SYSTEM VIEW"],
};

const SYSTEM = "('mysql', 'information_schema', 'performance_schema', 'sys')";

export interface Query {
  readonly sql: string;
  readonly values: readonly DriverValue[];
}

/**
 * Tables of the databases that the pattern takes; without one, of the connection's own, or
 * of all but the system's where it has none. `schemaPattern` says nothing here: a database
 * is a catalog (as Connector/J has it).
 */
export function listTablesQuery({ catalogPattern, types }: TableFilter): Query {
  const kinds = types.flatMap((type) => KINDS[type] ?? []);
  const where = [
    kinds.length === 0 ? "FALSE" : `table_type IN (${kinds.map(() => "?").join(", ")})`,
    catalogPattern === null
      ? `(DATABASE() IS NULL AND table_schema NOT IN ${SYSTEM} OR table_schema = DATABASE())`
      : "table_schema LIKE ?",
  ];
  return {
    sql: `SELECT table_schema, table_name FROM information_schema.tables
      WHERE ${where.join(" AND ")} ORDER BY 1, 2`,
    values: [...kinds, ...(catalogPattern === null ? [] : [catalogPattern])],
  };
}

export function readTables(rows: readonly DriverValue[][]): TableId[] {
  return rows.map(([catalog, name]) => ({
    catalog: String(catalog),
    schema: null,
    name: String(name),
  }));
}

/** Names of the primary key's columns, in its order. */
export function primaryKeyQuery({ catalog, name }: TableId): Query {
  return {
    sql: `SELECT column_name FROM information_schema.key_column_usage
      WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?
        AND constraint_name = 'PRIMARY'
      ORDER BY ordinal_position`,
    values: [catalog, name],
  };
}
