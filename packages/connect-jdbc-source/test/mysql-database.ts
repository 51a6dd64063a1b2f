import { randomUUID } from "node:crypto";
import type { Props } from "@millrace/connect-api";
import { createMysqlDatabase, sharedMariadb, sharedMysql } from "@millrace/services";
import { createConnection } from "mysql2/promise";

/** An empty database on a real MySQL or MariaDB, and a user who may read what is made in it. */
export interface MysqlTestDatabase {
  readonly name: string;
  /** What every configuration for it has in common. */
  readonly props: Props;
  readonly user: string;
  /** Runs statements as a superuser; rows of the last as arrays. */
  sql(...statements: string[]): Promise<unknown[][]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The servers that everything is tried on. */
export const MYSQL_SERVERS: readonly (readonly [string, () => Promise<string>])[] = [
  ["MySQL", sharedMysql],
  ["MariaDB", sharedMariadb],
];

export async function mysqlTestDatabase(
  server: string,
  subprotocol = "mysql",
): Promise<MysqlTestDatabase> {
  const database = await createMysqlDatabase(server);
  const url = new URL(database.url);
  const connection = await createConnection({ uri: database.url, rowsAsArray: true });
  // A server that a test kills takes this connection along.
  connection.on("error", () => undefined);
  const user = `r_${randomUUID().slice(0, 8)}`;
  const password = `pass:${randomUUID()}`;
  await connection.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
  await connection.query(`GRANT SELECT ON \`${database.name}\`.* TO '${user}'@'%'`);
  return {
    name: database.name,
    user,
    props: {
      "connection.url": `jdbc:${subprotocol}://${url.host}/${database.name}`,
      "connection.user": user,
      "connection.password": password,
      "connection.backoff.ms": "200",
      "topic.prefix": "t-",
      "poll.interval.ms": "50",
      "poll.linger.ms": "100",
    },
    sql: async (...statements) => {
      let rows: unknown = [];
      for (const statement of statements) [rows] = await connection.query(statement);
      return Array.isArray(rows) ? (rows as unknown[][]) : [];
    },
    [Symbol.asyncDispose]: async () => {
      await connection.query(`DROP USER '${user}'@'%'`);
      await connection.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
