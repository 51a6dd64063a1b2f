import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Decimal, isRetriable, type Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { readColumn } from "./read-type.ts";
import { column, pollOnce, series, values } from "./support.ts";

let folder: string;
let database: DatabaseSync;
let props: Props;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-sqlite-"));
  const file = join(folder, "shop.db");
  database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL");
  props = {
    "connection.url": `jdbc:sqlite:${file}`,
    "topic.prefix": "t-",
    "poll.interval.ms": "20",
    "poll.linger.ms": "100",
    "connection.backoff.ms": "100",
  };
});

afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

const utc = (text: string) => new Date(`${text}Z`);

async function read(type: string, literals: readonly string[], more: Props = {}) {
  const rows = literals.map((literal, i) => `(${i}, ${literal})`).join(", ");
  database.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v ${type}); INSERT INTO t VALUES ${rows}`);
  return readColumn({ ...props, ...more }, literals.length);
}

// oxfmt-ignore
test.each<[string, string, [literal: string, value: unknown][]]>([
  ["BOOLEAN", "BOOLEAN?", [["1", true], ["0", false], ["'true'", true], ["NULL", null]]],
  ["TINYINT", "INT8?", [["-128", -128], ["127", 127]]],
  ["SMALLINT", "INT16?", [["-32768", -32_768], ["NULL", null]]],
  ["INTEGER", "INT64?", [["9223372036854775807", 2n ** 63n - 1n], ["-9223372036854775808", -(2n ** 63n)], ["9007199254740993", 2n ** 53n + 1n], ["-1", -1], ["NULL", null]]],
  ["BIGINT", "INT64?", [["4294967296", 2 ** 32]]],
  ["REAL", "FLOAT64?", [["0.1", 0.1], ["9e999", Infinity], ["-9e999", -Infinity], ["3", 3], ["NULL", null]]],
  ["DOUBLE PRECISION", "FLOAT64?", [["1.7976931348623157e308", Number.MAX_VALUE]]],
  // A number of more than 15 digits is a real to SQLite, whatever the column is called.
  ["DECIMAL(38,10)", "Decimal(38,10)?", [["12345.6", Decimal.parse("12345.6000000000")], ["9007199254740993", Decimal.parse("9007199254740993.0000000000")]]],
  ["NUMERIC(10,2)", "Decimal(10,2)?", [["12345.67", Decimal.parse("12345.67")], ["3", Decimal.parse("3.00")], ["NULL", null]]],
  ["NUMERIC", "Decimal(0,127)?", [["1.5", new Decimal(15n * 10n ** 126n, 127)], ["7", new Decimal(7n * 10n ** 127n, 127)]]],
  ["TEXT", "STRING?", [["'Grüße, 東京 🚀'", "Grüße, 東京 🚀"], ["''", ""], ["7", "7"], ["NULL", null]]],
  ["VARCHAR(3)", "STRING?", [["'longer'", "longer"]]],
  ["BLOB", "BYTES?", [["x'00ff27'", Buffer.from("00ff27", "hex")], ["NULL", null]]],
  ["DATE", "Date?", [["'2024-02-29'", utc("2024-02-29T00:00")], ["1709164800000", utc("2024-02-29T00:00")], ["'1500-03-01'", utc("1500-03-11T00:00")]]],
  ["TIME", "Time?", [["'12:34:56.789'", new Date(45_296_789)]]],
  ["TIMESTAMP", "Timestamp?", [["'2024-02-29 12:34:56.789'", utc("2024-02-29T12:34:56.789")], ["'2024-02-29T12:34:56+02:00'", utc("2024-02-29T10:34:56")], ["1709210096789", utc("2024-02-29T12:34:56.789")], ["NULL", null]]],
  ["DATETIME", "Timestamp?", [["julianday('2024-02-29 12:34:56')", utc("2024-02-29T12:34:56")]]],
  ["", "INT64?", [["1", 1], ["NULL", null]]],
])("%s is %s", async (type, schema, cases) => {
  const found = await read(type, cases.map(([literal]) => literal));
  expect(found).toEqual({ schema, values: cases.map(([, value]) => value) });
});

test.each([
  ["TINYINT", "128", /column "v".*128 does not fit into the int8/],
  ["INTEGER", "'many'", /column "v".*many is no integer/],
  ["TIMESTAMP", "'yesterday'", /column "v".*"yesterday" is no date and time/],
])("a %s of %s fails the task by name", async (type, literal, message) => {
  await expect(read(type, [literal])).rejects.toThrow(message);
});

test("incrementing by the row's number, without a name; the bare table name is in the offsets", async () => {
  database.exec(
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('a'), ('b')",
  );
  const offsets = new MemoryOffsets();
  const incrementing = { ...props, mode: "incrementing", "batch.max.rows": "1" };
  {
    await using run = await startSource(JdbcSourceConnector, incrementing, { offsets });
    const records = await run.take(2);
    expect(records.map(values)).toEqual([
      { id: 1, name: "a" },
      { id: 2, name: "b" },
    ]);
    expect(records[0]).toMatchObject({
      topic: "t-users",
      sourcePartition: { protocol: "1", table: "users" },
    });
    await run.commit();
  }
  database.exec("INSERT INTO users (name) VALUES ('c')");
  await using run = await startSource(JdbcSourceConnector, incrementing, { offsets });
  expect(column(await run.take(1), "name")).toEqual(["c"]);
});

test.each([
  ["texts of seconds", "'2024-07-01 12:00:0' || i", "datetime('now')", "+1 day"],
  [
    "texts of milliseconds",
    "'2024-07-01T12:00:00.00' || i || 'Z'",
    "strftime('%Y-%m-%dT%H:%M:%fZ','now')",
    "+1 day",
  ],
  ["milliseconds since 1970", "1719835200000 + i", "unixepoch('now') * 1000", "+1 day"],
])("timestamp+incrementing over %s", async (_, past, now) => {
  database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL);
    INSERT INTO users WITH n AS (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3) SELECT i, ${past} FROM n`);
  const more = {
    ...props,
    mode: "timestamp+incrementing",
    "incrementing.column.name": "id",
    "timestamp.column.name": "at",
  };
  const offsets = new MemoryOffsets();
  {
    await using run = await startSource(JdbcSourceConnector, more, { offsets });
    const records = await run.take(3);
    expect(column(records, "id")).toEqual([1, 2, 3]);
    offsets.commit(records.slice(0, 1));
  }
  await using run = await startSource(JdbcSourceConnector, more, { offsets });
  expect(column(await run.take(2), "id")).toEqual([2, 3]);
  database.exec(`INSERT INTO users VALUES (9, ${now})`);
  expect(column(await run.take(1), "id")).toEqual([9]);
  expect(await run.takeFor(100)).toEqual([]);
});

test("a large table comes in batches, in order", async () => {
  database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO users (name) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT 'user ' || i FROM n`);
  await using run = await startSource(JdbcSourceConnector, { ...props, mode: "incrementing" });
  const first = await pollOnce(run.tasks[0]);
  expect(first).toHaveLength(1000);
  expect(column([...first, ...(await run.take(9000))], "id")).toEqual(series(1, 10_000));
});

test("a file that another process has locked is waited for", async () => {
  database.exec(
    "PRAGMA journal_mode = DELETE; CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1)",
  );
  await using run = await startSource(JdbcSourceConnector, {
    ...props,
    mode: "incrementing",
    "connection.busy_timeout": "10",
  });
  database.exec("BEGIN EXCLUSIVE");
  const error: unknown = await run.tasks[0]
    ?.poll(AbortSignal.timeout(10_000))
    .catch((e: unknown) => e);
  expect(isRetriable(error)).toBe(true);
  expect(String(error)).toMatch(/table users .*locked/);
  database.exec("COMMIT");
  expect(column(await run.take(1), "id")).toEqual([1]);
});

test.each<[Props, RegExp]>([
  [{ "connection.url": "jdbc:sqlite:/nowhere/at/all.db" }, /connection\.url.*no such file/],
  [{ "connection.url": "jdbc:sqlite::memory:" }, /connection\.url.*Name a file/],
  [{ "table.whitelist": "nobody" }, /table\.whitelist.*no table/],
  [{ "connection.key": "secret" }, /connection\.key.*decrypt/],
])("a start that cannot work says what to change: %j", async (more, message) => {
  database.exec("CREATE TABLE users (id INTEGER PRIMARY KEY)");
  await expect(
    startSource(JdbcSourceConnector, { ...props, mode: "incrementing", ...more }),
  ).rejects.toThrow(message);
});

test("watermark.safe is refused with what to do instead", async () => {
  database.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL)");
  await using run = await startSource(JdbcSourceConnector, {
    ...props,
    mode: "timestamp",
    "timestamp.column.name": "at",
    "watermark.safe": "true",
  });
  await expect(pollOnce(run.tasks[0])).rejects.toThrow(/timestamp\.delay\.interval\.ms/);
});
