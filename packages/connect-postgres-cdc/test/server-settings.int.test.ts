import { startSource } from "@millrace/connect-testkit";
import { startPostgres } from "@millrace/services";
import { expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { CAPTURED_TABLES, capturing, failure, runOnce, slotOf } from "./failing.ts";
import { brief, takeUntil, testDatabase } from "./support.ts";

test("a server that keeps no logical log is told what to set", async () => {
  await using server = await startPostgres({ settings: { wal_level: "replica" } });
  await using database = await testDatabase(server.url);
  await database.sql(CAPTURED_TABLES);
  const props = capturing(database);
  expect((await failure(props)).message).toMatch(
    /has wal_level = replica, .*Set wal_level = logical in postgresql\.conf and restart the server/,
  );
  const validated = await new PostgresConnector().validate(props);
  expect(validated.flatMap(({ errors }) => errors).join()).toContain("Set wal_level = logical");
});

test("a server without room for a slot is told what to raise", async () => {
  await using server = await startPostgres({ settings: { max_replication_slots: 1 } });
  await using database = await testDatabase(server.url);
  await database.sql(CAPTURED_TABLES);
  await database.sql("SELECT pg_create_logical_replication_slot('taken', 'pgoutput')");
  expect((await failure(capturing(database))).message).toContain("Raise max_replication_slots");
});

test("an interrupted snapshot begins anew where there is no room for one more slot", async () => {
  await using server = await startPostgres({ settings: { max_replication_slots: 1 } });
  await using database = await testDatabase(server.url);
  await database.sql(CAPTURED_TABLES);
  await database.sql("INSERT INTO t SELECT i, 'a' FROM generate_series(1, 1000) i");
  const props = capturing(database, { "max.batch.size": "100" });
  await using first = await startSource(PostgresConnector, props);
  await first.take(100);
  await first.commit();
  await first.stop();
  await using second = await startSource(PostgresConnector, props, { offsets: first.offsets });
  expect((await second.take(1000)).map(brief)).toEqual(
    Array.from({ length: 1000 }, (_, i) => `r ${i + 1}`),
  );
  expect(second.logger.text()).toContain("Raise max_replication_slots");
});

test("a slot that has lost its log is told, and made anew where that is allowed", async () => {
  await using server = await startPostgres({
    settings: { max_slot_wal_keep_size: "1MB", min_wal_size: "32MB", max_wal_size: "32MB" },
  });
  await using database = await testDatabase(server.url);
  await database.sql(CAPTURED_TABLES);
  const offsets = await runOnce(database);
  const isLost = async () => (await slotOf(database, "wal_status"))[0]![0] === "lost";
  const removeLog = async () => {
    await database.sql("INSERT INTO other VALUES (1); SELECT pg_switch_wal(); CHECKPOINT");
    return isLost();
  };
  await expect.poll(removeLog, { timeout: 60_000 }).toBe(true);
  const error = await failure(capturing(database), offsets);
  expect(error.message).toMatch(/has lost log that it needs \(max_slot_wal_keep_size\)/);
  await using source = await startSource(
    PostgresConnector,
    capturing(database, { "snapshot.mode": "when_needed" }),
    { offsets },
  );
  expect((await source.take(1)).map(brief)).toEqual(["r 1"]);
  expect(source.logger.text()).toContain("it is made anew, and a snapshot is taken");
});

test("log that is held back is told, and fails the task at the limit", async () => {
  // Nobody else writes there.
  await using server = await startPostgres();
  await using database = await testDatabase(server.url);
  await database.sql(CAPTURED_TABLES);
  const more = { "max.wal.lag.bytes": "1000000", "status.update.interval.ms": "20" };
  await using source = await startSource(PostgresConnector, capturing(database, more));
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  const write = () => database.sql("INSERT INTO other SELECT generate_series(1, 300)");
  const isWarned = async () => {
    await write();
    await source.takeFor(50);
    return source.logger.text().includes("more than half of max.wal.lag.bytes");
  };
  await expect.poll(isWarned, { timeout: 60_000 }).toBe(true);
  for (let i = 0; i < 50; i++) await write();
  await expect(source.takeFor(60_000)).rejects.toThrow(
    /holds back \d+ bytes of the server's log, more than max\.wal\.lag\.bytes \(1000000\)/,
  );
});
