import type { Props, SourceRecord, Struct } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { type ChurnRow, Rebuilt } from "./churn.ts";
import { markOf, opOf, rowOf, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

const ROWS = 3000;

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  // Every tenth row has a value that lies out of line, and that the log lacks where it stays.
  await database.sql(`
    CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, v text, big text);
    ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
    INSERT INTO t SELECT i, 0, 'v', repeat(md5(i::text), CASE WHEN i % 10 = 0 THEN 100 ELSE 1 END)
      FROM generate_series(1, ${ROWS}) i;
    CREATE TABLE finish (id int PRIMARY KEY)`);
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "max.batch.size": "100",
  ...more,
});

const ofTable = (records: readonly SourceRecord[], table: string) =>
  records.filter(({ topic }) => topic === `t.public.${table}`);
/** The row that is written last was streamed. */
const isOver = (records: readonly SourceRecord[]) =>
  ofTable(records, "finish").some((record) => opOf(record) === "c");
const idOf = (record: SourceRecord) => (record.key as Struct).values[0] as number;
const rowsRead = (records: readonly SourceRecord[]) =>
  records.filter((record) => opOf(record) === "r");

const isWhole = (records: readonly SourceRecord[]) =>
  rowsRead(records).some((record) => markOf(record) === "last");

function apply(table: Rebuilt, records: readonly SourceRecord[]): void {
  for (const record of ofTable(records, "t")) {
    const old = record.headers.lastWithName("__debezium.oldkey")?.value as Struct | undefined;
    const event =
      record.value === null ? null : { op: opOf(record), after: rowOf(record) as ChurnRow | null };
    table.apply(idOf(record), event, old?.values[0] as number | undefined);
  }
}

/** Takes part of a snapshot, of which the last part is not stored: as in a crash. */
async function interrupt(
  offsets: MemoryOffsets,
  more: Props = {},
): Promise<{ stored: SourceRecord[]; lost: SourceRecord[] }> {
  await using source = await startSource(PostgresConnector, props(more), { offsets });
  const stored = await source.take(500);
  await source.commit();
  return { stored, lost: await source.take(200) };
}

const current = async () =>
  (await database.sql("SELECT id, n, v, big FROM t ORDER BY id")).map(([id, n, v, big]) => ({
    id,
    n,
    v,
    big,
  }));

/** Changes on both sides of where the snapshot was, which move rows across it. */
const CHANGES = `
  UPDATE t SET n = n + 1 WHERE id BETWEEN 2001 AND 2050;
  UPDATE t SET id = id + 10000 WHERE id BETWEEN 2501 AND 2520;
  INSERT INTO t SELECT i, 0, 'new', 'small' FROM generate_series(20001, 20020) i;
  UPDATE t SET n = n + 1 WHERE id BETWEEN 301 AND 310;
  DELETE FROM t WHERE id BETWEEN 2901 AND 2950`;

test.each([1, 3])(
  "a snapshot by %i sessions that was interrupted goes on behind the changes since",
  async (threads) => {
    const more = { "snapshot.max.threads": String(threads) };
    const offsets = new MemoryOffsets();
    const table = new Rebuilt();
    const { stored, lost } = await interrupt(offsets, more);
    apply(table, [...stored, ...lost]);
    // Room in what was read: rows that were not read move there.
    await database.sql("DELETE FROM t WHERE id <= 200");
    await database.sql("VACUUM t");
    await database.sql(CHANGES);
    const there = (await database.sql("SELECT id FROM t")).map(([id]) => id as number);

    await using source = await startSource(PostgresConnector, props(more), { offsets });
    const records = await takeUntil(source, (some) => some.some((one) => opOf(one) === "r"));
    await database.sql("UPDATE t SET n = n + 1; INSERT INTO finish VALUES (1)");
    records.push(...(await takeUntil(source, isOver)));
    apply(table, records);

    expect(table.sorted()).toEqual(await current());
    // What is read again was changed, or given out after the last offset that was stored.
    const known = new Set(ofTable(stored, "t").map(idOf));
    const wanted = there.filter((id) => !known.has(id) || (id >= 301 && id <= 310));
    const byId = (a: number, b: number) => a - b;
    const again = rowsRead(ofTable(records, "t")).map(idOf);
    expect(again.toSorted(byId)).toEqual(wanted.toSorted(byId));
    const marks = rowsRead(records).map(markOf);
    expect(marks).not.toContain("first");
    expect(marks.filter((mark) => mark === "last")).toHaveLength(1);
    expect(marks.at(-1)).toBe("last");
    // No event of a row is older than one before it.
    const newest = new Map<number, number>();
    for (const record of ofTable(records, "t")) {
      const row = rowOf(record) as ChurnRow | null;
      if (row === null) continue;
      expect(row.n).toBeGreaterThanOrEqual(newest.get(row.id) ?? 0);
      newest.set(row.id, row.n);
    }
  },
);

test("it is interrupted again and again, in changes and in rows, and is gone on with each time", async () => {
  const offsets = new MemoryOffsets();
  const seen: SourceRecord[] = [];
  for (let round = 0; round < 8; round++) {
    await using source = await startSource(PostgresConnector, props(), { offsets });
    // Ends in the rows, or in the changes that come before them.
    const records = await source.take(round % 2 === 0 ? 350 : 30);
    await source.commit();
    const lost = await source.take(100);
    seen.push(...records, ...lost);
    await database.sql(
      `UPDATE t SET n = n + 1 WHERE id % 100 = ${round};
       UPDATE t SET id = id + 10000 WHERE id % 100 = ${round} AND id <= ${ROWS};
       DELETE FROM t WHERE id % 100 = ${50 + round}`,
    );
  }
  await using source = await startSource(PostgresConnector, props(), { offsets });
  await database.sql("INSERT INTO finish VALUES (1)");
  seen.push(...(await takeUntil(source, (some) => isOver(some) && isWhole([...seen, ...some]))));
  const table = new Rebuilt();
  apply(table, seen);
  expect(table.sorted()).toEqual(await current());
  expect(
    rowsRead(seen)
      .map(markOf)
      .filter((mark) => mark === "first"),
  ).toHaveLength(1);
});

test("a table without a key goes on; one that was written anew meanwhile begins anew", async () => {
  await database.sql("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t REPLICA IDENTITY FULL");
  const more = { "table.include.list": "public.(t|finish)" };
  const offsets = new MemoryOffsets();
  const idsOf = (records: readonly SourceRecord[]) =>
    rowsRead(ofTable(records, "t")).map((record) => (rowOf(record) as ChurnRow | null)!.id);
  const before = idsOf((await interrupt(offsets, more)).stored);
  const goOn = async () => {
    await using source = await startSource(PostgresConnector, props(more), { offsets });
    return idsOf(await takeUntil(source, isWhole));
  };
  const left = Array.from({ length: ROWS - before.length }, (_, i) => before.length + 1 + i);
  expect(await goOn()).toEqual(left);
  await database.sql("VACUUM FULL t");
  expect(await goOn()).toHaveLength(ROWS);
});

test("a table with a statement of its own is read anew, beside others that go on", async () => {
  await database.sql("CREATE TABLE a AS SELECT generate_series(1, 300) AS id");
  const more = {
    "snapshot.select.statement.overrides": "public.t",
    "snapshot.select.statement.overrides.public.t": "SELECT * FROM t WHERE id > 1000 ORDER BY id",
  };
  const offsets = new MemoryOffsets();
  await interrupt(offsets, more);
  await using source = await startSource(PostgresConnector, props(more), { offsets });
  const records = rowsRead(await takeUntil(source, isWhole));
  expect(ofTable(records, "t")).toHaveLength(ROWS - 1000);
  // It was read whole before.
  expect(ofTable(records, "a")).toEqual([]);
});

test("it begins anew where it is asked to, and where its offset has no progress", async () => {
  const offsets = new MemoryOffsets();
  await interrupt(offsets);
  await database.sql("INSERT INTO finish VALUES (1)");
  const whole = async (more: Props, from: MemoryOffsets) => {
    await using source = await startSource(PostgresConnector, props(more), { offsets: from });
    const records = await takeUntil(source, isOver);
    return rowsRead(ofTable(records, "t")).length;
  };
  expect(await whole({ "snapshot.resumable": "false" }, offsets)).toBe(ROWS);
  const debezium = { lsn: 1, txId: 1, ts_usec: 1, snapshot: "INITIAL", snapshot_completed: false };
  expect(await whole({}, new MemoryOffsets([[{ server: "t" }, debezium]]))).toBe(ROWS);
});
