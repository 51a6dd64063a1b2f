import type { TableId } from "../identifiers.ts";
import type { DriverValue, TableFilter } from "../session.ts";

export interface Query {
  readonly sql: string;
  readonly values: readonly DriverValue[];
}

/** Tables of all users but Oracle's own; without a pattern, of those that the user can see. */
export function listTablesQuery({ schemaPattern, types }: TableFilter): Query {
  const kinds = types.filter((type) => type === "TABLE" || type === "VIEW");
  return {
    sql: `SELECT owner, object_name FROM all_objects
      WHERE object_type IN (${kinds.length === 0 ? "NULL" : kinds.map((kind) => `'${kind}'`).join(", ")})
        AND secondary = 'N' AND owner LIKE COALESCE(:1, '%')
        AND owner NOT IN (SELECT username FROM all_users WHERE oracle_maintained = 'Y')
      ORDER BY 1, 2`,
    values: [schemaPattern],
  };
}

export function readTables(rows: readonly DriverValue[][]): TableId[] {
  return rows.map(([schema, name]) => ({
    catalog: null,
    schema: String(schema),
    name: String(name),
  }));
}

export function primaryKeyQuery({ schema, name }: TableId): Query {
  return {
    sql: `SELECT k.column_name FROM all_constraints c
      JOIN all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
      WHERE c.constraint_type = 'P' AND c.owner = :1 AND c.table_name = :2 ORDER BY k.position`,
    values: [schema, name],
  };
}

/** Names of a table's columns that are filled from a sequence. */
export function identityQuery({ schema, name }: TableId): Query {
  return {
    sql: "SELECT column_name FROM all_tab_identity_cols WHERE owner = :1 AND table_name = :2",
    values: [schema, name],
  };
}

const TEXT = "'FXYYYY-MM-DD HH24:MI:SS.FF9'";

export const NOW = `SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), ${TEXT}) FROM dual`;

/**
 * The begin of the oldest transaction, which is told by the second in the server's own
 * time; 2 s are kept back, in which one may have begun without being seen. It takes
 * SELECT on V_$TRANSACTION.
 */
export const SAFE_TIME = `
  SELECT TO_CHAR(LEAST(
    SYS_EXTRACT_UTC(SYSTIMESTAMP),
    COALESCE(MIN(SYS_EXTRACT_UTC(FROM_TZ(CAST(start_date AS TIMESTAMP), TO_CHAR(SYSTIMESTAMP, 'TZH:TZM')))),
      SYS_EXTRACT_UTC(SYSTIMESTAMP))) - INTERVAL '2' SECOND, ${TEXT})
  FROM v$transaction`;
