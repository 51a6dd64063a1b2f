import type { Dialect } from "../dialect.ts";
import type { Identifiers } from "../identifiers.ts";
import { checkProperties, parseTarget, withoutSecrets } from "./url.ts";

export const ORACLE_IDENTIFIERS: Identifiers = {
  quotes: ['"', '"'],
  levels: ["schema"],
  // The server folds to upper case.
  plain: /^[A-Z][A-Z0-9_$#]*$/,
};

/** Oracle, through its thin Java driver's URLs (Java: `OracleDatabaseDialect`). */
export const ORACLE: Dialect = {
  name: "OracleDatabaseDialect",
  title: "Oracle",
  subprotocols: ["oracle"],
  exampleUrl: "jdbc:oracle:thin:@//localhost:1521/FREEPDB1",
  experimental: true,
  identifiers: ORACLE_IDENTIFIERS,
  spelling: {
    placeholder: (number, value) =>
      typeof value === "bigint"
        ? `TO_NUMBER(:${number})`
        : `TO_TIMESTAMP(:${number}, 'YYYY-MM-DD HH24:MI:SS.FF9')`,
    limited: (sql, rows) => `${sql} FETCH FIRST ${rows} ROWS ONLY`,
    alias: " ",
    derivesQueries: true,
  },
  withoutSecrets,
  checkSettings: (settings) => ({ warnings: checkProperties(parseTarget(settings)) }),
  connect: async (settings, signal) => {
    const { connectOracle } = await import("./client.ts");
    const { OracleSession, SESSION_SQL } = await import("./session.ts");
    const connection = await connectOracle(parseTarget(settings), signal);
    const session = new OracleSession(connection, settings);
    await session.execute(SESSION_SQL);
    return session;
  },
};
