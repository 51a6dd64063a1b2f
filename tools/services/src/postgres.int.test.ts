import { Client } from "pg";
import { expect, test } from "vitest";
import { createDatabase, sharedPostgres, startPostgres } from "./index.ts";

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map(
      (row) => Object.values(row)[0],
    );
  } finally {
    await client.end();
  }
}

test("a fresh database on the shared server is there for one test", async () => {
  const server = await sharedPostgres();
  let name: string;
  {
    await using database = await createDatabase(server);
    name = database.name;
    expect(await query(database.url, "SELECT current_database()")).toEqual([name]);
  }
  expect(await query(server, `SELECT datname FROM pg_database WHERE datname = '${name}'`)).toEqual(
    [],
  );
});

test("a server keeps port and data over stop, kill and start", async () => {
  await using postgres = await startPostgres();
  await query(postgres.url, "CREATE TABLE t AS SELECT 1 AS n");
  for (const end of ["stop", "kill"] as const) {
    await query(postgres.url, "INSERT INTO t SELECT max(n) + 1 FROM t");
    await postgres[end]();
    await expect(query(postgres.url, "SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
    await postgres.start();
  }
  expect(await query(postgres.url, "SELECT n FROM t ORDER BY n")).toEqual([1, 2, 3]);
});

test("pause freezes sessions that are open, resume lets them go on", async () => {
  await using postgres = await startPostgres();
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  postgres.pause();
  const answer = client.query("SELECT 1");
  const first = await Promise.race([answer, new Promise((r) => setTimeout(r, 300, "silence"))]);
  expect(first).toBe("silence");
  postgres.resume();
  expect((await answer).rowCount).toBe(1);
  await client.end();
});

test("logical decoding and passwords work", async () => {
  await using postgres = await startPostgres({ settings: { max_wal_senders: 3 } });
  expect(await query(postgres.url, "SHOW wal_level")).toEqual(["logical"]);
  expect(await query(postgres.url, "SHOW max_wal_senders")).toEqual(["3"]);
  const wrong = postgres.url.replace(":postgres@", ":wrong@");
  await expect(query(wrong, "SELECT 1")).rejects.toThrow(/password authentication failed/);
});

test("a setting that the server refuses is told with the end of its log", async () => {
  await expect(startPostgres({ settings: { wal_level: "huge" } })).rejects.toThrow(/wal_level/);
});
