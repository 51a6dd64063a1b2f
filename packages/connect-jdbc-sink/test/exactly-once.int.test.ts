import { setTimeout as sleep } from "node:timers/promises";
import {
  INT64_SCHEMA,
  STRING_SCHEMA,
  type SinkRecord,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSinkConnector } from "../src/index.ts";
import {
  Records,
  rowOf,
  startJdbcSink,
  structOf,
  type TestDatabase,
  testDatabase,
  uniqueName,
} from "./support.ts";

const ROW = structOf({ id: INT64_SCHEMA, name: STRING_SCHEMA });

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Plain inserts without key: whatever is written twice is there twice. */
const props = (table: string) => ({
  name: `of ${table}`,
  "table.name.format": table,
  "offsets.table": `offsets_${table}`,
});

function rows(count: number): SinkRecord[] {
  const records = new Records();
  return Array.from({ length: count }, (_, i) =>
    records.make({ valueSchema: ROW, value: rowOf(ROW, { id: i, name: `n${i}` }) }),
  );
}

const ids = async (table: string) =>
  (await database.sql(`SELECT id FROM ${table} ORDER BY id`)).map(([id]) => Number(id));

const stored = async (table: string) =>
  (await database.sql(`SELECT topic_name, topic_partition, next_offset FROM offsets_${table}`)).map(
    ([topic, partition, next]) => [topic, partition, Number(next)],
  );

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test("what was written before a crash is not written again", async () => {
  const table = uniqueName();
  const records = rows(10);
  const crashed = await startJdbcSink(database, props(table));
  await crashed.put(records.slice(0, 6));
  await crashed.crash();
  expect(await stored(table)).toEqual([["t", 0, 6]]);

  // The group's offset was not committed: the worker gives everything again.
  await using run = await startJdbcSink(database, props(table));
  await run.put(records);
  expect(await ids(table)).toEqual(upTo(10));
  expect(await stored(table)).toEqual([["t", 0, 10]]);
});

test("on start the worker is asked to read on from the stored offset", async () => {
  const table = uniqueName();
  const first = await startJdbcSink(database, props(table));
  await first.put(rows(4));
  await first.stop();
  await using run = await startJdbcSink(database, props(table));
  const rewinds: [string, number, number][] = [];
  const context = run.taskContexts[0]!;
  const offset = context.offset.bind(context);
  context.offset = (to) => {
    for (const [{ topic, partition }, next] of to) rewinds.push([topic, partition, next]);
    offset(to);
  };
  await run.open([
    { topic: "t", partition: 0 },
    { topic: "t", partition: 1 },
  ]);
  expect(rewinds).toEqual([["t", 0, 4]]);
});

test("a task that was left behind by a rebalance writes nothing", async () => {
  const table = uniqueName();
  const records = rows(8);
  await using behind = await startJdbcSink(database, props(table));
  await behind.put(records.slice(0, 4));
  await using owner = await startJdbcSink(database, props(table));
  await owner.put(records.slice(4));
  // It does not know, and has got the same records: what it writes is refused, and it reads on
  // from what is stored.
  await behind.put(records.slice(4));
  expect(await ids(table)).toEqual(upTo(8));
  expect(behind.logger.messages().join()).not.toContain("duplicate key");
});

test("records at fault are reported once their place is found, and never come again", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint CHECK (id NOT IN (3, 9)), name text)`);
  const records = rows(10);
  const first = await startJdbcSink(database, props(table));
  await first.put(records);
  expect(first.reported.map(({ record }) => record.kafkaOffset)).toEqual([3, 9]);
  await first.crash();
  expect(await stored(table)).toEqual([["t", 0, 10]]);
  await using run = await startJdbcSink(database, props(table));
  await run.put(records);
  expect(run.reported).toEqual([]);
  expect(await ids(table)).toEqual(upTo(10).filter((id) => id !== 3 && id !== 9));
});

test("connections killed again and again leave no row out and none twice", async () => {
  const table = uniqueName();
  const records = rows(400);
  await using run = await startJdbcSink(database, {
    ...props(table),
    "retry.backoff.ms": "1",
    "connection.attempts": "3",
  });
  const over = new AbortController();
  const killing = (async () => {
    while (!over.signal.aborted) {
      await database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace-jdbc-sink' AND datname = current_database()",
      );
      await sleep(15);
    }
  })();
  try {
    for (let from = 0; from < records.length; from += 5) {
      await run.put(records.slice(from, from + 5), 30_000);
    }
  } finally {
    over.abort();
    await killing;
  }
  expect(await ids(table)).toEqual(upTo(400));
});

test("an operator's offsets go where the tasks look for them", async () => {
  const table = uniqueName();
  const records = rows(6);
  const first = await startJdbcSink(database, props(table));
  await first.put(records);
  await first.stop();
  const config = { ...database.props, ...props(table), topics: "t" };
  const partition = { topic: "t", partition: 0 };
  const alter = (next: number | null) =>
    new JdbcSinkConnector().alterOffsets(config, new TopicPartitionMap([[partition, next]]));
  expect(await alter(2)).toBe(true);
  expect(await stored(table)).toEqual([["t", 0, 2]]);
  const again = await startJdbcSink(database, props(table));
  await again.put(records);
  await again.stop();
  expect(await ids(table)).toEqual([0, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  await alter(null);
  expect(await stored(table)).toEqual([]);
});
