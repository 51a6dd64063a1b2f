import { randomUUID } from "node:crypto";
import type { Props, SourceRecord, SourceTask, Struct } from "@millrace/connect-api";
import { createDatabase, sharedPostgres } from "@millrace/services";
import { Client } from "pg";

/** An empty database on a real server, and a user who may read what is made in it. */
export interface TestDatabase {
  /** A superuser's connection. */
  readonly client: Client;
  /** What every configuration for it has in common. */
  readonly props: Props;
  /** `postgres://…`, of the superuser. */
  readonly url: string;
  /** `jdbc:postgresql://…`, without user and password. */
  readonly jdbcUrl: string;
  readonly user: string;
  sql(text: string): Promise<unknown[][]>;
  /** Keeps others from reading the table until it is disposed of. */
  lock(table: string): Promise<AsyncDisposable>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param server URL of the server, by default the one that the test run shares */
export async function testDatabase(server?: string): Promise<TestDatabase> {
  const database = await createDatabase(server ?? (await sharedPostgres()));
  const url = new URL(database.url);
  const client = new Client({ connectionString: database.url });
  // A server that a test kills takes this connection along.
  client.on("error", () => undefined);
  await client.connect();
  const user = `reader of ${database.name}`;
  const password = `pass:${randomUUID()}`;
  await client.query(`
    CREATE ROLE "${user}" LOGIN PASSWORD '${password}';
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "${user}";
    ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO "${user}"`);
  const jdbcUrl = `jdbc:postgresql://${url.host}${url.pathname}`;
  return {
    client,
    url: database.url,
    jdbcUrl,
    user,
    props: {
      "connection.url": jdbcUrl,
      "connection.user": user,
      "connection.password": password,
      "connection.backoff.ms": "200",
      "topic.prefix": "t-",
      "poll.interval.ms": "50",
      "poll.linger.ms": "100",
    },
    sql: async (text) => (await client.query<unknown[]>({ text, rowMode: "array" })).rows,
    lock: async (table) => {
      const holder = new Client({ connectionString: database.url });
      await holder.connect();
      await holder.query(`BEGIN; LOCK TABLE ${table}`);
      return { [Symbol.asyncDispose]: () => holder.end() };
    },
    [Symbol.asyncDispose]: async () => {
      await client.query(`DROP OWNED BY "${user}"; DROP ROLE "${user}"`);
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

export function values(record: SourceRecord | undefined): Record<string, unknown> {
  if (record === undefined) throw new Error("There is no such record");
  const struct = record.value as Struct;
  return Object.fromEntries(
    struct.schema.fields.map(({ name, index }) => [name, struct.values[index]]),
  );
}

export const column = (records: readonly SourceRecord[], name: string) =>
  records.map((record) => values(record)[name]);

/** The whole numbers from one to another, both included. */
export const series = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Polls a task until it gives records. */
export async function pollOnce(task: SourceTask | undefined): Promise<SourceRecord[]> {
  for (;;) {
    const records = await task?.poll(new AbortController().signal);
    if (records && records.length > 0) return records;
  }
}
