import { randomUUID } from "node:crypto";
import type { Props, SourceRecord, Struct } from "@millrace/connect-api";
import type { SourceRun } from "@millrace/connect-testkit";
import { createDatabase, sharedPostgres } from "@millrace/services";
import { Client } from "pg";

/** An empty database on a real server, and a user who may capture it. */
export interface TestDatabase {
  /** A superuser's connection. */
  readonly client: Client;
  readonly name: string;
  /** `postgres://…`, of the superuser. */
  readonly url: string;
  readonly user: string;
  /** What every configuration for it has in common; the slot is this database's own. */
  readonly props: Props;
  sql(text: string): Promise<unknown[][]>;
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
  const user = `capture of ${database.name}`;
  const password = `pass:${randomUUID()}`;
  await client.query(`CREATE ROLE "${user}" LOGIN SUPERUSER REPLICATION PASSWORD '${password}'`);
  return {
    client,
    name: database.name,
    url: database.url,
    user,
    props: {
      "database.hostname": url.hostname,
      "database.port": url.port,
      "database.user": user,
      "database.password": password,
      "database.dbname": database.name,
      "topic.prefix": "t",
      "plugin.name": "pgoutput",
      "slot.name": `s_${database.name}`,
      "retriable.restart.connector.wait.ms": "500",
    },
    sql: async (text) => (await client.query<unknown[]>({ text, rowMode: "array" })).rows,
    [Symbol.asyncDispose]: async () => {
      await dropSlots(client, database.name);
      await client.query(`DROP OWNED BY "${user}"; DROP ROLE "${user}"`);
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Slots keep a database from being dropped, and walsenders let go of theirs a moment late. */
async function dropSlots(client: Client, database: string): Promise<void> {
  const slots = `FROM pg_replication_slots WHERE database = '${database}'`;
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await client.query(
        `SELECT pg_terminate_backend(active_pid) ${slots} AND active;
         SELECT pg_drop_replication_slot(slot_name) ${slots}`,
      );
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A row's values by name; of the row after the change unless `before` is asked for. */
export function rowOf(record: SourceRecord, which: "before" | "after" = "after") {
  const row = (record.value as Struct | null)?.get(which) as Struct | null | undefined;
  if (row === null || row === undefined) return null;
  return Object.fromEntries(row.schema.fields.map(({ name, index }) => [name, row.values[index]]));
}

export function opOf(record: SourceRecord): string {
  const value = record.value as Struct | null;
  if (value === null) return "tombstone";
  return String(value.get(value.schema.field("op") === undefined ? "status" : "op"));
}

/** Whether the event is a snapshot's, and which of it: `first`, `last` … */
export function markOf(record: SourceRecord): unknown {
  return ((record.value as Struct).get("source") as Struct).get("snapshot");
}

/** `c 1`, `d 2` …: operation and the key's first value. */
export function brief(record: SourceRecord): string {
  return `${opOf(record)} ${String((record.key as Struct | null)?.values[0])}`;
}

/** Polls until the condition holds of all records so far. */
export async function takeUntil(
  source: SourceRun,
  enough: (records: readonly SourceRecord[]) => boolean,
  timeoutMs = 30_000,
): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  const deadline = Date.now() + timeoutMs;
  while (!enough(records)) {
    if (Date.now() > deadline) {
      throw new Error(
        `Not in time; there were ${records.map(brief).join(", ")}. Log: ${source.logger.text()}`,
      );
    }
    records.push(...(await source.takeFor(20)));
  }
  return records;
}
