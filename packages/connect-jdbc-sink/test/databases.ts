import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Props } from "@millrace/connect-api";
import { type SinkRun, type SinkRunOptions, startSink } from "@millrace/connect-testkit";
import { createMysqlDatabase, sharedMariadb, sharedMysql } from "@millrace/services";
import { createConnection } from "mysql2/promise";
import { JdbcSinkConnector } from "../src/index.ts";
import { testDatabase } from "./support.ts";

/** An empty database of any kind. */
export interface AnyDatabase extends AsyncDisposable {
  readonly props: Props;
  /** Runs one statement; its rows, whose numbers, dates and times are texts, or null. */
  sql(text: string): Promise<unknown[][]>;
  quote(name: string): string;
}

/** What the tests of every dialect run on. */
export const DATABASES: readonly (readonly [string, () => Promise<AnyDatabase>])[] = [
  ["PostgreSQL", postgres],
  ["MySQL", async () => mysql(await sharedMysql())],
  ["MariaDB", async () => mysql(await sharedMariadb())],
  ["SQLite", sqlite],
];

export function startSinkOn(
  database: AnyDatabase,
  props: Props,
  options: SinkRunOptions = {},
): Promise<SinkRun> {
  const defaults = { topics: "t", "auto.create": "true", "auto.evolve": "true" };
  return startSink(JdbcSinkConnector, { ...database.props, ...defaults, ...props }, options);
}

async function postgres(): Promise<AnyDatabase> {
  const database = await testDatabase();
  return {
    props: database.props,
    sql: async (text) => {
      const result = await database.client.query<unknown[]>({
        text,
        rowMode: "array",
        types: { getTypeParser: () => (value: unknown) => value },
      });
      return result.rows;
    },
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

async function sqlite(): Promise<AnyDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "jdbc-sink-"));
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL");
  return {
    props: {
      "connection.url": `jdbc:sqlite:${file}`,
      "connection.attempts": "1",
      // Tasks of one thread wait for each other in vain.
      "connection.busy_timeout": "50",
      "retry.backoff.ms": "20",
    },
    sql: async (text) => {
      const statement = database.prepare(text);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return (statement.all() as unknown as unknown[][]).map((row) =>
        row.map((value) => (typeof value === "bigint" ? String(value) : value)),
      );
    },
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    [Symbol.asyncDispose]: async () => {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
}

export async function mysql(server: string): Promise<AnyDatabase> {
  const database = await createMysqlDatabase(server);
  const url = new URL(database.url);
  const connection = await createConnection({
    uri: database.url,
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const user = `w_${randomUUID().slice(0, 8)}`;
  const password = `pass:${randomUUID()}`;
  await connection.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
  await connection.query(`GRANT ALL ON \`${database.name}\`.* TO '${user}'@'%'`);
  return {
    props: {
      "connection.url": `jdbc:mysql://${url.host}/${database.name}`,
      "connection.user": user,
      "connection.password": password,
      "connection.attempts": "1",
      "retry.backoff.ms": "50",
    },
    sql: async (text) => {
      const [rows] = await connection.query(text);
      if (!Array.isArray(rows)) return [];
      return (rows as unknown[][]).map((row) =>
        row.map((value) => (typeof value === "number" ? String(value) : value)),
      );
    },
    quote: (name) => `\`${name.replaceAll("`", "``")}\``,
    [Symbol.asyncDispose]: async () => {
      await connection.query(`DROP USER '${user}'@'%'`);
      await connection.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
