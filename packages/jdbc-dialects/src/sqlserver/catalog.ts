import type { TableId } from "../identifiers.ts";
import type { DriverValue, TableFilter } from "../session.ts";
import type { SqlServerColumn } from "./column-types.ts";

const KINDS: Readonly<Record<string, string>> = { TABLE: "BASE TABLE", VIEW: "VIEW" };

export interface Query {
  readonly sql: string;
  readonly values: readonly DriverValue[];
}

/** Tables of the current database. */
export function listTablesQuery({ catalogPattern, schemaPattern, types }: TableFilter): Query {
  const kinds = types.flatMap((type) => KINDS[type] ?? []).map((kind) => `'${kind}'`);
  return {
    sql: `SELECT TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES
      WHERE TABLE_TYPE IN (${kinds.length === 0 ? "NULL" : kinds.join(", ")})
        AND TABLE_CATALOG LIKE COALESCE(@p1, '%') AND TABLE_SCHEMA LIKE COALESCE(@p2, '%')
      ORDER BY 2, 3`,
    values: [catalogPattern, schemaPattern],
  };
}

export function readTables(rows: readonly DriverValue[][]): TableId[] {
  return rows.map(([catalog, schema, name]) => ({
    catalog: String(catalog),
    schema: String(schema),
    name: String(name),
  }));
}

export function primaryKeyQuery({ schema, name }: TableId): Query {
  return {
    sql: `SELECT k.COLUMN_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS c
      JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE k
        ON k.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND k.TABLE_SCHEMA = c.TABLE_SCHEMA
      WHERE c.CONSTRAINT_TYPE = 'PRIMARY KEY' AND c.TABLE_SCHEMA = @p1 AND c.TABLE_NAME = @p2
      ORDER BY k.ORDINAL_POSITION`,
    values: [schema ?? "dbo", name],
  };
}

/** Has the server look at a statement without running it. */
export function describeQuery(sql: string, parameters: number): Query {
  const declared = Array.from({ length: parameters }, (_, i) => `@p${i + 1} varchar(40)`);
  return {
    sql: `SELECT name, system_type_name, precision, scale, is_nullable, is_identity_column
      FROM sys.dm_exec_describe_first_result_set(@p1, @p2, 0)
      WHERE is_hidden = 0 ORDER BY column_ordinal`,
    values: [sql, declared.join(", ")],
  };
}

export function readColumns(rows: readonly DriverValue[][]): SqlServerColumn[] {
  return rows.map(([name, type, precision, scale, isNullable, isIdentity]) => ({
    name: name === null ? "" : String(name),
    type: String(type).replace(/\(.*$/, ""),
    precision: Number(precision),
    scale: Number(scale),
    optional: isNullable !== false,
    autoIncrement: isIdentity === true,
  }));
}

export const NOW = "SELECT CONVERT(varchar(40), SYSUTCDATETIME(), 121)";

/**
 * The begin of the oldest transaction in the database, which is told in the server's own
 * time; 1 s is kept back, in which one may have begun without being seen. It takes the
 * permission VIEW SERVER STATE.
 */
export const SAFE_TIME = `
  SELECT CONVERT(varchar(40), MIN(t), 121) FROM (
    SELECT DATEADD(MINUTE, DATEDIFF(MINUTE, SYSDATETIME(), SYSUTCDATETIME()), CONVERT(datetime2(7), a.transaction_begin_time))
    FROM sys.dm_tran_active_transactions a
    JOIN sys.dm_tran_session_transactions s ON s.transaction_id = a.transaction_id
    WHERE s.session_id <> @@SPID
    UNION ALL SELECT DATEADD(SECOND, -1, SYSUTCDATETIME())) AS begun(t)`;
