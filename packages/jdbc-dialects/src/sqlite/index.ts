import type { Dialect } from "../dialect.ts";
import type { Identifiers } from "../identifiers.ts";
import { checkProperties, parseTarget, withoutSecrets } from "./url.ts";

export const SQLITE_IDENTIFIERS: Identifiers = {
  quotes: ['"', '"'],
  levels: [],
  plain: /^[A-Za-z_][A-Za-z0-9_$]*$/,
};

/** SQLite, by the runtime's own driver (Java: `SqliteDatabaseDialect`). */
export const SQLITE: Dialect = {
  name: "SqliteDatabaseDialect",
  title: "SQLite",
  subprotocols: ["sqlite"],
  exampleUrl: "jdbc:sqlite:/var/lib/shop.db",
  experimental: false,
  identifiers: SQLITE_IDENTIFIERS,
  spelling: {
    placeholder: () => "?",
    limited: (sql, rows) => `${sql} LIMIT ${rows}`,
    alias: " AS ",
    derivesQueries: false,
  },
  withoutSecrets,
  checkSettings: (settings) => ({ warnings: checkProperties(parseTarget(settings)) }),
  connect: async (settings) => {
    const { openSqlite } = await import("./client.ts");
    const { SqliteSession } = await import("./session.ts");
    const target = parseTarget(settings);
    return new SqliteSession(openSqlite(target), target);
  },
};
