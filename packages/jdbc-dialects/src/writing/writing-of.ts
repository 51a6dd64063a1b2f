import type { Dialect } from "../dialect.ts";
import { MYSQL_WRITING } from "../mysql/writing.ts";
import { ORACLE_WRITING } from "../oracle/writing.ts";
import { POSTGRESQL_WRITING } from "../postgresql/writing.ts";
import { SQLITE_WRITING } from "../sqlite/writing.ts";
import { SQLSERVER_WRITING } from "../sqlserver/writing.ts";
import type { Writing } from "./writing.ts";

const WRITINGS: Readonly<Record<string, Writing>> = {
  PostgreSqlDatabaseDialect: POSTGRESQL_WRITING,
  MySqlDatabaseDialect: MYSQL_WRITING,
  SqliteDatabaseDialect: SQLITE_WRITING,
  SqlServerDatabaseDialect: SQLSERVER_WRITING,
  OracleDatabaseDialect: ORACLE_WRITING,
};

/** The writing half of a dialect. */
export function writingOf({ name, title }: Dialect): Writing {
  const writing = WRITINGS[name];
  if (writing === undefined) throw new Error(`Nothing is known of writing to ${title}`);
  return writing;
}
