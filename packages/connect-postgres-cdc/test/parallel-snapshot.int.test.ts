import type { SourceRecord, Struct } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { Client } from "pg";
import { expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { markOf, opOf, rowOf, takeUntil, testDatabase } from "./support.ts";

const TABLES = ["a", "b", "c", "d"];
const ROWS = 5000;

test("three sessions read four tables at one moment, each row once", async () => {
  await using database = await testDatabase();
  for (const table of TABLES) {
    await database.sql(`
      CREATE TABLE ${table} (id int PRIMARY KEY, n int NOT NULL, v text);
      INSERT INTO ${table} SELECT i, 100, repeat('x', 200) FROM generate_series(1, ${ROWS}) i`);
  }
  // Moves amounts from table to table, so that the sum is the same at every moment.
  const other = new Client({ connectionString: database.url });
  await other.connect();
  const done = new AbortController();
  let transfers = 0;
  const moving = (async () => {
    while (!done.signal.aborted) {
      const [from, to] = [TABLES[transfers % 4]!, TABLES[(transfers + 1) % 4]!];
      const id = 1 + Math.floor(Math.random() * ROWS);
      await other.query(
        `BEGIN; UPDATE ${from} SET n = n - 1 WHERE id = ${id}; UPDATE ${to} SET n = n + 1 WHERE id = ${id}; COMMIT`,
      );
      transfers += 1;
    }
  })();
  await using source = await startSource(PostgresConnector, {
    ...database.props,
    "publication.autocreate.mode": "filtered",
    "snapshot.max.threads": "3",
    "max.batch.size": "100",
  });
  const records = await source.take(1);
  const [[sessions]] = (await database.sql(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()
     AND application_name = 'millrace-postgres-cdc' AND query LIKE 'SELECT % FROM ONLY %'`,
  )) as [[number]];
  expect(sessions).toBe(3);
  const isWhole = (some: readonly SourceRecord[]) =>
    some.some((record) => markOf(record) === "last");
  records.push(...(await takeUntil(source, isWhole)));
  done.abort();
  await moving;
  await other.end();

  const read = records.filter((record) => opOf(record) === "r");
  expect(
    new Set(read.map(({ topic, key }) => `${topic} ${String((key as Struct).values[0])}`)).size,
  ).toBe(TABLES.length * ROWS);
  expect(read).toHaveLength(TABLES.length * ROWS);
  const sum = read.reduce((total, record) => total + (rowOf(record)!["n"] as number), 0);
  expect(sum).toBe(TABLES.length * ROWS * 100);
  expect(transfers).toBeGreaterThan(0);
  const marks = read.map(markOf);
  const count = (mark: string) => marks.filter((one) => one === mark).length;
  expect({
    first: count("first"),
    ofTables: count("first_in_data_collection"),
    endsOfTables: count("last_in_data_collection"),
    last: count("last"),
  }).toEqual({ first: 1, ofTables: 3, endsOfTables: 3, last: 1 });
  expect([marks[0], marks.at(-1)]).toEqual(["first", "last"]);
});
