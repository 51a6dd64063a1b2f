import type { Props } from "@millrace/connect-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JdbcSinkConnector } from "../src/index.ts";
import { type AnyDatabase, DATABASES } from "./databases.ts";

const errorsOf = async (props: Props) =>
  Object.fromEntries(
    (await new JdbcSinkConnector().validate({ name: "v", topics: "t", ...props }))
      .filter(({ errors }) => errors.length > 0)
      .map(({ name, errors }) => [name, errors.join("; ")]),
  );

describe.each(DATABASES)("%s", (title, open) => {
  let database: AnyDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test("a configuration that is right is so, and the database is left as it is", async () => {
    expect(await errorsOf(database.props)).toEqual({});
    const connector = new JdbcSinkConnector();
    const answer = await connector.testConnection(database.props, new AbortController().signal);
    expect(answer).toMatch(/ answers at jdbc:/);
    expect(answer).not.toContain(database.props["connection.password"] ?? "no password");
  });

  test("wrong credentials are told at URL and user", async () => {
    if (title === "SQLite") return;
    const errors = await errorsOf({ ...database.props, "connection.password": "wrong secret" });
    expect(Object.keys(errors)).toEqual(["connection.url", "connection.user"]);
    expect(JSON.stringify(errors)).not.toContain("wrong secret");
  });
});

test.each([
  ["jdbc:nothing://host/db", /Set it to the JDBC URL of a database/],
  ["postgres://user:secret@host/db", /Set it to the JDBC URL of a database/],
  ["jdbc:postgresql://127.0.0.1:1/none", /Could not connect to database/],
  ["jdbc:mysql://127.0.0.1:1/none", /Could not connect to database/],
])("%s is refused at connection.url", async (url, message) => {
  const errors = await errorsOf({ "connection.url": url, "connection.user": "u" });
  expect(Object.keys(errors)).toEqual(["connection.url"]);
  expect(errors["connection.url"]).toMatch(message);
  expect(JSON.stringify(errors)).not.toContain("secret");
});

test.each<[Props, string]>([
  [{ "delete.enabled": "true" }, "delete.enabled"],
  [{ "dialect.name": "Db2DatabaseDialect" }, "dialect.name"],
  [{ "jdbc.credentials.provider.class": "com.example.Vault" }, "jdbc.credentials.provider.class"],
  [{ "topic.override.x.tasks.max": "2" }, "topic.override.x.tasks.max"],
  [{ "topic.override.x.insert.mode": "upsert" }, "topic.override.x.insert.mode"],
  [{ "topic.override.x.delete.enabled": "true" }, "topic.override.x.delete.enabled"],
])("%j is told at %s, before the database is asked", async (props, key) => {
  const errors = await errorsOf({
    "connection.url": "jdbc:postgresql://127.0.0.1:1/none",
    ...props,
  });
  expect(Object.keys(errors)).toContain(key);
  expect(errors["connection.url"]).toBeUndefined();
});
