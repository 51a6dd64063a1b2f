import { INT32_SCHEMA, INT64_SCHEMA, OPTIONAL_STRING_SCHEMA } from "@millrace/connect-api";
import type { SinkRun } from "@millrace/connect-testkit";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Records,
  rowOf,
  startJdbcSink,
  structOf,
  type TestDatabase,
  testDatabase,
  uniqueName,
} from "./support.ts";

const KEY = structOf({ id: INT64_SCHEMA }, "key");
const ROW = structOf({ id: INT64_SCHEMA, name: OPTIONAL_STRING_SCHEMA });

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const row = (id: number, name: string | null) => ({
  keySchema: KEY,
  key: rowOf(KEY, { id }),
  valueSchema: ROW,
  value: rowOf(ROW, { id, name }),
});

const ids = async (table: string) =>
  (await database.sql(`SELECT id FROM ${table} ORDER BY id`)).map(([id]) => Number(id));

const reportedOffsets = (run: SinkRun) => run.reported.map(({ record }) => record.kafkaOffset);

const upsert = (table: string) => ({
  "insert.mode": "upsert",
  "pk.mode": "record_key",
  "delete.enabled": "true",
  "table.name.format": table,
});

test("records that the database refuses are found among the others and reported", async () => {
  const table = uniqueName();
  await database.sql(
    `CREATE TABLE ${table} (id bigint PRIMARY KEY, name varchar(3) CHECK (name <> 'bad'))`,
  );
  await using run = await startJdbcSink(database, upsert(table));
  const records = new Records();
  const names = (i: number) => (i === 7 ? "too long" : i === 31 ? "bad" : i === 50 ? "\0" : "ok");
  await run.put(Array.from({ length: 100 }, (_, i) => records.make(row(i, names(i)))));
  expect(await ids(table)).toEqual(
    Array.from({ length: 100 }, (_, i) => i).filter((i) => ![7, 31, 50].includes(i)),
  );
  expect(reportedOffsets(run)).toEqual([7, 31, 50]);
  expect(run.reported[0]!.error.message).toMatch(/t-0@7.*too long.*22001/);
});

test("without anybody to report to, the record at fault fails the task, and nothing of the put is written", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name varchar(3))`);
  await using run = await startJdbcSink(database, upsert(table), { errantRecordReporter: false });
  const records = new Records();
  await expect(
    run.put([records.make(row(1, "ok")), records.make(row(2, "too long"))]),
  ).rejects.toThrow(/2 records, record t-0@0 to record t-0@1.*varying\(3\).*22001/);
  expect(await ids(table)).toEqual([]);
});

test("records that are no rows are reported with the reason, the others written", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, { ...upsert(table), "delete.enabled": "false" });
  const records = new Records();
  await run.put([
    records.make(row(1, "a")),
    records.make({ ...row(2, ""), value: null }),
    records.make({ ...row(3, ""), keySchema: null, key: null }),
    records.make({ ...row(4, ""), valueSchema: INT32_SCHEMA, value: 5 }),
    records.make({
      keySchema: INT32_SCHEMA,
      key: 1,
      valueSchema: ROW,
      value: rowOf(ROW, { id: 5 }),
    }),
    records.make(row(6, "a")),
  ]);
  expect(await ids(table)).toEqual([1, 6]);
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/t-0@1: its value is null .* delete.enabled/),
    expect.stringMatching(/t-0@2: its key is null/),
    expect.stringMatching(/t-0@3: its value is of type INT32/),
    expect.stringMatching(/t-0@4: its key is no struct: pk.fields/),
  ]);
});

test("a table that is missing, and may not be made, concerns only its records", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE "${table}" (id bigint PRIMARY KEY, name text)`);
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    topics: `${table},missing`,
    "table.name.format": "${topic}",
    "auto.create": "false",
  });
  const [there, missing] = [new Records(table), new Records("missing")];
  await run.put([missing.make(row(1, "a")), there.make(row(2, "a")), missing.make(row(3, "a"))]);
  expect(await ids(table)).toEqual([2]);
  expect(run.reported.map(({ error }) => error.message)).toEqual(
    Array.from({ length: 2 }, () => expect.stringMatching(/Table missing is missing.*auto.create/)),
  );
});

test("a deadlock's victim goes on, without one of max.retries", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text)`);
  await database.sql(`INSERT INTO ${table} VALUES (1, ''), (2, '')`);
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    "max.retries": "0",
    "batch.size": "1",
  });
  const records = new Records();
  await run.put([records.make(row(3, "ready"))]);
  await database.sql("BEGIN");
  await database.sql("SET LOCAL deadlock_timeout = '10s'");
  await database.sql(`UPDATE ${table} SET name = 'other' WHERE id = 2`);
  const put = run.put([records.make(row(1, "a")), records.make(row(2, "a"))]);
  // The sink holds row 1 when it waits for row 2.
  await waitFor(async () => (await waiting()).length > 0);
  const other = database.sql(`UPDATE ${table} SET name = 'other' WHERE id = 1`);
  await other;
  await database.sql("COMMIT");
  await put;
  expect(await database.sql(`SELECT id, name FROM ${table} WHERE id < 3 ORDER BY id`)).toEqual([
    ["1", "a"],
    ["2", "a"],
  ]);
  expect(run.logger.lines.some(({ message }) => message.includes("Deadlock"))).toBe(true);
});

const waiting = async () => {
  const watcher = await testDatabaseClient();
  try {
    return (
      await watcher.query("SELECT pid FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
    ).rows;
  } finally {
    await watcher.end();
  }
};

async function testDatabaseClient() {
  const { host, port, database: name } = database.client;
  const client = new Client({
    host,
    port,
    database: name,
    user: database.props["connection.user"],
    password: database.props["connection.password"],
  });
  await client.connect();
  return client;
}

async function waitFor(done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error("It did not happen within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a lost connection is made again, without one of max.retries, and nothing is there in part", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text)`);
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    "max.retries": "0",
    "batch.size": "1",
  });
  const records = new Records();
  await run.put([records.make(row(3, "ready"))]);
  await database.sql("BEGIN");
  await database.sql(`INSERT INTO ${table} VALUES (2, 'other')`);
  const put = run.put([records.make(row(1, "a")), records.make(row(2, "a"))]);
  await waitFor(async () => (await waiting()).length > 0);
  await database.sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace-jdbc-sink' AND datname = current_database()",
  );
  await database.sql("ROLLBACK");
  await put;
  expect(await ids(table)).toEqual([1, 2, 3]);
});

test("what does not pass is tried max.retries times, and then the task fails", async () => {
  await using run = await startJdbcSink(database, {
    ...upsert("whatever"),
    "connection.url": "jdbc:postgresql://127.0.0.1:1/none",
    "max.retries": "2",
    "retry.backoff.ms": "5",
    "connection.backoff.ms": "5",
  });
  await expect(run.put([new Records().make(row(1, "a"))])).rejects.toThrow(
    /Could not connect to PostgreSQL.*Tried 2 times again \(max.retries\)/,
  );
});

test("a row whose parent comes later is waited for", async () => {
  const [parent, child] = [uniqueName(), uniqueName()];
  await database.sql(`CREATE TABLE ${parent} (id bigint PRIMARY KEY)`);
  await database.sql(
    `CREATE TABLE ${child} (id bigint PRIMARY KEY, name text, parent bigint DEFAULT 1 REFERENCES ${parent})`,
  );
  await using run = await startJdbcSink(database, { ...upsert(child), "retry.backoff.ms": "20" });
  const put = run.put([new Records().make(row(1, "a"))]);
  await waitFor(async () => run.logger.lines.length >= 0 && run.taskContexts[0]!.timeoutMs > 0);
  await database.sql(`INSERT INTO ${parent} VALUES (1)`);
  await put;
  expect(await ids(child)).toEqual([1]);
});

test("with trim.sensitive.log nothing of what the database says is shown", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name int)`);
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    "trim.sensitive.log": "true",
  });
  const records = new Records();
  await run.put([records.make(row(1, "4111 1111 1111 1111"))]);
  await using other = await startJdbcSink(database, {
    ...upsert(table),
    "timestamp.fields.list": "name",
    "trim.sensitive.log": "true",
  });
  await other.put([records.make(row(1, "4111 1111"))]);
  expect(run.reported).toHaveLength(1);
  expect(other.reported).toHaveLength(1);
  const shown = JSON.stringify(
    [run, other].map(({ logger, reported }) => [
      logger.lines,
      reported.map(({ error }) => withCauses(error)),
    ]),
  );
  expect(shown).not.toContain("4111");
  expect(shown).toContain("22P02");
});

/** With its causes. */
function withCauses(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error];
  return [error.message, error.stack, ...withCauses(error.cause)];
}
