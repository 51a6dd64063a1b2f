import type { Props, SourceOffset, SourceRecord, Struct } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { brief, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  await database.sql("CREATE TABLE t (id int PRIMARY KEY, v text)");
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "snapshot.mode": "no_data",
  ...more,
});

const partition = { server: "t" };

/** Makes slot and publication, so that everything from now on is in the log. */
async function prepare(more: Props = {}): Promise<void> {
  await using source = await startSource(PostgresConnector, props(more));
  await source.takeFor(50);
  await takeUntil(source, () => source.logger.text().includes("Streaming from slot"));
}

/** Two sessions whose transactions interleave, a COPY, a change of keys, a truncate. */
async function change(): Promise<void> {
  const other = new Client({ connectionString: database.url });
  await other.connect();
  try {
    await database.sql("BEGIN; INSERT INTO t VALUES (1, 'a')");
    await other.query("BEGIN; INSERT INTO t VALUES (2, 'b')");
    await database.sql("INSERT INTO t VALUES (3, 'a')");
    await other.query("INSERT INTO t VALUES (4, 'b'); COMMIT");
    await database.sql("SAVEPOINT s; INSERT INTO t VALUES (5, 'gone'); ROLLBACK TO s");
    await database.sql("UPDATE t SET id = 30 WHERE id = 3; INSERT INTO t VALUES (6, 'a'); COMMIT");
  } finally {
    await other.end();
  }
  // One multi-insert record of the log has all these rows.
  await database.sql("INSERT INTO t SELECT 4 FROM generate_series(1, 0)");
  await database.sql(`COPY t FROM PROGRAM 'seq -f "%.0f\tcopied" 10 14'`);
  await database.sql("DELETE FROM t WHERE id IN (10, 11)");
  await database.sql("INSERT INTO t VALUES (99, 'end')");
}

const CHANGES = [
  "c 2, c 4",
  "c 1, c 3, d 3, tombstone 3, c 30, c 6",
  "c 10, c 11, c 12, c 13, c 14",
  "d 10, tombstone 10, d 11, tombstone 11",
  "c 99",
].flatMap((transaction) => transaction.split(", "));

const isEnd = (records: readonly SourceRecord[]) => records.some((one) => brief(one) === "c 99");

async function readFrom(
  offset: SourceOffset | null,
  more: Props = {},
  enough = isEnd,
): Promise<SourceRecord[]> {
  const offsets = new MemoryOffsets(offset === null ? [] : [[partition, offset]]);
  await using source = await startSource(PostgresConnector, props(more), { offsets });
  const records = await takeUntil(source, enough);
  return records;
}

test("whole transactions come in the order of their commits, row by row", async () => {
  await prepare();
  await change();
  expect((await readFrom(null)).map(brief)).toEqual(CHANGES);
});

test("from each offset everything goes on, nothing is lost and nothing comes twice", async () => {
  await prepare();
  await change();
  const records = await readFrom(null, { "max.batch.size": "1" });
  const places = records.flatMap(({ sourceOffset }, i) =>
    sourceOffset === null ? [] : [{ offset: sourceOffset, rest: CHANGES.slice(i + 1) }],
  );
  // Each event but the parts of one: a change of keys, a deletion with its tombstone.
  expect(places).toHaveLength(CHANGES.length - 4);
  for (const { offset, rest } of places.filter(({ rest }) => rest.length > 0)) {
    expect({ offset, rest: (await readFrom(offset)).map(brief) }).toEqual({ offset, rest });
  }
});

test("places in transactions go on where they are told of", async () => {
  const more = { "provide.transaction.metadata": "true", "max.batch.size": "1" };
  await prepare(more);
  await change();
  const isWhole = (records: readonly SourceRecord[]) =>
    isEnd(records) && brief(records.at(-1)!).startsWith("END");
  const all = await readFrom(null, more, isWhole);
  const text = (records: readonly SourceRecord[]) =>
    records.map((record) => {
      const value = record.value as Struct | null;
      const block = value?.schema.field("transaction") && value.get("transaction");
      return JSON.stringify([record.topic, record.key, brief(record), block]);
    });
  for (const [i, { sourceOffset }] of all.slice(0, -1).entries()) {
    if (sourceOffset === null) continue;
    const rest = await readFrom(sourceOffset, more, (some) => some.length >= all.length - 1 - i);
    expect(text(rest)).toEqual(text(all.slice(i + 1)));
  }
});

test("an offset that Debezium has stored is gone on from", async () => {
  await prepare();
  await database.sql("INSERT INTO t VALUES (1, 'a')");
  await database.sql("INSERT INTO t VALUES (2, 'b'); INSERT INTO t VALUES (99, 'end')");
  const [first, second] = await readFrom(null, { "max.batch.size": "1" });
  const committed = second!.sourceOffset!["lsn_commit"];
  // Without a count, as Debezium's were before 3: what lies at that lsn is taken.
  const { lsn, txId } = first!.sourceOffset!;
  const old = { lsn, txId, lsn_proc: lsn, ts_usec: 1, messageType: "INSERT" };
  expect((await readFrom(old)).map(brief)).toEqual(["c 2", "c 99"]);
  const atCommit = { lsn: committed, lsn_proc: committed, lsn_commit: committed, ts_usec: 1 };
  expect((await readFrom({ ...atCommit, messageType: "COMMIT" })).map(brief)).toEqual([
    "c 2",
    "c 99",
  ]);
});

test("the slot goes on only to what is stored", async () => {
  await prepare();
  const confirmed = async () =>
    (
      await database.sql(
        "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE database = current_database()",
      )
    )[0]![0];
  const before = await confirmed();
  await using source = await startSource(PostgresConnector, props());
  await database.sql("INSERT INTO t VALUES (1, 'a')");
  await takeUntil(source, (records) => records.length > 0);
  await source.takeFor(100);
  expect(await confirmed()).toBe(before);
  await source.commit();
  await expect.poll(confirmed, { timeout: 30_000 }).not.toBe(before);
});

test("a log full of changes that nobody captures is let go", async () => {
  await database.sql("CREATE TABLE other (id int PRIMARY KEY)");
  const more = { "table.include.list": "public.t", "status.update.interval.ms": "100" };
  await prepare(more);
  await using source = await startSource(PostgresConnector, props(more));
  await database.sql("INSERT INTO t VALUES (1, 'a')");
  await takeUntil(source, (records) => records.length > 0);
  await source.commit();
  await database.sql("INSERT INTO other SELECT generate_series(1, 1000)");
  const [[written]] = (await database.sql("SELECT pg_current_wal_lsn()")) as [[string]];
  const isLetGo = async () => {
    await source.takeFor(50);
    await source.commit();
    const rows = await database.sql(
      `SELECT confirmed_flush_lsn >= '${written}' FROM pg_replication_slots WHERE database = current_database()`,
    );
    return rows[0]![0];
  };
  await expect.poll(isLetGo, { timeout: 30_000 }).toBe(true);
});

test("a connection that the server ends is made again, without loss", async () => {
  await prepare();
  await using source = await startSource(PostgresConnector, props());
  await database.sql("INSERT INTO t SELECT i, 'a' FROM generate_series(1, 10) i");
  const found = (await takeUntil(source, (records) => records.length >= 10)).map(brief);
  for (let round = 1; round <= 3; round++) {
    await database.sql(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database()",
    );
    await database.sql(
      `INSERT INTO t SELECT i, 'a' FROM generate_series(${round * 10 + 1}, ${round * 10 + 10}) i`,
    );
    const more = await takeUntil(source, (records) => records.length >= 10);
    found.push(...more.map(brief));
  }
  expect(found).toEqual(Array.from({ length: 40 }, (_, i) => `c ${i + 1}`));
});
