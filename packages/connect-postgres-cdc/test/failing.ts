import type { Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { vi } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { brief, takeUntil, type TestDatabase } from "./support.ts";

export const CAPTURED_TABLES = `
  CREATE TABLE t (id int PRIMARY KEY, v text);
  CREATE TABLE other (id int)`;

export const capturing = (database: TestDatabase, more: Props = {}): Props => ({
  ...database.props,
  "publication.autocreate.mode": "filtered",
  "table.include.list": "public.t",
  ...more,
});

/** What the task fails with. */
export async function failure(props: Props, offsets = new MemoryOffsets()): Promise<Error> {
  try {
    await using source = await startSource(PostgresConnector, props, { offsets });
    const records = await source.takeFor(60_000);
    throw new Error(`There was no failure, but ${records.map(brief).join(", ")}`);
  } catch (error) {
    return error as Error;
  }
}

/** Runs until something is stored, and stops. */
export async function runOnce(database: TestDatabase): Promise<MemoryOffsets> {
  const offsets = new MemoryOffsets();
  await database.sql("INSERT INTO t VALUES (1, 'a')");
  await using source = await startSource(PostgresConnector, capturing(database), { offsets });
  await source.take(1);
  await source.commit();
  await takeUntil(source, () => source.logger.text().includes("Streaming from"));
  await source.stop();
  // The server notices the end of a connection a moment later.
  const isActive = async () => (await slotOf(database, "active"))[0]?.[0];
  await vi.waitUntil(async () => (await isActive()) === false, 30_000);
  return offsets;
}

export const slotOf = (database: TestDatabase, what: string) =>
  database.sql(`SELECT ${what} FROM pg_replication_slots WHERE database = current_database()`);
