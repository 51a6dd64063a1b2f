import type { Dialect } from "../dialect.ts";
import type { Identifiers } from "../identifiers.ts";
import { checkProperties } from "./driver-properties.ts";
import { parseTarget, withoutSecrets } from "./url.ts";

export const POSTGRES_IDENTIFIERS: Identifiers = {
  quotes: ['"', '"'],
  levels: ["schema"],
  defaults: { schema: "public" },
  // The server folds to lower case.
  plain: /^[a-z_][a-z0-9_$]*$/,
};

/** PostgreSQL, through pgjdbc's URLs and properties (Java: `PostgreSqlDatabaseDialect`). */
export const POSTGRESQL: Dialect = {
  name: "PostgreSqlDatabaseDialect",
  title: "PostgreSQL",
  subprotocols: ["postgresql"],
  exampleUrl: "jdbc:postgresql://localhost:5432/shop",
  experimental: false,
  identifiers: POSTGRES_IDENTIFIERS,
  spelling: {
    placeholder: (number) => `$${number}`,
    limited: (sql, rows) => `${sql} LIMIT ${rows}`,
    alias: " AS ",
    derivesQueries: false,
  },
  withoutSecrets,
  checkSettings: (settings) => ({ warnings: checkProperties(parseTarget(settings)) }),
  connect: async (settings, signal) => {
    const { connectPostgres } = await import("./client.ts");
    const { PostgresSession } = await import("./session.ts");
    const connection = await connectPostgres(parseTarget(settings), signal);
    return new PostgresSession(connection, settings);
  },
};
