import { createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import {
  createMysqlDatabase,
  MYSQL_VERSION,
  sharedMariadb,
  sharedMysql,
  startMysql,
} from "./index.ts";

async function query(url: string, sql: string): Promise<unknown[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return Array.isArray(rows) ? rows.map((row) => Object.values(row)[0]) : [];
  } finally {
    await connection.end();
  }
}

test.each([
  ["MySQL", sharedMysql],
  ["MariaDB", sharedMariadb],
])("a fresh database on the shared %s is there for one test", async (_, shared) => {
  const server = await shared();
  let name: string;
  {
    await using database = await createMysqlDatabase(server);
    name = database.name;
    expect(await query(database.url, "SELECT DATABASE()")).toEqual([name]);
  }
  expect(await query(server, `SHOW DATABASES LIKE '${name}'`)).toEqual([]);
});

test("a server keeps port and data over stop, kill and start", async () => {
  await using mysql = await startMysql();
  expect(await query(mysql.url, "SELECT version()")).toEqual([MYSQL_VERSION]);
  const url = `${mysql.url}/mysql`;
  await query(url, "CREATE TABLE t AS SELECT 1 AS n");
  for (const end of ["stop", "kill"] as const) {
    await query(url, "INSERT INTO t SELECT max(n) + 1 FROM t");
    await mysql[end]();
    await expect(query(url, "SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
    await mysql.start();
  }
  expect(await query(url, "SELECT n FROM t ORDER BY n")).toEqual([1, 2, 3]);
});
