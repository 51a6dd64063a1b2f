import type { Dialect } from "../dialect.ts";
import type { Identifiers } from "../identifiers.ts";
import { checkProperties, parseTarget, withoutSecrets } from "./url.ts";

export const SQLSERVER_IDENTIFIERS: Identifiers = {
  quotes: ["[", "]"],
  levels: ["catalog", "schema"],
  defaults: { schema: "dbo" },
  plain: /^[A-Za-z_][A-Za-z0-9_$#@]*$/,
};

/** SQL Server, through its Java driver's and jTDS's URLs (Java: `SqlServerDatabaseDialect`). */
export const SQLSERVER: Dialect = {
  name: "SqlServerDatabaseDialect",
  title: "SQL Server",
  subprotocols: ["sqlserver", "microsoft:sqlserver", "jtds:sqlserver"],
  exampleUrl: "jdbc:sqlserver://localhost:1433;databaseName=shop",
  experimental: true,
  identifiers: SQLSERVER_IDENTIFIERS,
  spelling: {
    placeholder: (number, value) =>
      `CAST(@p${number} AS ${typeof value === "bigint" ? "bigint" : "datetime2(7)"})`,
    limited: (sql, rows) => `${sql} OFFSET 0 ROWS FETCH NEXT ${rows} ROWS ONLY`,
    alias: " AS ",
    derivesQueries: true,
  },
  withoutSecrets,
  checkSettings: (settings) => ({ warnings: checkProperties(parseTarget(settings)) }),
  connect: async (settings, signal) => {
    const { connectSqlServer } = await import("./client.ts");
    const { SqlServerSession } = await import("./session.ts");
    return new SqlServerSession(await connectSqlServer(parseTarget(settings), signal), settings);
  },
};
