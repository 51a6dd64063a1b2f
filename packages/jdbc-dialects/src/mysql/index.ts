import type { Dialect } from "../dialect.ts";
import type { Identifiers } from "../identifiers.ts";
import { checkProperties, netTimeoutS, valueOptions } from "./driver-properties.ts";
import { parseTarget, withoutSecrets } from "./url.ts";

export const MYSQL_IDENTIFIERS: Identifiers = {
  quotes: ["`", "`"],
  levels: ["catalog"],
  plain: /^[0-9a-zA-Z$_\u0080-\uffff]*[a-zA-Z$_\u0080-\uffff][0-9a-zA-Z$_\u0080-\uffff]*$/,
};

/** MySQL and MariaDB, through their Java drivers' URLs and properties (Java: `MySqlDatabaseDialect`). */
export const MYSQL: Dialect = {
  name: "MySqlDatabaseDialect",
  title: "MySQL and MariaDB",
  subprotocols: ["mysql", "mariadb"],
  exampleUrl: "jdbc:mysql://localhost:3306/shop",
  experimental: false,
  identifiers: MYSQL_IDENTIFIERS,
  spelling: {
    // The driver sends texts: compared as such, large numbers would lose their last digits.
    placeholder: (_, value) =>
      typeof value === "bigint" ? "CAST(? AS SIGNED)" : "CAST(? AS DATETIME(6))",
    limited: (sql, rows) => `${sql} LIMIT ${rows}`,
    alias: " AS ",
    derivesQueries: false,
  },
  withoutSecrets,
  checkSettings: (settings) => ({ warnings: checkProperties(parseTarget(settings)) }),
  connect: async (settings, signal) => {
    const { connectMysql } = await import("./client.ts");
    const { MysqlSession } = await import("./session.ts");
    const target = parseTarget(settings);
    const connection = await connectMysql(target, signal);
    const session = new MysqlSession(connection, settings, valueOptions(target));
    await session.execute(`SET time_zone = '+00:00', net_write_timeout = ${netTimeoutS(target)}`);
    return session;
  },
};
