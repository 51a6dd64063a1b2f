import type { SourceTask } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { type TestDatabase, testDatabase } from "./support.ts";

const ROWS = 1_000_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.sql(`
    CREATE TABLE big (id bigint PRIMARY KEY, name text NOT NULL, city varchar(40), n int,
      price numeric(12,2), created timestamp, updated timestamptz, ok boolean, f double precision, note text);
    INSERT INTO big SELECT i, 'name of row ' || i, CASE WHEN i % 7 > 0 THEN 'city ' || i % 1000 END,
      i % 100000, (i % 100000) / 7.0, timestamp '2020-01-01' + i * interval '1.001 second',
      timestamptz '2020-01-01' + i * interval '1.001 second', i % 2 = 0, i / 3.0,
      'some note text that is a bit longer, row ' || i
    FROM generate_series(1, ${ROWS}) i`);
  await database.sql("VACUUM ANALYZE big");
});

afterAll(() => database[Symbol.asyncDispose]());

/** Reads the whole table through the connector's task and gives the highest resident memory, in MiB. */
async function peakRssMb(): Promise<number> {
  await using run = await startSource(JdbcSourceConnector, {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "big",
  });
  const [task] = run.tasks as [SourceTask];
  const { signal } = new AbortController();
  let peak = 0;
  for (let rows = 0; rows < ROWS;) {
    rows += (await task.poll(signal))?.length ?? 0;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  return peak / 2 ** 20;
}

test("a million rows are read in flat memory, again and again", async () => {
  await peakRssMb(); // the heap takes one reading to find its size
  const first = await peakRssMb();
  for (let i = 0; i < 2; i++) expect(await peakRssMb()).toBeLessThan(first + 100);
});
