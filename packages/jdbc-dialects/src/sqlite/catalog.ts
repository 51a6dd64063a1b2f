import { quoteName, type TableId } from "../identifiers.ts";
import type { TableFilter } from "../session.ts";
import type { SqliteConnection } from "./client.ts";
import { SQLITE_IDENTIFIERS } from "./index.ts";

/** Tables and views, without SQLite's own. Patterns say nothing: a file has neither catalogs nor schemas. */
export function listTables(connection: SqliteConnection, { types }: TableFilter): TableId[] {
  const kinds = types.filter((type) => type === "TABLE" || type === "VIEW");
  const rows = connection
    .prepare(
      `SELECT name FROM sqlite_schema
       WHERE type IN (${kinds.map((kind) => `'${kind.toLowerCase()}'`).join(", ")})
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all();
  return rows.map(([name]) => ({ catalog: null, schema: null, name: String(name) }));
}

/** What a table says of its column. */
export interface TableColumn {
  readonly isRequired: boolean;
  /** An `INTEGER PRIMARY KEY`, which is the row's number, given out by SQLite where it is left out. */
  readonly isRowNumber: boolean;
  /** Place in the primary key, from 1; 0 where it is not in it. */
  readonly keyPlace: number;
}

/** The columns of a table by their names. */
export function tableColumns(
  connection: SqliteConnection,
  table: string,
): Map<string, TableColumn> {
  const name = quoteName(SQLITE_IDENTIFIERS, table, "always");
  const rows = connection.prepare(`PRAGMA table_info(${name})`).all();
  const keys = rows.filter((row) => Number(row[5]) > 0).length;
  return new Map(
    rows.map(([, column, type, notNull, , key]) => {
      const isRowNumber =
        keys === 1 && Number(key) === 1 && String(type).toUpperCase() === "INTEGER";
      return [
        String(column),
        { isRequired: Number(notNull) > 0 || isRowNumber, isRowNumber, keyPlace: Number(key) },
      ];
    }),
  );
}
