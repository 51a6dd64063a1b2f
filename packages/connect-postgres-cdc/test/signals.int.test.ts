import type { Props, SourceRecord, Struct } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { brief, opOf, rowOf, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

const ROWS = 2000;

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  await database.sql(`
    CREATE TABLE t (a int, b text, v int, PRIMARY KEY (b, a));
    INSERT INTO t SELECT i, 'k' || i % 7, 0 FROM generate_series(1, ${ROWS}) i;
    CREATE TABLE signals (id text PRIMARY KEY, type text, data text)`);
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "snapshot.mode": "no_data",
  "signal.data.collection": "public.signals",
  "incremental.snapshot.chunk.size": "100",
  ...more,
});

const signal = (type: string, data: object) =>
  database.sql(
    `INSERT INTO signals VALUES (gen_random_uuid()::text, '${type}', '${JSON.stringify(data)}')`,
  );
const execute = (more: object = {}) =>
  signal("execute-snapshot", { type: "incremental", "data-collections": ["public.t"], ...more });

const isRead = (record: SourceRecord) => record.topic === "t.public.t" && opOf(record) === "r";
const reads = (records: readonly SourceRecord[]) => records.filter(isRead);

/** The table as its events tell it. */
function rebuild(records: readonly SourceRecord[]): Map<string, unknown> {
  const table = new Map<string, unknown>();
  for (const record of records.filter(({ topic }) => topic === "t.public.t")) {
    const key = JSON.stringify((record.key as Struct).values);
    if (record.value === null) table.delete(key);
    else if (opOf(record) !== "d") table.set(key, rowOf(record));
  }
  return table;
}

async function current(): Promise<unknown[]> {
  const rows = await database.sql("SELECT a, b, v FROM t ORDER BY b, a");
  return rows.map(([a, b, v]) => ({ a, b, v }));
}

const sorted = (table: Map<string, unknown>) =>
  [...table.entries()].toSorted(([x], [y]) => (x < y ? -1 : 1)).map(([, row]) => row);

test.each(["insert_insert", "insert_delete"])(
  "a table is read while it changes, and is right in the end (%s)",
  async (strategy) => {
    await using source = await startSource(
      PostgresConnector,
      props({ "incremental.snapshot.watermarking.strategy": strategy }),
    );
    await takeUntil(source, () => source.logger.text().includes("Streaming from"));
    await execute();
    const done = new AbortController();
    const changes = async () => {
      for (let i = 1; !done.signal.aborted; i++) {
        await database.sql(`UPDATE t SET v = ${i} WHERE a % 50 = ${i % 50}`);
        await database.sql(
          `DELETE FROM t WHERE a = ${i * 3}; INSERT INTO t VALUES (${i + 10000}, 'n', ${i})`,
        );
        await database.sql(`UPDATE t SET a = a + 100000 WHERE a = ${i * 5}`);
      }
    };
    const changing = changes();
    const hasEnded = () =>
      source.logger.text().includes("Incremental snapshot of public.t has ended");
    const records = await takeUntil(source, hasEnded);
    done.abort();
    await changing;
    await database.sql("INSERT INTO t VALUES (0, 'end', 0)");
    records.push(
      ...(await takeUntil(source, (some) => some.some((one) => brief(one) === "c end"))),
    );
    expect(reads(records).length).toBeGreaterThan(ROWS / 2);
    const wanted = await current();
    const found = sorted(rebuild(records)) as { a: number; b: string }[];
    const byKey = (x: { a: number; b: string }, y: { a: number; b: string }) =>
      x.b === y.b ? x.a - y.a : x.b < y.b ? -1 : 1;
    expect(found.toSorted(byKey)).toEqual((wanted as typeof found).toSorted(byKey));
  },
);

test("it goes on after a restart where it was, and can be paused, resumed and stopped", async () => {
  const offsets = new MemoryOffsets();
  const first = await startSource(PostgresConnector, props(), { offsets });
  await takeUntil(first, () => first.logger.text().includes("Streaming from"));
  await execute();
  const before = await takeUntil(first, (records) => reads(records).length >= 300);
  await first.commit();
  await first.stop();

  await using second = await startSource(PostgresConnector, props(), { offsets });
  await signal("pause-snapshot", {});
  const paused = await takeUntil(second, (records) =>
    records.some((record) => rowOf(record)?.["type"] === "pause-snapshot"),
  );
  const few = await second.takeFor(200);
  expect(reads([...paused, ...few]).length).toBeLessThan(ROWS - reads(before).length);
  await signal("resume-snapshot", {});
  const rest = await takeUntil(
    second,
    (records) => reads([...paused, ...few, ...records]).length >= ROWS - reads(before).length,
  );
  const keys = [...before, ...paused, ...few, ...rest]
    .filter(isRead)
    .map(({ key }) => JSON.stringify((key as Struct).values));
  expect(new Set(keys).size).toBe(ROWS);
  expect(keys).toHaveLength(ROWS);

  await execute();
  await takeUntil(second, (records) => reads(records).length >= 100);
  await signal("stop-snapshot", { "data-collections": ["public.t"] });
  await takeUntil(second, () => second.logger.text().includes("Incremental snapshot stopped"));
  expect(reads(await second.takeFor(200)).length).toBeLessThan(ROWS);
});

test("conditions, blocking snapshots, and signals that make no sense", async () => {
  await using source = await startSource(PostgresConnector, props());
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await execute({
    "additional-conditions": [{ "data-collection": "public.t", filter: "a <= 10" }],
  });
  const few = await takeUntil(source, () => source.logger.text().includes("has ended"));
  expect(
    reads(few)
      .map((record) => rowOf(record)!["a"])
      .toSorted((x, y) => Number(x) - Number(y)),
  ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

  await execute({ type: "blocking" });
  const all = await takeUntil(source, (records) => reads(records).length >= ROWS);
  expect(reads(all)).toHaveLength(ROWS);
  const marks = reads(all).map(({ value }) =>
    ((value as Struct).get("source") as Struct).get("snapshot"),
  );
  expect([marks[0], marks[1], marks.at(-1)]).toEqual(["first", "true", "last"]);

  await database.sql(
    "INSERT INTO signals VALUES ('x', 'dance', '{}'), ('y', 'execute-snapshot', '{'), ('z', 'log', '{\"message\": \"hello\"}')",
  );
  await execute({ "data-collections": ["public.nothing"] });
  await takeUntil(source, () =>
    source.logger.text().includes("matches none of the captured tables"),
  );
  const log = source.logger.text();
  expect(log).toContain("Signal x has the unknown type dance");
  expect(log).toContain("Signal y: its data is no JSON");
  expect(log).toContain("hello");
  expect(log).toContain("which are public.signals, public.t");
});
