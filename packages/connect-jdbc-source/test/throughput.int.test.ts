import type { SourceTask } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { Client } from "pg";
import Cursor from "pg-cursor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { type TestDatabase, testDatabase } from "./support.ts";

const ROWS = 1_000_000;
const ROUNDS = 3;

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

interface Reading {
  readonly rowsPerSecond: number;
  readonly peakRssMb: number;
}

async function measured(read: (sample: () => void) => Promise<number>): Promise<Reading> {
  let peak = 0;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const begun = performance.now();
  const rows = await read(sample);
  expect(rows).toBe(ROWS);
  const seconds = (performance.now() - begun) / 1000;
  return { rowsPerSecond: Math.round(ROWS / seconds), peakRssMb: Math.round(peak / 2 ** 20) };
}

/** The connector's task: records with offsets, schemas and typed values. */
async function throughConnector(): Promise<Reading> {
  await using run = await startSource(JdbcSourceConnector, {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "big",
  });
  const [task] = run.tasks as [SourceTask];
  const { signal } = new AbortController();
  return await measured(async (sample) => {
    let rows = 0;
    while (rows < ROWS) {
      rows += (await task.poll(signal))?.length ?? 0;
      sample();
    }
    return rows;
  });
}

/** The driver's own cursor with batches of the same size, its rows dropped. */
async function throughCursor(): Promise<Reading> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const cursor = client.query(
    new Cursor("SELECT * FROM big WHERE id > $1 ORDER BY id", [-1], { rowMode: "array" }),
  );
  const reading = await measured(async (sample) => {
    for (let rows = 0; ; sample()) {
      const batch = await cursor.read(1000);
      if (batch.length === 0) return rows;
      rows += batch.length;
    }
  });
  await client.end();
  return reading;
}

test("a million rows are read faster than by the driver's cursor, in flat memory", async () => {
  const cursor: Reading[] = [];
  const connector: Reading[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    cursor.push(await throughCursor());
    connector.push(await throughConnector());
  }
  const best = (readings: readonly Reading[]) =>
    Math.max(...readings.map(({ rowsPerSecond }) => rowsPerSecond));
  console.info("driver cursor:", cursor, "connector:", connector);
  expect(best(connector)).toBeGreaterThan(best(cursor));
  // Rows read a second and a third time need no more memory than the first.
  const [first, ...others] = connector.map(({ peakRssMb }) => peakRssMb);
  for (const peak of others) expect(peak).toBeLessThan((first ?? 0) + 100);
});
