import type { Props, SourceRecord } from "@millrace/connect-api";
import {
  MemoryOffsets,
  RecordingLogger,
  type SourceRun,
  startSource,
} from "@millrace/connect-testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { column, series, type TestDatabase, testDatabase, values } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const start = (
  more: Props,
  options: { logger?: RecordingLogger; maxTasks?: number; offsets?: MemoryOffsets } = {},
) => startSource(JdbcSourceConnector, { ...database.props, mode: "bulk", ...more }, options);

const createTables = (...names: string[]) =>
  database.sql(
    names
      .map(
        (name) =>
          `CREATE TABLE ${name} (id serial, at timestamp NOT NULL DEFAULT '2024-01-01', n int NOT NULL DEFAULT 7); INSERT INTO ${name} DEFAULT VALUES`,
      )
      .join(";"),
  );

const topics = (records: readonly SourceRecord[]) =>
  [...new Set(records.map(({ topic }) => topic))].toSorted();

/** The topics of what comes, once there are so many, and whatever comes soon after. */
async function topicsOf(run: SourceRun, count: number): Promise<string[]> {
  const records: SourceRecord[] = [];
  do records.push(...(await run.take(1)));
  while (topics(records).length < count);
  return topics([...records, ...(await run.takeFor(200))]);
}

describe("lists", () => {
  test.each<[string, Props, string[]]>([
    ["a blacklist", { "table.blacklist": 'a,"public"."c"' }, ["t-b", "t-z"]],
    ["expressions", { "table.include.list": "public\\.[ab],other\\..*" }, ["t-a", "t-b", "t-z"]],
    [
      "expressions less others",
      { "table.include.list": "public\\..*", "table.exclude.list": ".*\\.[bc]" },
      ["t-a"],
    ],
    ["a schema pattern", { "schema.pattern": "oth%" }, ["t-z"]],
    ["views", { "table.types": "view" }, ["t-v"]],
  ])("%s", async (_, more, expected) => {
    await createTables("a", "b", "c");
    await database.sql("CREATE VIEW v AS SELECT * FROM a; CREATE SCHEMA other");
    await createTables("other.z");
    await using run = await start(more);
    expect(await topicsOf(run, expected.length)).toEqual(expected);
  });

  test("a catalog pattern that is another database's leaves nothing", async () => {
    await createTables("a");
    await expect(start({ "catalog.pattern": "nope", "table.whitelist": "a" })).rejects.toThrow(
      /table\.whitelist.*no table of that name/,
    );
  });

  test("partitioned tables are read by their own type, once", async () => {
    await database.sql(`CREATE TABLE parts (id int) PARTITION BY LIST (id);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1); INSERT INTO parts VALUES (1)`);
    await using run = await start({
      "table.types": "PARTITIONED TABLE",
      "poll.interval.ms": "60000",
    });
    expect((await run.take(1)).map(({ topic }) => topic)).toEqual(["t-parts"]);
    expect(await run.takeFor(200)).toEqual([]);
  });

  test("a view has no key to be read by, unless it is said which and that it is never null", async () => {
    await createTables("a");
    await database.sql("CREATE VIEW v AS SELECT id, n FROM a");
    const view = { mode: "incrementing", "table.types": "VIEW", "table.whitelist": "v" };
    await expect(start(view)).rejects.toThrow(/incrementing\.column\.name.*name the incrementing/);
    const named = { ...view, "incrementing.column.name": "id" };
    await expect(start(named)).rejects.toThrow(/column id on public\.v .*validate\.non\.null/);
    await using run = await start({ ...named, "validate.non.null": "false" });
    expect(column(await run.take(1), "id")).toEqual([1]);
  });

  test("columns by table, of the mappings", async () => {
    await createTables("a", "b");
    await database.sql("ALTER TABLE b RENAME id TO num; ALTER TABLE b RENAME at TO changed");
    await using run = await start({
      mode: "timestamp+incrementing",
      "table.include.list": "public\\..*",
      "incrementing.column.mapping": "public\\.a:id,public\\.b:num",
      "timestamp.columns.mapping": ".*\\.a:[at],.*\\.b:[changed]",
    });
    const records = await run.take(2);
    expect(topics(records)).toEqual(["t-a", "t-b"]);
    await expect(
      start({
        mode: "timestamp",
        "table.include.list": "public\\..*",
        "timestamp.columns.mapping": ".*\\.a:[at]",
      }),
    ).rejects.toThrow(/timestamp\.columns\.mapping.*public\.b matches none/);
  });
});

describe("tables that come and go", () => {
  const watching = { "table.poll.interval.ms": "50", "table.include.list": "public\\..*" };

  test("are found, and the tasks made anew", async () => {
    await createTables("a");
    await using run = await start(watching);
    expect(topics(await run.take(1))).toEqual(["t-a"]);
    await createTables("b");
    await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(1);
    await run.reconfigureTasks();
    expect(await topicsOf(run, 2)).toEqual(["t-a", "t-b"]);
    await database.sql("DROP TABLE a");
    await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(2);
    await run.reconfigureTasks();
    expect(await topicsOf(run, 1)).toEqual(["t-b"]);
    // Once all are gone there is one task, which waits.
    await database.sql("DROP TABLE b");
    await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(3);
    await run.reconfigureTasks();
    expect(run.tasks).toHaveLength(1);
    expect(await run.takeFor(100)).toEqual([]);
  });

  test("of the whitelist, one that is not there yet is read when it is", async () => {
    await createTables("a");
    const logger = new RecordingLogger();
    const more = { "table.poll.interval.ms": "50", "table.whitelist": "a,later" };
    await using run = await start(more, { logger });
    expect(logger.messages("warn").join()).toMatch(/later .*It is read when it is there/);
    await createTables("later");
    await expect.poll(() => run.context.reconfigurations, { timeout: 30_000 }).toBe(1);
    await run.reconfigureTasks();
    expect(await topicsOf(run, 2)).toEqual(["t-a", "t-later"]);
  });

  test("a second table of one name fails the connector, and a database that is away does not", async () => {
    await createTables("a");
    const logger = new RecordingLogger();
    await using run = await start(watching, { logger });
    await database.sql(`ALTER ROLE "${database.user}" NOLOGIN`);
    await expect
      .poll(() => logger.text(), { timeout: 30_000 })
      .toContain("Could not look for tables");
    await database.sql(`ALTER ROLE "${database.user}" LOGIN; CREATE SCHEMA other`);
    await database.sql(`GRANT USAGE ON SCHEMA other TO "${database.user}"`);
    await createTables("other.a");
    expect(run.context.raised).toEqual([]);
    await database.sql("DROP TABLE other.a");
    await using second = await start({ ...watching, "table.include.list": ".*" });
    await createTables("other.a");
    await expect.poll(() => second.context.raised.length, { timeout: 30_000 }).toBe(1);
    expect(String(second.context.raised[0])).toContain("other.a and public.a");
  });
});

describe("a query", () => {
  const byId = {
    mode: "incrementing",
    "incrementing.column.name": "id",
    "topic.prefix": "the-topic",
  };

  test.each([
    ["SELECT id, n * 2 AS n FROM a", "appended to"],
    ["SELECT id, n * 2 AS n FROM a WHERE n > 0 ORDER BY n DESC -- newest", "put around"],
    ["select id, 14 as n from a union select id + 100, 14 from a where false", "put around"],
  ])("%s: the condition is %s it", async (query) => {
    await createTables("a");
    const offsets = new MemoryOffsets();
    await using run = await start({ ...byId, query }, { offsets });
    const [record] = await run.take(1);
    expect(values(record)).toEqual({ id: 1, n: 14 });
    expect(record).toMatchObject({
      topic: "the-topic",
      sourcePartition: { query: "query" },
      sourceOffset: { incrementing: 1 },
    });
    expect(record?.valueSchema?.name).toBeUndefined();
    await run.commit();
    expect([...offsets].map(([partition]) => partition)).toEqual([{ query: "query" }]);
    await database.sql("INSERT INTO a DEFAULT VALUES");
    expect(column(await run.take(1), "id")).toEqual([2]);
  });

  test("a suffix stands behind everything", async () => {
    await createTables("a");
    await database.sql(
      `INSERT INTO a SELECT FROM generate_series(1, 5); GRANT UPDATE ON a TO "${database.user}"`,
    );
    await using run = await start({
      ...byId,
      query: "SELECT id FROM a",
      "query.suffix": "LIMIT 2 FOR UPDATE",
      "poll.interval.ms": "20",
    });
    expect(column(await run.take(6), "id")).toEqual(series(1, 6));
  });

  test("a masked one that the database refuses is not shown", async () => {
    await createTables("a");
    const error: unknown = await start({
      ...byId,
      "query.masked": "SELECT id, s3cret FROM a",
    }).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/query\.masked.*42703/);
    expect(
      `${String(error)} ${(error as Error).stack} ${String((error as Error).cause)}`,
    ).not.toContain("s3cret");
  });

  test("a masked one that stops to work is not shown either", async () => {
    await createTables("a");
    await using run = await start({ ...byId, "query.masked": "SELECT id, n AS s3cret FROM a" });
    await run.take(1);
    await database.sql("ALTER TABLE a RENAME n TO m");
    const error: unknown = await run.take(1).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/query\.masked.*42703/);
    expect(
      `${String(error)} ${(error as Error).stack} ${String((error as Error).cause)}`,
    ).not.toContain("s3cret");
  });
});
