import { ConfigError } from "@millrace/connect-api";
import { connectPostgres } from "../client.ts";
import { isPostgresUrl, parseTarget, withoutSecrets } from "../postgresql/connection-url.ts";
import { checkProperties } from "../postgresql/driver-properties.ts";
import { PostgresSession } from "../postgresql/session.ts";
import { splitIdentifier } from "../tables.ts";
import type { ConnectionSettings, Dialect, QuoteMethod, Selection, TableId } from "./dialect.ts";

/** PostgreSQL, through pgjdbc's URLs and properties (Java: `PostgreSqlDatabaseDialect`). */
export const POSTGRESQL: Dialect = {
  name: "PostgreSqlDatabaseDialect",
  accepts: isPostgresUrl,
  withoutSecrets,
  parseTable,
  quoteTable,
  selectStatement,
  checkSettings: (settings: ConnectionSettings) => ({
    warnings: checkProperties(parseTarget(settings)),
  }),
  connect: async (settings: ConnectionSettings, signal: AbortSignal) =>
    new PostgresSession(await connectPostgres(parseTarget(settings), signal), selectStatement),
};

/** `schema.name` or `"schema"."name"`; a name alone is one of the schema public. */
function parseTable(text: string): TableId {
  const parts = splitIdentifier(text);
  const name = parts.at(-1) ?? "";
  return { schema: parts.at(-2) ?? "public", name };
}

function quoteTable({ schema, name }: TableId, quoting: QuoteMethod): string {
  return `${identifier(schema, quoting)}.${identifier(name, quoting)}`;
}

/** (Java: `BulkTableQuerier`, `TimestampIncrementingCriteria`.) */
function selectStatement({ table, after }: Selection, quoting: QuoteMethod): string {
  const all = `SELECT * FROM ${quoteTable(table, quoting)}`;
  if (after === undefined) return all;
  const column = identifier(after.column, quoting);
  return `${all} WHERE ${column} > $1 ORDER BY ${column} ASC`;
}

/** What the server takes for the name without quotes is the name itself: it folds to lower case. */
const PLAIN = /^[a-z_][a-z0-9_$]*$/;

function identifier(name: string, quoting: QuoteMethod): string {
  if (quoting === "always") return `"${name.replaceAll('"', '""')}"`;
  if (PLAIN.test(name)) return name;
  throw new ConfigError(
    "quote.sql.identifiers",
    "never",
    `The name "${name}" cannot be written without quotes; set it to always`,
  );
}
