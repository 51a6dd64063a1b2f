import { isRetriable, type Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { type Postgres, startPostgres } from "@millrace/services";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { brief, takeUntil, type TestDatabase, testDatabase } from "./support.ts";

let server: Postgres;
let database: TestDatabase;

beforeAll(async () => {
  server = await startPostgres({
    settings: { max_slot_wal_keep_size: "1MB", min_wal_size: "32MB", max_wal_size: "32MB" },
  });
});

afterAll(() => server.close());

beforeEach(async () => {
  database = await testDatabase(server.url);
  await database.sql("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int)");
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "table.include.list": "public.t",
  ...more,
});

/** What the task fails with. */
async function failure(more: Props, offsets = new MemoryOffsets()): Promise<Error> {
  try {
    await using source = await startSource(PostgresConnector, props(more), { offsets });
    const records = await source.takeFor(5000);
    throw new Error(`There was no failure, but ${records.map(brief).join(", ")}`);
  } catch (error) {
    return error as Error;
  }
}

/** Runs until something is stored, and stops. */
async function runOnce(more: Props = {}): Promise<MemoryOffsets> {
  const offsets = new MemoryOffsets();
  await database.sql("INSERT INTO t VALUES (1, 'a')");
  await using source = await startSource(PostgresConnector, props(more), { offsets });
  await source.take(1);
  await source.commit();
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await source.stop();
  // The server notices the end of a connection a moment later.
  await vi.waitUntil(
    async () =>
      (
        await database.sql(
          "SELECT active FROM pg_replication_slots WHERE database = current_database()",
        )
      )[0]![0] === false,
    30_000,
  );
  return offsets;
}

const dropSlot = () =>
  database.sql(
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()",
  );

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
    expect.stringContaining("Set this or table.include.list, not both"),
  ]);
  expect(await validated({ "table.include.list": "public.(t" })).toEqual([
    expect.stringMatching(/^table\.include\.list: .*Unclosed group/s),
  ]);
  expect(await validated({ "slot.name": "Upper" })).toEqual([
    expect.stringContaining("lower-case letters"),
  ]);
  expect(await validated({ "message.key.columns": "public.t" })).toEqual([
    expect.stringContaining("Write schema.table:column,column"),
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
    expect.stringContaining("Check database.hostname and database.port"),
  ]);
  expect(await validated({ "database.sslmode": "require" })).toEqual([
    expect.stringContaining("Turn on ssl in the server, or set database.sslmode"),
  ]);
});

test("a user who may not replicate, or not make a publication, is told what to grant", async () => {
  const [user, password] = ["plain", "secret"];
  await database.sql(
    `CREATE ROLE ${user} LOGIN PASSWORD '${password}'; GRANT SELECT ON t TO ${user}`,
  );
  const as = { "database.user": user, "database.password": password };
  try {
    expect((await failure(as)).message).toContain('Run ALTER ROLE "plain" REPLICATION');
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
  await using other = await testDatabase(server.url);
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

test("a slot that has lost its log is told, and made anew where that is allowed", async () => {
  const offsets = await runOnce();
  const status = async () =>
    (
      await database.sql(
        "SELECT wal_status FROM pg_replication_slots WHERE database = current_database()",
      )
    )[0]![0];
  for (let i = 0; (await status()) !== "lost"; i++) {
    await database.sql(
      "INSERT INTO other SELECT generate_series(1, 200000); SELECT pg_switch_wal(); CHECKPOINT",
    );
    expect(i).toBeLessThan(50);
  }
  const error = await failure({}, offsets);
  expect(error.message).toMatch(/has lost log that it needs \(max_slot_wal_keep_size\)/);
  await using source = await startSource(
    PostgresConnector,
    props({ "snapshot.mode": "when_needed" }),
    { offsets },
  );
  expect((await source.take(1)).map(brief)).toEqual(["r 1"]);
  expect(source.logger.text()).toContain("it is made anew, and a snapshot is taken");
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

test("log that is held back is told, and fails the task at the limit", async () => {
  const more = { "max.wal.lag.bytes": "300000", "status.update.interval.ms": "20" };
  await using source = await startSource(PostgresConnector, props(more));
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  const write = () => database.sql("INSERT INTO other SELECT generate_series(1, 1500)");
  const isWarned = () => source.logger.text().includes("more than half of max.wal.lag.bytes");
  for (let i = 0; i < 20 && !isWarned(); i++) {
    await write();
    await source.takeFor(100);
  }
  expect(isWarned()).toBe(true);
  for (let i = 0; i < 3; i++) await write();
  await expect(source.takeFor(10_000)).rejects.toThrow(
    /holds back \d+ bytes of the server's log, more than max\.wal\.lag\.bytes \(300000\)/,
  );
});
