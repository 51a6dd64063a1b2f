import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import {
  INT64_SCHEMA,
  isRetriable,
  RetriableError,
  type SourceRecord,
} from "@millrace/connect-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type Dialect,
  findDialect,
  type ResultSet,
  type Selection,
  type Session,
  Sessions,
  TimeZone,
} from "@millrace/jdbc-dialects";
import { BulkMode } from "./mode/bulk.ts";
import { IncrementingMode } from "./mode/incrementing.ts";
import { offsetPartition } from "./offset.ts";
import { ReadingLoop } from "./reading-loop.ts";
import { Statements } from "./statement.ts";
import { TableReader } from "./table-reader.ts";

const POSTGRESQL = findDialect("jdbc:postgresql://db/shop");
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const fields = [{ name: "id", schema: INT64_SCHEMA }];

/** A database in memory: what tables hold, what goes wrong, and who is connected. */
class FakeDatabase {
  readonly tables = new Map<string, number[]>();
  readonly selections: Selection[] = [];
  connections = 0;
  open = 0;
  /** Thrown by the next `select`, or by `next` after a batch. */
  failure: Error | undefined;
  failsAfterBatch = false;
  delayMs = 0;
  /** Results answer nothing until the session is closed. */
  stuck = false;

  readonly dialect = { connect: () => Promise.resolve(this.#connect()) } as unknown as Dialect;

  #connect(): Session {
    this.connections += 1;
    this.open += 1;
    const closing = new AbortController();
    const closed = new Promise<never>((_, reject) => {
      closing.signal.addEventListener("abort", () => reject(new RetriableError("closed")));
    });
    closed.catch(() => undefined);
    const session: Pick<Session, "usable" | "select" | "close"> = {
      usable: true,
      select: (selection: Selection) => this.#select(selection, closed),
      close: () => {
        this.open -= 1;
        closing.abort();
        return Promise.resolve();
      },
    };
    return session as Session;
  }

  async #select(selection: Selection, closed: Promise<never>): Promise<ResultSet> {
    await (this.delayMs > 0 ? sleep(this.delayMs) : nextTurn());
    this.selections.push(selection);
    if (this.failure !== undefined && !this.failsAfterBatch) throw this.#fail();
    const after = selection.parameters[0] as bigint | undefined;
    const name = "table" in selection.origin ? selection.origin.table.name : "";
    const rows = (this.tables.get(name) ?? []).filter((id) => after === undefined || id > after);
    const limit = Number(/LIMIT (\d+)/.exec(selection.sql)?.[1] ?? rows.length);
    const batches = rows.slice(0, limit).map((id) => ({ rows: [[id]], instants: [] }));
    const next = async () => {
      if (this.stuck) return closed;
      if (this.failure !== undefined && batches.length < Math.min(limit, rows.length))
        throw this.#fail();
      return batches.shift() ?? null;
    };
    return { fields, dropped: [], next };
  }

  #fail(): Error {
    const failure = this.failure ?? new Error("none");
    this.failure = undefined;
    return failure;
  }
}

let database: FakeDatabase;
let loop: ReadingLoop;

function start(
  mode: "bulk" | "incrementing",
  names: readonly string[],
  pollIntervalMs = 20,
  retries = -1,
  pageRows = 0,
): void {
  const sessions = new Sessions({
    dialect: database.dialect,
    settings: {
      url: "",
      user: null,
      password: null,
      properties: new Map(),
      applicationName: "test",
      isolation: "DEFAULT",
    },
    attempts: 1,
    backoffMs: 10,
    logger,
  });
  const options = {
    types: {
      numericMapping: "none",
      granularity: "connect_logical",
      timeZone: TimeZone.UTC,
      calendar: "LEGACY",
    },
    quoting: "always",
    batchRows: 1,
  } as const;
  const readers = names.map((name) => {
    const origin = { table: { catalog: null, schema: "public", name } };
    const partition = offsetPartition(origin);
    const destination = { what: name, topic: name, schemaName: name, partition };
    const statements = new Statements(POSTGRESQL, origin, "always", "");
    return new TableReader({
      destination,
      mode:
        mode === "bulk"
          ? new BulkMode(destination, statements)
          : new IncrementingMode(destination, statements, "id", -1n, pageRows),
      select: options,
      pollIntervalMs,
      masked: false,
      logger,
    });
  });
  loop = new ReadingLoop({ readers, sessions, maxRetryMs: 50, retries });
}

const never = new AbortController().signal;
const poll = (lingerMs = 1000) => loop.next(lingerMs, never);
const ids = (records: SourceRecord[] | null) =>
  records?.map(
    ({ topic, value }) => `${topic} ${String((value as { values: unknown[] }).values[0])}`,
  );

beforeEach(() => {
  database = new FakeDatabase();
});

afterEach(() => loop.close());

test("tables are read to their end one after the other, and again when due", async () => {
  database.tables.set("a", [1, 2]).set("b", [1]);
  start("bulk", ["a", "b"]);
  const seen = [];
  for (let i = 0; i < 6; i++) seen.push(...(ids(await poll()) ?? []));
  expect(seen).toEqual(["a 1", "a 2", "b 1", "a 1", "a 2", "b 1"]);
  expect(database.connections).toBe(1);
});

test("a poll without rows asks again and again, and ends after its linger time", async () => {
  database.tables.set("a", []);
  start("incrementing", ["a"], 0);
  const begun = performance.now();
  expect(await poll(30)).toBeNull();
  expect(performance.now() - begun).toBeGreaterThan(25);
  expect(database.selections.length).toBeGreaterThan(2);
  database.tables.set("a", [5]);
  expect(ids(await poll())).toEqual(["a 5"]);
});

test("a step goes on while nobody waits for it", async () => {
  database.tables.set("a", [5]);
  database.delayMs = 30;
  start("incrementing", ["a"]);
  expect(await poll(10)).toBeNull();
  await sleep(40);
  expect(database.selections).toHaveLength(1);
  expect(ids(await poll(10))).toEqual(["a 5"]);
});

test("after a lost connection reading goes on behind the last row given out", async () => {
  database.tables.set("a", [1, 2, 3]);
  database.failsAfterBatch = true;
  database.failure = new RetriableError("lost");
  start("incrementing", ["a"]);
  expect(ids(await poll())).toEqual(["a 1"]);
  await expect(poll()).rejects.toThrow("lost");
  expect([ids(await poll()), ids(await poll())]).toEqual([["a 2"], ["a 3"]]);
  expect(database.connections).toBe(2);
});

test("a bulk reading that fails begins again", async () => {
  database.tables.set("a", [1, 2]);
  database.failsAfterBatch = true;
  database.failure = new RetriableError("lost");
  start("bulk", ["a"]);
  expect(ids(await poll())).toEqual(["a 1"]);
  await expect(poll()).rejects.toThrow("lost");
  expect([ids(await poll()), ids(await poll())]).toEqual([["a 1"], ["a 2"]]);
});

test("an error that stays is thrown as it is", async () => {
  start("bulk", ["a"]);
  database.failure = new Error("broken");
  await expect(poll()).rejects.toSatisfy((error) => !isRetriable(error));
});

test("a table that fails lets the others go first", async () => {
  database.tables.set("a", [1]).set("b", [2]);
  database.failure = new RetriableError("locked");
  start("bulk", ["a", "b"], 1000);
  await expect(poll()).rejects.toThrow("locked");
  expect([ids(await poll()), ids(await poll())]).toEqual([["b 2"], ["a 1"]]);
});

test("an aborted poll gives up the reading, and the next one resumes it", async () => {
  database.tables.set("a", [1]);
  database.stuck = true;
  start("incrementing", ["a"]);
  const aborter = new AbortController();
  const polled = loop.next(60_000, aborter.signal);
  await sleep(10);
  aborter.abort();
  expect(await polled).toBeNull();
  expect(database.open).toBe(0);
  database.stuck = false;
  expect(ids(await poll())).toEqual(["a 1"]);
});

test("closing ends a reading and its connection", async () => {
  database.tables.set("a", [1]);
  database.stuck = true;
  start("bulk", ["a"]);
  expect(await poll(10)).toBeNull();
  expect(database.open).toBe(1);
  await loop.close();
  expect(database.open).toBe(0);
});

test("an aborted poll keeps the place of a bulk reading", async () => {
  database.tables.set("a", [1, 2]);
  start("bulk", ["a"]);
  expect(ids(await poll())).toEqual(["a 1"]);
  database.stuck = true;
  expect(await loop.next(1000, AbortSignal.timeout(10))).toBeNull();
  expect(database.open).toBe(1);
});

test("an aborted wait for the next reading ends at once", async () => {
  database.tables.set("a", []);
  start("incrementing", ["a"], 60_000);
  expect(await poll(10)).toBeNull();
  const begun = performance.now();
  expect(await loop.next(60_000, AbortSignal.timeout(10))).toBeNull();
  expect(performance.now() - begun).toBeLessThan(1000);
});

test("failures in a row are spaced out", async () => {
  start("bulk", ["a"]);
  const waits = [];
  for (let i = 0; i < 4; i++) {
    database.failure = new RetriableError("away");
    const begun = performance.now();
    await expect(poll()).rejects.toThrow("away");
    waits.push(performance.now() - begun);
  }
  // Twice at once, then after 50 ms, the longest wait of this loop.
  expect(waits.map((ms) => ms > 45)).toEqual([false, false, true, true]);
});

test("what fails too often in a row is not tried again", async () => {
  start("bulk", ["a"], 20, 1);
  database.failure = new RetriableError("away");
  await expect(poll()).rejects.toSatisfy(isRetriable);
  database.failure = new RetriableError("away");
  const error = await poll().catch((reason: unknown) => reason);
  expect(isRetriable(error)).toBe(false);
  expect(String(error)).toMatch(/away\. It failed 2 times.*query\.retry\.attempts/);
});

test("pages of one table leave others their turn", async () => {
  database.tables.set("a", [1, 2, 3]).set("b", [1]);
  start("incrementing", ["a", "b"], 60_000, -1, 1);
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push(...(ids(await poll()) ?? []));
  expect(seen.toSorted()).toEqual(["a 1", "a 2", "a 3", "b 1"]);
  expect(seen.indexOf("b 1")).toBeLessThan(3);
});
