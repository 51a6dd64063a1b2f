import type { Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { startPostgres } from "@millrace/services";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { column, pollOnce, series, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const start = (more: Props, offsets = new MemoryOffsets()) =>
  startSource(
    JdbcSourceConnector,
    { ...database.props, "timestamp.column.name": "at", "table.whitelist": "users", ...more },
    { offsets },
  );

const timestamp = { mode: "timestamp" };
const both = { mode: "timestamp+incrementing", "incrementing.column.name": "id" };

/** Rows whose times are seconds of 2024, with a fraction. */
const createUsers = (rows: string, type = "timestamp(6)") =>
  database.sql(
    `CREATE TABLE users (id int NOT NULL, at ${type} NOT NULL); INSERT INTO users VALUES ${rows}`,
  );

const offset = (seconds: number, nanos = 0) => ({
  timestamp: Date.UTC(2024, 0, 1, 0, 0, seconds) + Math.floor(nanos / 1e6),
  timestamp_nanos: nanos,
});

describe("timestamp", () => {
  test("an offset is passed only when every row of its time was given out", async () => {
    await createUsers(
      "(1, '2024-01-01 00:00:01'), (2, '2024-01-01 00:00:02.000001'), (3, '2024-01-01 00:00:02.000001'), (4, '2024-01-01 00:00:03')",
    );
    await using run = await start({ ...timestamp, "batch.max.rows": "1" });
    const records = await run.take(4);
    expect(column(records, "id")).toEqual([1, 2, 3, 4]);
    expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([
      offset(1),
      offset(1),
      offset(2, 1000),
      offset(3),
    ]);
    expect(records[0]?.sourcePartition).toEqual({ protocol: "1", table: "public.users" });
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "after a restart behind %d of six rows nothing is missing, and only rows of one time come twice",
    async (committed) => {
      await createUsers(
        [1, 2, 2, 2, 3, 3].map((s, i) => `(${i + 1}, '2024-01-01 00:00:0${s}')`).join(", "),
      );
      const offsets = new MemoryOffsets();
      {
        await using run = await start({ ...timestamp, "batch.max.rows": "2" }, offsets);
        offsets.commit((await run.take(6)).slice(0, committed));
      }
      await using run = await start(timestamp, offsets);
      await database.sql("INSERT INTO users VALUES (7, '2024-01-01 00:00:04')");
      const left = [1, 1, 1, 4, 4, 6][committed - 1] ?? 0;
      expect(column(await run.take(7 - left), "id")).toEqual(series(left + 1, 7));
    },
  );

  test("the first of several columns that has a value counts, and rows without any are not read", async () => {
    await database.sql(`CREATE TABLE users (id int, created timestamp, updated timestamptz);
      INSERT INTO users VALUES (1, '2024-01-01 00:00:09', NULL), (2, '2024-01-01', '2024-01-01 00:00:05+00'), (3, NULL, NULL)`);
    const names = { "timestamp.column.name": "updated,created", "validate.non.null": "false" };
    await using run = await start({ ...timestamp, ...names });
    const records = await run.take(2);
    expect(column(records, "id")).toEqual([2, 1]);
    expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([offset(5), offset(9)]);
  });

  test("what is of the future, or too young for the delay, waits for its time", async () => {
    await createUsers("(1, now() - interval '20 s'), (2, now() + interval '1 day')", "timestamptz");
    await using run = await start({ ...timestamp, "timestamp.delay.interval.ms": "10000" });
    expect(column(await run.take(1), "id")).toEqual([1]);
    await database.sql("INSERT INTO users VALUES (3, now() - interval '6 s')");
    expect(await run.takeFor(300)).toEqual([]);
    expect(column(await run.take(1), "id")).toEqual([3]);
  });

  test.each([
    [String(Date.UTC(2024, 0, 1, 0, 0, 1)), [2]],
    ["-1", []],
  ])("timestamp.initial %s is where a table without an offset begins", async (initial, ids) => {
    await createUsers("(1, '2024-01-01 00:00:01'), (2, '2024-01-01 00:00:01.5')");
    await using run = await start({ ...timestamp, "timestamp.initial": initial });
    expect(column(await run.take(ids.length), "id")).toEqual(ids);
    expect(await run.takeFor(200)).toEqual([]);
    await database.sql("INSERT INTO users VALUES (3, now() AT TIME ZONE 'UTC')");
    expect(column(await run.take(1), "id")).toEqual([3]);
  });

  test("the times that clocks show twice, or never, in db.timezone neither lose nor repeat rows", async () => {
    // Europe/Paris: 02:00 to 03:00 is skipped on March 31st, and comes twice on October 27th.
    const shown = ["03-31 01:59", "03-31 03:00", "10-27 01:59", "10-27 02:30", "10-27 03:00"];
    await createUsers(shown.map((text, i) => `(${i}, '2024-${text}')`).join(", "));
    const offsets = new MemoryOffsets();
    const props = { ...both, "db.timezone": "Europe/Paris", "batch.max.rows": "1" };
    const seen = [];
    for (let i = 0; i < shown.length; i++) {
      await using run = await start(props, offsets);
      const [record] = await run.take(1);
      seen.push(...column([record!], "id"));
      offsets.commit([record!]);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("timestamp+incrementing", () => {
  test("each row is a place of its own, also among rows of one time", async () => {
    await createUsers(
      "(5, '2024-01-01 00:00:02'), (3, '2024-01-01 00:00:02'), (9, '2024-01-01 00:00:01.123456')",
    );
    const offsets = new MemoryOffsets();
    {
      await using run = await start({ ...both, "batch.max.rows": "1" }, offsets);
      const records = await run.take(3);
      expect(column(records, "id")).toEqual([9, 3, 5]);
      expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([
        { ...offset(1, 123_456_000), incrementing: 9 },
        { ...offset(2), incrementing: 3 },
        { ...offset(2), incrementing: 5 },
      ]);
      offsets.commit(records.slice(0, 2));
    }
    await using run = await start(both, offsets);
    expect(column(await run.take(1), "id")).toEqual([5]);
    await database.sql("UPDATE users SET at = now() AT TIME ZONE 'UTC' WHERE id = 9");
    expect(column(await run.take(1), "id")).toEqual([9]);
  });

  test.each([
    ["protocol 1", { table: "public.users", protocol: "1" }, { timestamp_nanos: 500_000_000 }],
    ["protocol 0, without nanoseconds", { table: "users" }, {}],
  ])("offsets of a Java worker are gone on from: %s", async (_, partition, nanos) => {
    await createUsers(
      "(1, '2024-01-01 00:00:01.5'), (2, '2024-01-01 00:00:01.5'), (3, '2024-01-01 00:00:02')",
    );
    const offsets = new MemoryOffsets();
    offsets.set(partition, { ...offset(1, 5e8), ...nanos, incrementing: 1 });
    await using run = await start(both, offsets);
    expect(column(await run.take(2), "id")).toEqual([2, 3]);
  });

  test("pages of a few rows are read one after the other, without a wait between them", async () => {
    await createUsers(
      series(1, 50)
        .map((i) => `(${i}, '2024-01-01 00:00:0${i % 3}')`)
        .join(", "),
    );
    await using run = await start({ ...both, "page.rows": "7", "poll.interval.ms": "600000" });
    const ids = column(await run.take(50), "id");
    expect(ids).toEqual([0, 1, 2].flatMap((s) => series(1, 50).filter((i) => i % 3 === s)));
  });
});

describe("watermark.safe", () => {
  const safe = { ...both, "watermark.safe": "true" };

  async function connect(): Promise<Client & AsyncDisposable> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  test("rows of a transaction that commits late are not missed, as they are without it", async () => {
    await createUsers("(0, '2024-01-01')", "timestamptz");
    await database.sql(`GRANT pg_read_all_stats TO "${database.user}"`);
    await using slow = await connect();
    await using run = await start(safe);
    await using unsafe = await start(both);
    await slow.query("BEGIN; INSERT INTO users VALUES (1, now())");
    await database.sql("INSERT INTO users VALUES (2, clock_timestamp())");
    expect(column(await run.take(1), "id")).toEqual([0]);
    expect(column(await unsafe.take(2), "id")).toEqual([0, 2]);
    expect(await run.takeFor(1500)).toEqual([]);
    await slow.query("COMMIT");
    expect(column(await run.take(2), "id")).toEqual([1, 2]);
    expect(await unsafe.takeFor(300)).toEqual([]);
  });

  test("a transaction that is prepared holds the place, as nobody knows when it began", async () => {
    await using server = await startPostgres({ settings: { max_prepared_transactions: 2 } });
    const own = await testDatabase(server.url);
    await own.sql(`CREATE TABLE users (id int NOT NULL, at timestamptz NOT NULL);
      GRANT pg_read_all_stats TO "${own.user}"`);
    await own.sql("BEGIN; INSERT INTO users VALUES (1, now()); PREPARE TRANSACTION 'late'");
    await own.sql("INSERT INTO users VALUES (2, '2024-01-01')");
    await using run = await start({ ...safe, ...own.props });
    expect(await run.takeFor(300)).toEqual([]);
    await own.sql("COMMIT PREPARED 'late'");
    expect(column(await run.take(2), "id")).toEqual([2, 1]);
    await own.client.end();
  });

  test("without the right to see others' transactions it is refused with the remedy", async () => {
    await createUsers("(1, now())", "timestamptz");
    await using run = await start(safe);
    await expect(pollOnce(run.tasks[0])).rejects.toThrow(/GRANT pg_read_all_stats/);
  });

  test("concurrent writers with open transactions and equal times lose nothing", async () => {
    await createUsers("(0, '2024-01-01')", "timestamptz");
    await database.sql(`GRANT pg_read_all_stats TO "${database.user}"; CREATE SEQUENCE ids`);
    await using run = await start({ ...safe, "poll.interval.ms": "10" });
    const writing = new AbortController();
    const write = async (seed: number): Promise<number> => {
      await using client = await connect();
      let rows = 0;
      for (let i = seed; !writing.signal.aborted; i += 7) {
        // The id is drawn, then time passes, then the row is written, then more time passes.
        await client.query("BEGIN");
        await client.query("SELECT pg_sleep($1)", [(i % 11) / 200]);
        await client.query(
          "INSERT INTO users SELECT nextval('ids'), now() FROM generate_series(1, 3)",
        );
        await client.query("SELECT pg_sleep($1)", [(i % 5) / 100]);
        await client.query(i % 4 === 0 ? "ROLLBACK" : "COMMIT");
        if (i % 4 !== 0) rows += 3;
      }
      return rows;
    };
    const writers = Promise.all([1, 2, 3, 4, 5].map(write));
    const ids = new Set(column(await run.takeFor(6000), "id"));
    writing.abort();
    const written = (await writers).reduce((sum, rows) => sum + rows, 1);
    for (const id of column(await run.take(written - ids.size), "id")) ids.add(id);
    expect(ids.size).toBe(written);
    expect(written).toBeGreaterThan(100);
  });
});
