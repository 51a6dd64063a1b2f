import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isRetriable, type Props, type SourceRecord, type SourceTask } from "@millrace/connect-api";
import { RecordingLogger, startSource } from "@millrace/connect-testkit";
import { startPostgres } from "@millrace/services";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { column, pollOnce, series, type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const props = (more: Props = {}): Props => ({
  ...database.props,
  mode: "incrementing",
  "incrementing.column.name": "id",
  "table.whitelist": "users",
  ...more,
});

const start = (more: Props = {}) => startSource(JdbcSourceConnector, props(more));

async function createUsers(rows: number): Promise<void> {
  await database.sql(`
    CREATE TABLE users (id int NOT NULL, name text);
    INSERT INTO users SELECT i, repeat('x', 500) FROM generate_series(1, ${rows}) i`);
}

/** The backends of the connector. */
const BACKENDS = `FROM pg_stat_activity
  WHERE application_name = 'millrace-jdbc-source' AND datname = current_database()`;

const backends = async () => Number((await database.sql(`SELECT count(*) ${BACKENDS}`))[0]?.[0]);

async function noBackends(): Promise<void> {
  const deadline = Date.now() + 5000;
  while ((await backends()) > 0) {
    if (Date.now() > deadline) throw new Error("The connector's backend is still there");
    await sleep(20);
  }
}

/** Polls as the worker does until that many records came; returns them and the errors on the way. */
async function pollAll(task: SourceTask | undefined, count: number) {
  const records: SourceRecord[] = [];
  const errors: unknown[] = [];
  while (records.length < count) {
    try {
      records.push(...((await task?.poll(AbortSignal.timeout(10_000))) ?? []));
    } catch (error) {
      if (!isRetriable(error)) throw error;
      errors.push(error);
    }
  }
  return { records, errors };
}

describe("a connection that is lost", () => {
  test("in the middle of a result: retriable, and no row is lost or comes twice", async () => {
    await createUsers(50_000);
    await using run = await start({ "batch.max.rows": "100" });
    const [task] = run.tasks;
    const records = [];
    const errors = [];
    for (let i = 1; i <= 5; i++) {
      records.push(...(await pollOnce(task)));
      await database.sql(`SELECT pg_terminate_backend(pid) ${BACKENDS}`);
      const more = await pollAll(task, 5000);
      records.push(...more.records);
      errors.push(...more.errors);
    }
    records.push(...(await pollAll(task, 50_000 - records.length)).records);
    expect(column(records, "id")).toEqual(series(1, 50_000));
    expect(errors).toHaveLength(5);
    expect(String(errors[0])).toMatch(
      /Could not read table public\.users \(127\.0\.0\.1:\d+\/test_\w+\): terminating connection.*57P01/,
    );
  });

  test("in the middle of a bulk reading: the table is read again from its start", async () => {
    await createUsers(5000);
    await using run = await start({
      mode: "bulk",
      "batch.max.rows": "100",
      "poll.interval.ms": "60000",
    });
    const [task] = run.tasks;
    const first = await pollOnce(task);
    await database.sql(`SELECT pg_terminate_backend(pid) ${BACKENDS}`);
    // What had been fetched ahead, at most two batches of it, still comes before the error. Without
    // reading from the start again there would be 4900.
    const { records, errors } = await pollAll(task, 5000);
    expect(errors).toHaveLength(1);
    const ids = [...column(first, "id"), ...column(records, "id")];
    const again = ids.lastIndexOf(1);
    expect(ids.slice(0, again)).toEqual(series(1, again));
    expect(again).toBeLessThanOrEqual(300);
    expect(ids.slice(again)).toEqual(series(1, ids.length - again));
  });

  test("between two readings: the next one connects anew, without an error", async () => {
    await createUsers(1);
    await using run = await start({ "poll.interval.ms": "300" });
    expect(await pollOnce(run.tasks[0])).toHaveLength(1);
    expect(await run.tasks[0]?.poll(new AbortController().signal)).toBeNull();
    await database.sql(`SELECT pg_terminate_backend(pid) ${BACKENDS}`);
    await database.sql("INSERT INTO users VALUES (2)");
    const { records, errors } = await pollAll(run.tasks[0], 1);
    expect(column(records, "id")).toEqual([2]);
    expect(errors).toEqual([]);
  });

  test("with the whole server, killed and started again while a table is read", async () => {
    await using server = await startPostgres();
    const own = await testDatabase(server.url);
    await own.sql(
      "CREATE TABLE users (id int NOT NULL); INSERT INTO users SELECT generate_series(1, 20000)",
    );
    await using run = await startSource(
      JdbcSourceConnector,
      props({ ...own.props, "batch.max.rows": "100" }),
    );
    const records = await pollOnce(run.tasks[0]);
    await server.kill();
    const rest = pollAll(run.tasks[0], 20_000 - records.length);
    await sleep(500);
    await server.start();
    const { records: more, errors } = await rest;
    expect(column([...records, ...more], "id")).toEqual(series(1, 20_000));
    expect(errors.length).toBeGreaterThan(0);
    await own.client.end().catch(() => undefined);
  });

  test("by a lock that is not to be had in time: retriable", async () => {
    await createUsers(1);
    await using run = await start({ "connection.options": "-c lock_timeout=100" });
    await using lock = await database.lock("users");
    const { task, error } = await firstError(run.tasks[0]);
    expect(isRetriable(error)).toBe(true);
    expect(String(error)).toMatch(/lock timeout.*55P03/);
    await lock[Symbol.asyncDispose]();
    expect(column((await pollAll(task, 1)).records, "id")).toEqual([1]);
  });

  test("by a query that takes longer than the server allows: retriable", async () => {
    await createSlowTable();
    await using run = await start({ "connection.options": "-c statement_timeout=300" });
    const { task, error } = await firstError(run.tasks[0]);
    expect(isRetriable(error)).toBe(true);
    expect(String(error)).toMatch(/statement timeout.*57014/);
    await database.sql("DROP POLICY slow ON users; ALTER TABLE users DISABLE ROW LEVEL SECURITY");
    expect((await pollAll(task, 60)).records).toHaveLength(60);
  });
});

async function firstError(task: SourceTask | undefined) {
  for (;;) {
    try {
      await task?.poll(new AbortController().signal);
    } catch (error) {
      return { task, error };
    }
  }
}

/** A table whose rows take a second each to be read by anybody but its owner. */
async function createSlowTable(): Promise<void> {
  await createUsers(60);
  await database.sql(`
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    CREATE POLICY slow ON users USING (pg_sleep(1) IS NOT NULL)`);
}

describe("an abort", () => {
  /** How long a poll that hangs in a query takes to return after an abort, in milliseconds. */
  const timeToReturn = async (task: SourceTask | undefined) => {
    const aborter = new AbortController();
    const polled = task?.poll(aborter.signal);
    await sleep(300);
    expect(await database.sql(`SELECT state ${BACKENDS}`)).toEqual([["active"]]);
    const begun = performance.now();
    aborter.abort();
    expect(await polled).toBeNull();
    const ms = performance.now() - begun;
    await noBackends();
    return ms;
  };

  test("while a query runs returns at once and cancels it", async () => {
    await createSlowTable();
    await using run = await start({ "poll.linger.ms": "60000" });
    expect(await timeToReturn(run.tasks[0])).toBeLessThan(1000);
  });

  test("while the table is locked returns at once, and the next poll waits again", async () => {
    await createUsers(1);
    await using run = await start({ "poll.linger.ms": "60000" });
    await using lock = await database.lock("users");
    expect(await timeToReturn(run.tasks[0])).toBeLessThan(1000);
    const polled = pollOnce(run.tasks[0]);
    await lock[Symbol.asyncDispose]();
    expect(column(await polled, "id")).toEqual([1]);
  });

  test("stop cancels a query that nobody waits for", async () => {
    await createSlowTable();
    const run = await start();
    expect(await run.tasks[0]?.poll(new AbortController().signal)).toBeNull();
    expect(await backends()).toBe(1);
    await run.stop();
    await noBackends();
  });

  test("stop leaves an unfinished bulk reading, with its transaction", async () => {
    await createUsers(20_000);
    const run = await start({ mode: "bulk" });
    await pollOnce(run.tasks[0]);
    await run.stop();
    await noBackends();
    await expect(database.sql("ALTER TABLE users ADD COLUMN more int")).resolves.toEqual([]);
  });
});

test("the second host is taken where the first is away", async () => {
  await createUsers(1);
  const url = database.jdbcUrl.replace("//", "//127.0.0.1:1,");
  await using run = await start({ "connection.url": url });
  expect(await run.take(1)).toHaveLength(1);
});

describe("a start that cannot work says what to change", () => {
  const refused = async (more: Props): Promise<Error> => {
    const error: unknown = await start(more).then(
      async (run) => {
        await run.stop();
        return undefined;
      },
      (reason: unknown) => reason,
    );
    if (!(error instanceof Error)) throw new Error("The start was not refused");
    // I5
    expect(`${error.message} ${error.stack}`).not.toContain(props()["connection.password"]);
    return error;
  };

  beforeEach(() => createUsers(1));

  test("a wrong password, at once", async () => {
    const begun = performance.now();
    const error = await refused({
      "connection.password": "wrong",
      "connection.backoff.ms": "60000",
    });
    expect(error.message).toMatch(/connection\.user and connection\.password/);
    expect(error.message).not.toContain("wrong");
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test("no password", async () => {
    const { "connection.password": _, ...rest } = props();
    await expect(startSource(JdbcSourceConnector, rest)).rejects.toThrow(
      /set connection\.password/,
    );
  });

  test("an unknown database", async () => {
    const url = database.jdbcUrl.replace(/[^/]+$/, "nowhere");
    expect((await refused({ "connection.url": url })).message).toMatch(
      /"nowhere" does not exist.*connection\.url/,
    );
  });

  test("a database that is away, after all attempts", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    const logger = new RecordingLogger();
    const begun = performance.now();
    const more = {
      "connection.url": `jdbc:postgresql://127.0.0.1:${port}/shop`,
      "connection.backoff.ms": "100",
    };
    await expect(startSource(JdbcSourceConnector, props(more), { logger })).rejects.toThrow(
      /connect ECONNREFUSED.*connection\.url/,
    );
    expect(performance.now() - begun).toBeGreaterThan(200);
    expect(logger.messages("warn")).toHaveLength(2);
  });

  test("a server that never answers, by connectTimeout", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const url = `jdbc:postgresql://127.0.0.1:${port}/shop?connectTimeout=1`;
    const error = await refused({ "connection.url": url, "connection.attempts": "1" });
    expect(error.message).toMatch(/timeout expired/);
    expect(isRetriable(error)).toBe(true);
    server.close();
  });

  test("a URL of no known database", async () => {
    const error = await refused({ "connection.url": "jdbc:db2://db/shop?password=hush" });
    expect(error.message).toMatch(/connection\.url.*PostgreSQL/);
    expect(error.message).not.toContain("hush");
  });

  test.each([
    [{ "table.whitelist": "nobody" }, /table\.whitelist.*no table of that name/],
    [{ "table.whitelist": "USERS" }, /table\.whitelist.*there is "public"\."users"/],
    [
      { "incrementing.column.name": "nope" },
      /incrementing\.column\.name.*table public\.users; it has id, name/,
    ],
    [{ "incrementing.column.name": "name" }, /incrementing\.column\.name.*type text/],
    [{ "incrementing.column.name": "" }, /incrementing\.column\.name.*sequence/],
    [{ mode: "timestamp" }, /configuration timestamp\.column\.name/],
    [{ mode: "sideways" }, /configuration mode/],
    [{ mode: "" }, /configuration mode/],
    [{ query: "SELECT 1" }, /table\.whitelist.*a query is read/],
  ])("%j", async (more, message) => {
    expect((await refused(more)).message).toMatch(message);
  });

  test("a nullable incrementing column", async () => {
    await database.sql("ALTER TABLE users ALTER id DROP NOT NULL");
    expect((await refused({})).message).toMatch(
      /column id on public\.users .*nullable.*validate\.non\.null/,
    );
  });

  test("a table that the user may not read", async () => {
    await database.sql(`REVOKE SELECT ON users FROM "${database.user}"`);
    expect((await refused({})).message).toMatch(/may not read table public\.users.*GRANT SELECT/);
  });

  test("properties without an effect are named in a warning", async () => {
    const logger = new RecordingLogger();
    const more = { "connection.socketTimeout": "5" };
    await using run = await startSource(JdbcSourceConnector, props(more), { logger });
    expect(await run.take(1)).toHaveLength(1);
    expect(logger.messages("warn")).toEqual([expect.stringContaining("socketTimeout")]);
  });
});

describe("while it runs", () => {
  test.each([
    ["a table that is dropped", "DROP TABLE users", /table public\.users.*does not exist/],
    [
      "a column that is renamed",
      "ALTER TABLE users RENAME id TO uid",
      /column "id" does not exist/,
    ],
    [
      "a column that becomes a text",
      "ALTER TABLE users ALTER id TYPE text",
      /SQLSTATE 42883|incrementing\.column\.name/,
    ],
  ])("%s fails the task", async (_, sql, message) => {
    await createUsers(1);
    await using run = await start();
    await run.take(1);
    await database.sql(sql);
    const error = await pollAll(run.tasks[0], 1).catch((reason: unknown) => reason);
    expect(isRetriable(error)).toBe(false);
    expect(String(error)).toMatch(message);
  });

  test("a permission that is taken away fails the task", async () => {
    await createUsers(1);
    await using run = await start();
    await run.take(1);
    await database.sql(`REVOKE SELECT ON users FROM "${database.user}"`);
    await expect(pollAll(run.tasks[0], 1)).rejects.toThrow(/permission denied.*GRANT/);
  });
});

test("rows of a megabyte come in batches that fit in memory", async () => {
  await database.sql("CREATE TABLE users (id int NOT NULL, name text)");
  await database.sql(
    "INSERT INTO users SELECT i, repeat(md5(i::text), 32768) FROM generate_series(1, 60) i",
  );
  await using run = await start();
  const sizes = [];
  for (let count = 0; count < 60; count += sizes.at(-1) ?? 0)
    sizes.push((await pollOnce(run.tasks[0])).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
});

test("a task that a Java worker configured before it knew the tables waits without an error", async () => {
  await createUsers(1);
  await using run = await start();
  const task = new (run.connector.taskClass())();
  task.initialize(run.tasks[0]!.context);
  await task.start({ ...props(), tables: "", "tables.fetched": "false" });
  expect(await task.poll(AbortSignal.timeout(50))).toBeNull();
  await task.stop();
  await expect(
    (async () => task.start({ ...props(), tables: "", "tables.fetched": "true" }))(),
  ).rejects.toThrow(/not assigned a table/);
});
