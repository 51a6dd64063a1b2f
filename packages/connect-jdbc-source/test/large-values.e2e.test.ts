import { isRetriable } from "@millrace/connect-api";
import { startSource } from "@millrace/connect-testkit";
import { startPostgres } from "@millrace/services";
import { expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { pollOnce, testDatabase, values } from "./support.ts";

test("values of hundreds of megabytes are read, and a text beyond a string fails the task by its column", async () => {
  await using server = await startPostgres();
  const database = await testDatabase(server.url);
  await database.sql("CREATE TABLE big (id int NOT NULL, t text, b bytea)");
  await database.sql("INSERT INTO big VALUES (1, repeat('x', 300000000), NULL)");
  await database.sql("INSERT INTO big VALUES (2, NULL, decode(repeat('ff', 300000000), 'hex'))");
  await database.sql("INSERT INTO big VALUES (3, repeat('x', 1000000000), NULL)");
  await using run = await startSource(JdbcSourceConnector, {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "big",
    "poll.linger.ms": "60000",
  });
  const [first] = await pollOnce(run.tasks[0]);
  expect((values(first)["t"] as string).length).toBe(300_000_000);
  const [second] = await pollOnce(run.tasks[0]);
  expect((values(second)["b"] as Buffer).length).toBe(300_000_000);
  const error: unknown = await pollOnce(run.tasks[0]).catch((reason: unknown) => reason);
  expect(isRetriable(error)).toBe(false);
  expect(String(error)).toMatch(/column "t" of a row of table public\.big.*string/);
  await database.client.end();
});
