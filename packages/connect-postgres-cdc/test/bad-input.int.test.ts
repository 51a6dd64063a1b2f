import { isRetriable, type Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import {
  CAPTURED_TABLES,
  capturing,
  failure as failureOf,
  runOnce as runOnceOn,
  slotOf,
} from "./failing.ts";
import { brief, rowOf, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
  await database.sql(CAPTURED_TABLES);
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => capturing(database, more);
const failure = (more: Props, offsets?: MemoryOffsets) => failureOf(props(more), offsets);
const runOnce = () => runOnceOn(database);
const dropSlot = () => slotOf(database, "pg_drop_replication_slot(slot_name)");

const validated = async (more: Props) =>
  (await new PostgresConnector().validate(props(more))).flatMap(({ name, errors }) =>
    errors.map((error) => `${name}: ${error}`),
  );

test("a list that matches nothing says what there is", async () => {
  const error = await failure({ "table.include.list": "t" });
  expect(error.message).toMatch(
    /Invalid value t for configuration table\.include\.list: .*There are public\.other, public\.t; expressions must match schema\.table whole/,
  );
});

test("lists that contradict each other or make no sense are refused before anything starts", async () => {
  expect(await validated({ "table.exclude.list": "public.other" })).toEqual([
    expect.stringContaining('"table.include.list" is already specified'),
  ]);
  expect(await validated({ "table.include.list": "public.(t" })).toContainEqual(
    expect.stringMatching(/^table\.include\.list: .*Unclosed group/s),
  );
  expect(await validated({ "slot.name": "Upper" })).toEqual([
    expect.stringMatching(/^slot\.name: .*digits, lowercase characters and underscores/),
  ]);
  expect(await validated({ "message.key.columns": "public.t" })).toEqual([
    expect.stringMatching(/^message\.key\.columns: .*public\.t has an invalid format/),
  ]);
  expect(await validated({ converters: "isbn" })).toEqual([
    expect.stringContaining("use a transform instead"),
  ]);
  expect(await validated({})).toEqual([]);
});

test("a wrong password, database, host or user is told with its key", async () => {
  const wrong = { "database.password": "nope" };
  expect(await validated(wrong)).toEqual([
    expect.stringMatching(/^database\.hostname: .*Check database\.user and database\.password/),
  ]);
  expect((await failure(wrong)).message).toContain("Check database.user and database.password");
  expect((await failure({ "database.dbname": "nope" })).message).toContain(
    "Correct database.dbname",
  );
  expect(await validated({ "database.port": "1" })).toEqual([
    expect.stringContaining("Check that the hostname and port are correct"),
  ]);
  expect(await validated({ "database.sslmode": "require" })).toEqual([
    expect.stringContaining("Turn on ssl in the server, or set database.sslmode"),
  ]);
});

test("a user who may not replicate, or not make a publication, is told what to grant", async () => {
  const [user, password] = [`plain_${database.name}`, "secret"];
  await database.sql(
    `CREATE ROLE ${user} LOGIN PASSWORD '${password}'; GRANT SELECT ON t TO ${user}`,
  );
  const as = { "database.user": user, "database.password": password };
  try {
    expect((await failure(as)).message).toContain(`Run ALTER ROLE "${user}" REPLICATION`);
    await database.sql(`ALTER ROLE ${user} REPLICATION`);
    const error = await failure(as);
    expect(error.message).toMatch(
      /Could not create publication dbz_publication .*CREATE on the database and ownership/,
    );
    expect(isRetriable(error)).toBe(false);
  } finally {
    await database.sql(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  }
});

test("a publication that is missing or has other tables is told with the statement to run", async () => {
  const disabled = { "publication.autocreate.mode": "disabled" };
  expect((await failure(disabled)).message).toContain(
    'Run CREATE PUBLICATION "dbz_publication" FOR TABLE "public"."t"',
  );
  await database.sql("CREATE PUBLICATION dbz_publication FOR TABLE other");
  expect((await failure(disabled)).message).toMatch(
    /has only public\.other, and none .*ALTER PUBLICATION "dbz_publication" ADD TABLE "public"\."t"/,
  );
  const both = { ...disabled, "table.include.list": "public.(t|other)" };
  await using source = await startSource(PostgresConnector, props(both));
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  expect(source.logger.text()).toContain("Changes of public.t will not come");
});

test("a slot that is in use names who uses it", async () => {
  await using first = await startSource(PostgresConnector, props());
  await takeUntil(first, () => first.logger.text().includes("Streaming from"));
  const error = await failure({
    "slot.max.retries": "1",
    "slot.retry.delay.ms": "100",
    "snapshot.mode": "no_data",
  });
  expect(error.message).toMatch(
    /Slot \w+ is in use: .*active for PID \d+\. Each connector needs a slot of its own/,
  );
});

test("a slot of another plugin or database is refused", async () => {
  const name = database.props["slot.name"]!;
  await database.sql(`SELECT pg_create_logical_replication_slot('${name}', 'test_decoding')`);
  expect((await failure({})).message).toContain("slot was made for the plugin test_decoding");
  await dropSlot();
  await using other = await testDatabase();
  await other.sql(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
  expect((await failure({})).message).toMatch(
    /The slot belongs to database test_\w+, not to test_/,
  );
});

test("a slot that is gone is no silent gap", async () => {
  const offsets = await runOnce();
  await dropSlot();
  await database.sql("INSERT INTO t VALUES (2, 'lost')");
  const error = await failure({}, offsets);
  expect(error.message).toMatch(
    /does not exist any more, so the changes since the stored offset are lost.*when_needed/,
  );

  await using source = await startSource(
    PostgresConnector,
    props({ "snapshot.mode": "when_needed" }),
    { offsets },
  );
  expect((await source.take(2)).map(brief)).toEqual(["r 1", "r 2"]);
});

test("an offset that is none is refused", async () => {
  await runOnce();
  const offsets = new MemoryOffsets([[{ server: "t" }, { lsn: "abc" }]]);
  expect((await failure({}, offsets)).message).toContain('has lsn = "abc", which is no position');
  const connector = new PostgresConnector();
  expect(() =>
    connector.alterOffsets(props(), new Map([[{ server: "t" }, { lsn: "abc" }]])),
  ).toThrow("no position");
  expect(connector.alterOffsets(props(), new Map([[{ server: "t" }, { lsn: 1 }]]))).toBe(false);
});

test("a slot that is ahead of the offset is refused where the offset is to be trusted", async () => {
  const offsets = await runOnce();
  await database.sql("INSERT INTO t VALUES (2, 'b')");
  await database.sql(
    "SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots WHERE database = current_database()",
  );
  await database.sql("INSERT INTO t VALUES (3, 'c')");
  // A snapshot's offset tells no commit; one of the stream does.
  const [[lsn]] = (await database.sql("SELECT '0/1'::pg_lsn - '0/0'")) as [[string]];
  const old = new MemoryOffsets([
    [{ server: "t" }, { lsn: Number(lsn), lsn_commit: Number(lsn), messageType: "COMMIT" }],
  ]);
  const trust = await failure({ "offset.mismatch.strategy": "trust_offset" }, old);
  expect(trust.message).toMatch(
    /The offset is at .* and slot \w+ at .*: the slot does not have the changes in between/,
  );
  await using source = await startSource(PostgresConnector, props(), { offsets });
  const records = await takeUntil(source, (some) => some.length > 0);
  expect(records.map(brief)).toEqual(["c 3"]);
});

test("a value without a place in its form fails with column and remedy, after the rows before it", async () => {
  await database.sql("CREATE TABLE n (id int PRIMARY KEY, v numeric(5,2) NOT NULL)");
  const more = { "table.include.list": "public.n" };
  await using source = await startSource(PostgresConnector, props(more));
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await database.sql(
    "BEGIN; INSERT INTO n VALUES (1, 1); INSERT INTO n VALUES (2, 'NaN'); INSERT INTO n VALUES (3, 3); COMMIT",
  );
  expect((await source.take(1)).map(brief)).toEqual(["c 1"]);
  await expect(source.take(1)).rejects.toThrow(
    /Column public\.n\.v must not be null, but holds NaN .*Set decimal\.handling\.mode/,
  );
});

test("a table without a replica identity is told with the remedy, and its rows have no keys", async () => {
  await database.sql("INSERT INTO other VALUES (1)");
  const more = { "table.include.list": "public.other" };
  await using source = await startSource(PostgresConnector, props(more));
  const [record] = await source.take(1);
  expect(record!.key).toBe(null);
  expect(source.logger.text()).toMatch(
    /refuses UPDATE and DELETE .* which are public\.other\. Give them a primary key, or set replica\.identity\.autoset\.values, such as public\.other:FULL/,
  );
  await source.stop();
  const full = { ...more, "replica.identity.autoset.values": "public.other:FULL" };
  await using again = await startSource(PostgresConnector, props(full));
  await takeUntil(again, () => again.logger.text().includes("Streaming from"));
  expect(again.logger.text()).not.toContain("refuses UPDATE");
  await database.sql("UPDATE other SET id = 2");
  expect((await again.take(1)).map(brief)).toEqual(["u undefined"]);
});

test("a column of a type without a schema is left out and told, or comes as bytes", async () => {
  await database.sql(
    "CREATE TYPE pair AS (a int, b int); ALTER TABLE t ADD COLUMN p pair; INSERT INTO t VALUES (1, 'a', '(1,2)')",
  );
  await using source = await startSource(PostgresConnector, props());
  const [row] = await source.take(1);
  expect(rowOf(row!)).toEqual({ id: 1, v: "a" });
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await database.sql("INSERT INTO t VALUES (2, 'b', '(3,4)')");
  expect(rowOf((await source.take(1))[0]!)).toEqual({ id: 2, v: "b" });
  expect(source.logger.text()).toMatch(
    /Column public\.t\.p is left out: there is no schema for the type .*\. Set include\.unknown\.datatypes/,
  );
});

test("a statement that takes too long is told with the key that allows it more time", async () => {
  const more = {
    "database.query.timeout.ms": "200",
    "heartbeat.interval.ms": "50",
    "heartbeat.action.query": "SELECT pg_sleep(30)",
  };
  await using source = await startSource(PostgresConnector, props(more));
  await takeUntil(source, () => source.logger.text().includes("heartbeat.action.query failed"));
  expect(source.logger.text()).toMatch(
    /due to statement timeout .*Raise database\.query\.timeout\.ms/,
  );
});

test("a statement that snapshots a table and is wrong is told with the table", async () => {
  const error = await failure({
    "snapshot.select.statement.overrides": "public.t",
    "snapshot.select.statement.overrides.public.t": "SELECT * FROM nowhere",
  });
  expect(error.message).toMatch(
    /Could not read table public\.t .*relation "nowhere" does not exist/,
  );
});
