import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Props } from "@millrace/connect-api";
import {
  createDatabase,
  createMysqlDatabase,
  sharedMariadb,
  sharedMysql,
  sharedPostgres,
} from "@millrace/services";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";

/** An empty database of some kind, for a source to read and a sink to write. */
export interface JdbcDatabase extends AsyncDisposable {
  /** URL, user and password of a JDBC connector. */
  readonly props: Props;
  /** Runs one statement; its rows, every value as text or null. */
  sql(text: string): Promise<(string | null)[][]>;
}

export const postgresDatabase = async (): Promise<JdbcDatabase> => {
  const database = await createDatabase(await sharedPostgres());
  const client = new Client(database.url);
  await client.connect();
  return {
    props: jdbcProps("postgresql", database.url),
    sql: async (text) => {
      const { rows } = await client.query<(string | null)[]>({
        text,
        rowMode: "array",
        types: { getTypeParser: () => (value: unknown) => value },
      });
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
};

export const mysqlDatabase = async (): Promise<JdbcDatabase> => mysqlLike(await sharedMysql());
export const mariadbDatabase = async (): Promise<JdbcDatabase> => mysqlLike(await sharedMariadb());

async function mysqlLike(server: string): Promise<JdbcDatabase> {
  const database = await createMysqlDatabase(server);
  const connection = await createConnection({
    uri: database.url,
    rowsAsArray: true,
    typeCast: (field) => field.string("utf8"),
  });
  await connection.query("SET time_zone = '+00:00'");
  return {
    props: jdbcProps("mysql", database.url),
    sql: async (text) => {
      const [rows] = await connection.query(text);
      return Array.isArray(rows) ? (rows as (string | null)[][]) : [];
    },
    async [Symbol.asyncDispose]() {
      await connection.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

export const sqliteDatabase = async (): Promise<JdbcDatabase> => {
  const folder = await mkdtemp(join(tmpdir(), "jdbc-"));
  const database = new DatabaseSync(join(folder, "test.db"));
  return {
    props: { "connection.url": `jdbc:sqlite:${join(folder, "test.db")}` },
    sql: async (text) => {
      const statement = database.prepare(text);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return (statement.all() as unknown as unknown[][]).map((row) => row.map(textOf));
    },
    async [Symbol.asyncDispose]() {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
};

function textOf(value: unknown): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return typeof value === "string" ? value : `${value as number | bigint}`;
}

function jdbcProps(subprotocol: string, address: string): Props {
  const url = new URL(address);
  return {
    "connection.url": `jdbc:${subprotocol}://${url.host}${url.pathname}`,
    "connection.user": url.username,
    "connection.password": url.password,
    "connection.attempts": "1",
  };
}
