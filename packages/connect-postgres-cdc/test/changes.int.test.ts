import type { Props, SourceRecord, Struct } from "@millrace/connect-api";
import { type SourceRun, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { brief, opOf, rowOf, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "snapshot.mode": "no_data",
  "skipped.operations": "none",
  ...more,
});

async function streaming(more: Props = {}): Promise<SourceRun> {
  const source = await startSource(PostgresConnector, props(more));
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  return source;
}

const take = (source: SourceRun, count: number) =>
  takeUntil(source, (records) => records.length >= count);

const after = (record: SourceRecord) => rowOf(record);

const fields = (record: SourceRecord | undefined) =>
  (record!.valueSchema!.field("after")!.schema.fields ?? []).map(
    ({ name, schema }) => `${name} ${schema.name?.split(".").at(-1) ?? schema.type}`,
  );

test("structure may change between the changes of one transaction, and while nobody reads", async () => {
  await database.sql("CREATE TABLE t (id int PRIMARY KEY, a text, b int)");
  const first = await streaming();
  await first.stop();
  await database.sql(`
    BEGIN;
    INSERT INTO t VALUES (1, 'a', 1);
    ALTER TABLE t ADD COLUMN c date NOT NULL DEFAULT '2024-01-01';
    INSERT INTO t VALUES (2, 'a', 2);
    ALTER TABLE t DROP COLUMN a;
    INSERT INTO t VALUES (3, 3);
    ALTER TABLE t ALTER COLUMN b TYPE text;
    INSERT INTO t VALUES (4, 'four');
    ALTER TABLE t RENAME COLUMN b TO d;
    UPDATE t SET d = 'five' WHERE id = 4;
    COMMIT`);
  await using source = await startSource(PostgresConnector, props());
  const records = await take(source, 5);
  expect(records.map(after)).toEqual([
    { id: 1, a: "a", b: 1 },
    { id: 2, a: "a", b: 2, c: 19_723 },
    { id: 3, b: 3, c: 19_723 },
    { id: 4, b: "four", c: 19_723 },
    { id: 4, d: "five", c: 19_723 },
  ]);
  expect(fields(records[1])).toEqual(["id INT32", "a STRING", "b INT32", "c Date"]);
  expect(records.every(({ key }) => key !== null)).toBe(true);
});

test("an enum may get labels, and tables may be made, while changes stream", async () => {
  await database.sql(
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, m mood)",
  );
  await using source = await streaming({ "publication.autocreate.mode": "all_tables" });
  await database.sql("INSERT INTO t VALUES (1, 'ok')");
  const records = await take(source, 1);
  await database.sql("ALTER TYPE mood ADD VALUE 'happy'");
  await database.sql("INSERT INTO t VALUES (2, 'happy')");
  await database.sql(
    "CREATE TABLE later (id int PRIMARY KEY, m mood[]); INSERT INTO later VALUES (3, '{happy,NULL}')",
  );
  records.push(...(await take(source, 2)));
  expect(records.map((record) => rowOf(record)!["m"])).toEqual(["ok", "happy", ["happy", null]]);
  const allowed = records.map(({ valueSchema }) =>
    valueSchema!.field("after")!.schema.field("m")!.schema.parameters?.get("allowed"),
  );
  expect(allowed).toEqual(["sad,ok", "sad,ok,happy", undefined]);
});

test("columns are left out, cut, masked and hashed, and keys are made of others", async () => {
  await database.sql(
    `CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, secret text, card varchar(8), mail text, "Alt" int)`,
  );
  await using source = await streaming({
    "column.exclude.list": "public.t.secret,.*\\.id",
    "column.truncate.to.3.chars": "public.t.name",
    "column.mask.with.4.chars": "public.t.mail",
    "column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K": "public.t.card",
    "message.key.columns": "public.t:alt,id",
    "column.propagate.source.type": "public.t.card",
  });
  await database.sql(
    "INSERT INTO t VALUES (1, 'añbcd', 'x', '4711', NULL, 7), (2, 'ab', 'x', NULL, 'm@x', 8)",
  );
  const records = await take(source, 2);
  expect(records.map(after)).toEqual([
    { name: "añb", card: "e439d268", mail: "****", Alt: 7 },
    { name: "ab", card: null, mail: "****", Alt: 8 },
  ]);
  expect(records.map(({ key }) => (key as Struct).values)).toEqual([
    [7, 1],
    [8, 2],
  ]);
  expect(records[0]!.keySchema!.fields.map(({ name }) => name)).toEqual(["Alt", "id"]);
  const { parameters } = records[0]!.valueSchema!.field("after")!.schema.field("card")!.schema;
  expect(Object.fromEntries(parameters!)).toEqual({ masked: "true" });
});

test("columns that hold no texts tell of a change and are left as they are; bytes are cut", async () => {
  await database.sql(
    `CREATE TABLE t (id int PRIMARY KEY, n int, b bytea, "1st" text,
       size numeric(6,2) DEFAULT 1.5, sum int NOT NULL DEFAULT 1 + 1, hidden bytea DEFAULT '\\x01')`,
  );
  await using source = await streaming({
    "column.mask.with.4.chars": "public.t.n",
    "column.truncate.to.2.chars": "public.t.b",
    "column.propagate.source.type": "public.t.(id|size)",
    "field.name.adjustment.mode": "avro",
    "decimal.handling.mode": "string",
  });
  await database.sql("INSERT INTO t VALUES (1, 5, '\\x010203', 'x', 1.5)");
  const [record] = await take(source, 1);
  const row = record!.valueSchema!.field("after")!.schema;
  expect(after(record!)).toMatchObject({ id: 1, n: 5, _1st: "x", size: "1.50", sum: 2 });
  expect(after(record!)!["b"]).toEqual(Buffer.from([1, 2]));
  const parametersOf = (name: string) =>
    Object.fromEntries(row.field(name)!.schema.parameters ?? []);
  expect(parametersOf("n")).toEqual({ masked: "true" });
  expect(parametersOf("b")).toEqual({ truncateLength: "2" });
  expect(parametersOf("size")).toEqual({
    "__debezium.source.column.type": "NUMERIC",
    "__debezium.source.column.length": "6",
    "__debezium.source.column.scale": "2",
    "__debezium.source.column.name": "size",
  });
  expect(record!.keySchema!.field("id")!.schema.parameters?.size ?? 0).toBe(0);
  const defaults = ["size", "sum", "hidden"].map((name) => row.field(name)!.schema.defaultValue);
  expect(defaults.map((value) => value ?? null)).toEqual(["1.50", null, null]);
});

test("operations, unchanged rows, prefixes and tombstones can be left out", async () => {
  await database.sql(
    "CREATE TABLE t (id int PRIMARY KEY, v text, w text); ALTER TABLE t REPLICA IDENTITY FULL",
  );
  await using source = await streaming({
    "skipped.operations": "c,t",
    "skip.messages.without.change": "true",
    "column.exclude.list": "public.t.w",
    "tombstones.on.delete": "false",
    "message.prefix.include.list": "keep.*",
    "extended.headers.enabled": "false",
  });
  await database.sql(
    "INSERT INTO t VALUES (1, 'a', 'a'); UPDATE t SET w = 'b'; UPDATE t SET v = 'b'",
  );
  await database.sql("TRUNCATE t; INSERT INTO t VALUES (2, 'a', 'a'); DELETE FROM t");
  await database.sql(
    "SELECT pg_logical_emit_message(true, 'drop', 'x'), pg_logical_emit_message(false, 'keep me', 'y')",
  );
  const records = await take(source, 3);
  const more = await source.takeFor(100);
  expect([...records, ...more].map(brief).toSorted()).toEqual(["d 2", "m keep me", "u 1"]);
  expect(records.every(({ hasHeaders }) => !hasHeaders)).toBe(true);
});

test("replica identities can be set, and what the log lacks is told by the placeholder", async () => {
  await database.sql(`
    CREATE TABLE full_t (id int PRIMARY KEY, v text, big text);
    CREATE TABLE idx_t (id int NOT NULL, v text, big text, j jsonb, n int[]);
    CREATE UNIQUE INDEX idx_i ON idx_t (id);
    ALTER TABLE full_t ALTER big SET STORAGE EXTERNAL;
    ALTER TABLE idx_t ALTER big SET STORAGE EXTERNAL, ALTER n SET STORAGE EXTERNAL`);
  await using source = await streaming({
    "replica.identity.autoset.values": "public.full.*:FULL,public.idx_t:INDEX idx_i",
    "unavailable.value.placeholder": "hex:2a2a",
    "slot.failover": "true",
  });
  const [slot] = await database.sql(
    "SELECT failover FROM pg_replication_slots WHERE database = current_database()",
  );
  expect(slot).toEqual([true]);
  await database.sql(
    "INSERT INTO full_t VALUES (1, 'a', repeat('x', 9000)); INSERT INTO idx_t SELECT 1, 'a', repeat('x', 9000), '{}', array_agg(i) FROM generate_series(1, 3000) i",
  );
  await database.sql("UPDATE full_t SET v = 'b'; UPDATE idx_t SET v = 'b'");
  const records = (await take(source, 4)).filter((record) => opOf(record) === "u");
  expect(rowOf(records[0]!)).toEqual({ id: 1, v: "b", big: "x".repeat(9000) });
  expect(rowOf(records[0]!, "before")).toEqual({ id: 1, v: "a", big: "x".repeat(9000) });
  expect(rowOf(records[1]!)).toEqual({ id: 1, v: "b", big: "**", j: "{}", n: [42, 42] });
  expect(rowOf(records[1]!, "before")).toBeNull();
});

test("partitions are tables of their own, or one by their root", async () => {
  await database.sql(`
    CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
    INSERT INTO p VALUES (1, 'a'), (11, 'b')`);
  {
    await using source = await startSource(
      PostgresConnector,
      props({ "snapshot.mode": "initial" }),
    );
    const rows = await take(source, 2);
    await takeUntil(source, () => source.logger.text().includes("Streaming from"));
    await database.sql("INSERT INTO p VALUES (2, 'a')");
    const topics = [...rows, ...(await take(source, 1))].map(({ topic }) => topic);
    expect(topics).toEqual(["t.public.p1", "t.public.p2", "t.public.p1"]);
  }
  const root = {
    "snapshot.mode": "initial",
    "publish.via.partition.root": "true",
    "publication.name": "by_root",
    "slot.name": `r_${database.name}`,
  };
  await using source = await startSource(PostgresConnector, props(root));
  const rows = await take(source, 3);
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await database.sql("UPDATE p SET id = 12 WHERE id = 2");
  const records = [...rows, ...(await take(source, 3))];
  expect(new Set(records.map(({ topic }) => topic))).toEqual(new Set(["t.public.p"]));
  expect(records.slice(3).map(brief)).toEqual(["d 2", "tombstone 2", "c 12"]);
});

test("heartbeats come and run their statement", async () => {
  await database.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE beats (at timestamptz)");
  await using source = await streaming({
    "table.include.list": "public.t",
    "heartbeat.interval.ms": "50",
    "heartbeat.action.query": "INSERT INTO beats VALUES (now())",
    "topic.heartbeat.prefix": "beat",
  });
  const beats = await take(source, 3);
  expect(new Set(beats.map(({ topic }) => topic))).toEqual(new Set(["beat.t"]));
  const [[count]] = (await database.sql("SELECT count(*)::int FROM beats")) as [[number]];
  expect(count).toBeGreaterThanOrEqual(2);
});

test("a snapshot reads what it is told to, in the order it is told", async () => {
  await database.sql(`
    CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'a' FROM generate_series(1, 3) i;
    CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (4), (5);
    CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c VALUES (6);
    CREATE TABLE empty (id int PRIMARY KEY);
    CREATE TABLE log (said text)`);
  await using source = await startSource(
    PostgresConnector,
    props({
      "snapshot.mode": "initial_only",
      "snapshot.locking.mode": "shared",
      "table.exclude.list": "public.log",
      "snapshot.include.collection.list": "public.b,public.a,public.empty",
      "snapshot.select.statement.overrides": "public.a",
      "snapshot.select.statement.overrides.public.a":
        "SELECT upper(v) AS v, id FROM a WHERE id > 1",
      "database.initial.statements": "INSERT INTO log VALUES ('once;; more'); SET work_mem = '8MB'",
    }),
  );
  const rows = await take(source, 4);
  const marks = rows.map(({ value }) =>
    ((value as Struct).get("source") as Struct).get("snapshot"),
  );
  expect(rows.map(brief)).toEqual(["r 4", "r 5", "r 2", "r 3"]);
  expect(marks).toEqual(["first", "last_in_data_collection", "first_in_data_collection", "last"]);
  expect(after(rows[2]!)).toEqual({ id: 2, v: "A" });
  expect(await database.sql("SELECT said FROM log")).toEqual([["once; more"]]);
  await database.sql("INSERT INTO b VALUES (7)");
  expect(await source.takeFor(200)).toEqual([]);
  expect(
    await database.sql("SELECT 1 FROM pg_replication_slots WHERE database = current_database()"),
  ).toEqual([]);
});
