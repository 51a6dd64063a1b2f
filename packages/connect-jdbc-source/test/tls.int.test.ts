import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Props } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { type Postgres, startPostgres } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { pollOnce, type TestDatabase, testDatabase } from "./support.ts";

/** A certificate that signs itself, for the host db.example. */
const folder = join(import.meta.dirname, "tls");

let server: Postgres;
let database: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  database = await testDatabase(server.url);
  await database.sql("CREATE TABLE users (id int NOT NULL); INSERT INTO users VALUES (1)");
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await server.close();
});

const props = (more: Props): Props => ({
  ...database.props,
  mode: "incrementing",
  "incrementing.column.name": "id",
  "table.whitelist": "users",
  "connection.attempts": "1",
  ...more,
});

/** Whether the connector's connection is encrypted. */
async function encrypted(more: Props): Promise<unknown> {
  await using source = await startSource(JdbcSourceConnector, props(more));
  await pollOnce(source.tasks[0]);
  const rows = await database.sql(
    "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'millrace-jdbc-source'",
  );
  return rows.flat();
}

test("without TLS at the server, prefer does without it and require does not", async () => {
  expect(await encrypted({})).toEqual([false]);
  await expect(encrypted({ "connection.sslmode": "require" })).rejects.toThrow(
    /connection\.sslmode/,
  );
});

test("with TLS, each sslmode does what it says", async () => {
  for (const name of ["server.key", "server.crt"]) {
    const lines = (await readFile(join(folder, name), "utf8")).trim().split("\n");
    const text = lines.map((line) => `'${line}'`).join(", ");
    // The server's own process writes its key: it must be nobody else's.
    await database.sql(
      `COPY (SELECT unnest(ARRAY[${text}])) TO PROGRAM 'umask 077; cat > ${name}'`,
    );
  }
  await database.sql("ALTER SYSTEM SET ssl = on");
  await server.stop();
  await server.start();
  await database[Symbol.asyncDispose]().catch(() => undefined);
  database = await testDatabase(server.url);
  await database.sql("CREATE TABLE users (id int NOT NULL); INSERT INTO users VALUES (1)");

  const root = { "connection.sslrootcert": join(folder, "server.crt") };
  expect(await encrypted({})).toEqual([true]);
  expect(await encrypted({ "connection.sslmode": "disable" })).toEqual([false]);
  expect(await encrypted({ "connection.sslmode": "require" })).toEqual([true]);
  expect(await encrypted({ "connection.sslmode": "verify-ca", ...root })).toEqual([true]);
  await expect(encrypted({ "connection.sslmode": "verify-ca" })).rejects.toThrow(
    /connection\.sslrootcert/,
  );
  await expect(encrypted({ "connection.sslmode": "verify-full", ...root })).rejects.toThrow(
    /altnames.*connection\.sslmode/,
  );
});
