import { once } from "node:events";
import { createServer } from "node:net";
import type { Props } from "@millrace/connect-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { type TestDatabase, testDatabase } from "./support.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.sql(`
    CREATE TABLE users (id int NOT NULL, maybe int, name text);
    CREATE SCHEMA old; CREATE TABLE old.users (id int NOT NULL);
    CREATE TABLE hidden (id int NOT NULL); REVOKE ALL ON hidden FROM "${database.user}"`);
});

afterAll(() => database[Symbol.asyncDispose]());

async function errors(more: Props): Promise<Record<string, string>> {
  const props = {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "public.users",
    ...more,
  };
  const values = await new JdbcSourceConnector().validate(props);
  return Object.fromEntries(
    values
      .filter((value) => value.errors.length > 0)
      .map((value) => [value.name, value.errors.join("; ")]),
  );
}

const containing = (text: string) => expect.stringContaining(text);

test("a configuration that works has no errors, nor has one whose table is not there yet", async () => {
  expect(await errors({})).toEqual({});
  expect(await errors({ "table.whitelist": "later" })).toEqual({});
  expect(await errors({ mode: "bulk", "incrementing.column.name": "nope" })).toEqual({});
});

test.each<[string, Props, Record<string, string>]>([
  ["no mode", { mode: "" }, { mode: "Set it to one of: bulk, incrementing" }],
  [
    "a mode without its column",
    { mode: "timestamp" },
    { "timestamp.column.name": "Mode timestamp needs" },
  ],
  ["no URL", { "connection.url": "" }, { "connection.url": "jdbc:postgresql://" }],
  [
    "another database's URL",
    { "connection.url": "jdbc:db2://x/y" },
    { "connection.url": "PostgreSQL" },
  ],
  [
    "a port out of range",
    { "connection.url": "jdbc:postgresql://db:0/x" },
    { "connection.url": "host:port" },
  ],
  [
    "an unknown sslmode",
    { "connection.sslmode": "maybe" },
    { "connection.url": "connection.sslmode" },
  ],
  [
    "a wrong password",
    { "connection.password": "wrong" },
    {
      "connection.url": "Could not connect to database. ",
      "connection.user": "connection.password",
    },
  ],
  [
    "a column that is not there",
    { "incrementing.column.name": "nope" },
    { "incrementing.column.name": "does not exist" },
  ],
  [
    "a nullable column",
    { "incrementing.column.name": "maybe" },
    { "incrementing.column.name": "nullable" },
  ],
  [
    "a text column",
    { "incrementing.column.name": "name" },
    { "incrementing.column.name": "type text" },
  ],
  [
    "tables of one name",
    { "table.whitelist": "users" },
    { "table.whitelist": "old.users and public.users" },
  ],
  [
    "a table that may not be read",
    { "table.whitelist": "hidden" },
    { "table.whitelist": "GRANT SELECT" },
  ],
  [
    "a masked query that is wrong",
    { "query.masked": "SELECT secret", "table.whitelist": "" },
    { "query.masked": "The database refuses it (42703)" },
  ],
])("%s", async (_, more, expected) => {
  const found = await errors(more);
  expect(found).toEqual(
    Object.fromEntries(Object.entries(expected).map(([key, text]) => [key, containing(text)])),
  );
  expect(JSON.stringify(found)).not.toMatch(/wrong|SELECT secret/);
});

test.each([
  [
    "jdbc:postgresql://localhost/shop?user=a&password=hunter2",
    "jdbc:postgresql://localhost/shop?…",
  ],
  ["jdbc:postgresql://a:hunter2@localhost/shop", "jdbc:postgresql://…@localhost/shop"],
  ["jdbc:oracle:thin:scott/hunter2@host", "jdbc:oracle:thin:…@host"],
  ["jdbc:db2://host/shop:password=hunter2;", "jdbc:db2:…"],
])("passwords in %s are not shown", async (url, shown) => {
  // Asked for something wrong as well, it is shown before the URL is looked at.
  for (const more of [{}, { "batch.max.rows": "many" }]) {
    const props = { ...database.props, mode: "bulk", "connection.url": url, ...more };
    const values = await new JdbcSourceConnector().validate(props);
    expect(values.find(({ name }) => name === "connection.url")?.value).toBe(shown);
    expect(JSON.stringify(values)).not.toContain("hunter2");
  }
});

test("an unknown database, and one that is away", async () => {
  const unknown = database.jdbcUrl.replace(/[^/]+$/, "nowhere");
  expect(await errors({ "connection.url": unknown })).toEqual({
    "connection.url": containing("Could not connect to database. "),
  });
  expect(await errors({ "connection.url": "jdbc:postgresql://127.0.0.1:1/x" })).toEqual({
    "connection.url": containing("ECONNREFUSED"),
  });
});

test("a server that takes the connection and says nothing is given up in time", async () => {
  const server = createServer((socket) => socket.on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const url = `jdbc:postgresql://127.0.0.1:${port}/x?connectTimeout=0`;
  const begun = performance.now();
  expect(await errors({ "connection.url": url })).toEqual({
    "connection.url": containing("No answer within 10000 ms"),
  });
  expect(performance.now() - begun).toBeLessThan(15_000);
  server.close();
});

test("a locked table does not hold up the answer", async () => {
  await using _lock = await database.lock("users");
  const begun = performance.now();
  expect(await errors({})).toEqual({});
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test("the connection test tells which tables are read, and why there is no connection", async () => {
  const props: Props = {
    ...database.props,
    mode: "bulk",
    "table.whitelist": "public.users,later",
  };
  const connector = new JdbcSourceConnector();
  const signal = new AbortController().signal;
  const found = await connector.testConnection(props, signal);
  expect(found).toMatch(/^PostgreSql\S* answers at jdbc:postgresql:\S+: 1 of the \d+ tables/);
  expect(found).toContain("not there: later");
  expect(found).not.toContain(props["connection.password"]);
  const wrong = { ...props, "connection.password": "wrong" };
  await expect(connector.testConnection(wrong, signal)).rejects.toThrow("connection.password");
});
