import type { Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { column, pollOnce, series, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  mode: "incrementing",
  "incrementing.column.name": "id",
  "table.whitelist": "big,small",
  "initial.load.tasks": "3",
  "page.rows": "700",
  "table.poll.interval.ms": "50",
  ...more,
});

const createTables = () =>
  database.sql(`
    CREATE TABLE big (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO big SELECT i * 2 FROM generate_series(1, 6000) i;
    CREATE TABLE small (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO small VALUES (1)`);

const evens = (from: number, to: number) => series(from, to).filter((id) => id % 2 === 0);
const byId = (a: unknown, b: unknown) => Number(a) - Number(b);

test("a large table's first reading is shared by tasks, and then goes on with one", async () => {
  await createTables();
  const options = { maxTasks: 4, offsets: new MemoryOffsets() };
  await using run = await startSource(JdbcSourceConnector, props(), options);
  expect(run.tasks).toHaveLength(4);
  const records = await run.take(6001);
  const big = records.filter(({ topic }) => topic === "t-big");
  expect(column(big, "id").toSorted(byId)).toEqual(evens(2, 12_000));
  const partitions = new Set(big.map(({ sourcePartition }) => sourcePartition["part"]));
  expect(partitions).toEqual(new Set(["0", "1", "2"]));
  // What comes while it runs waits for its end.
  await database.sql("INSERT INTO big VALUES (12001)");
  expect(run.context.reconfigurations).toBe(0);
  await run.commit();
  await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(1);
  await run.reconfigureTasks();
  expect(run.tasks).toHaveLength(2);
  const [next] = await run.take(1);
  expect(next?.sourcePartition).toEqual({ protocol: "1", table: "public.big" });
  expect(next?.sourceOffset).toEqual({ incrementing: 12_001 });
  await run.commit();
  await run.reconfigureTasks();
  expect(await run.takeFor(200)).toEqual([]);
});

test("after a crash each part goes on where it was, and none is forgotten that had not begun", async () => {
  await createTables();
  const offsets = new MemoryOffsets();
  const seen = new Set<unknown>();
  {
    await using run = await startSource(JdbcSourceConnector, props(), { maxTasks: 4, offsets });
    const part = run.tasks[1];
    const batch = (await pollOnce(part)).slice(0, 123);
    offsets.commit(batch);
    for (const id of column(batch, "id")) seen.add(id);
  }
  // Rows that go away meanwhile, those at the ends of ranges too, leave nothing unfinished.
  await database.sql("DELETE FROM big WHERE id BETWEEN 3990 AND 4010 OR id = 12000");
  await using run = await startSource(JdbcSourceConnector, props(), { maxTasks: 4, offsets });
  const kept = evens(2, 11_998).filter((id) => id < 3990 || id > 4010);
  const left = kept.filter((id) => !seen.has(id));
  const records = await run.take(left.length + 1);
  const big = records.filter(({ topic }) => topic === "t-big");
  expect(column(big, "id").toSorted(byId)).toEqual(left);
  await run.commit();
  await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(1);
});

test("by time as well, what was changed during it comes again", async () => {
  await createTables();
  const more = { mode: "timestamp+incrementing", "timestamp.column.name": "at" };
  const options = { maxTasks: 4, offsets: new MemoryOffsets() };
  await using run = await startSource(JdbcSourceConnector, props(more), options);
  await database.sql("UPDATE big SET at = now() WHERE id = 4");
  const big = (await run.take(6001)).filter(({ topic }) => topic === "t-big");
  expect(column(big, "id").toSorted(byId)).toEqual(evens(2, 12_000));
  await run.commit();
  await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(1);
  await run.reconfigureTasks();
  expect(column(await run.take(1), "id")).toEqual([4]);
  await database.sql("INSERT INTO big VALUES (20000)");
  expect(column(await run.take(1), "id")).toEqual([20_000]);
});

test("a table that has an offset, or few rows, is read as ever", async () => {
  await createTables();
  const offsets = new MemoryOffsets();
  offsets.set({ protocol: "1", table: "public.big" }, { incrementing: 11_990 });
  await using run = await startSource(JdbcSourceConnector, props(), { maxTasks: 4, offsets });
  expect(run.tasks).toHaveLength(2);
  expect(await run.take(6)).toHaveLength(6);
});
