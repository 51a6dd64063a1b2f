import { setTimeout as sleep } from "node:timers/promises";
import {
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { sharedMariadb, sharedMysql } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyDatabase, mysql, startSinkOn } from "./databases.ts";
import { Records, rowOf, startJdbcSink, structOf, testDatabase, uniqueName } from "./support.ts";

describe.each([
  ["MySQL", sharedMysql],
  ["MariaDB", sharedMariadb],
])("%s", (title, server) => {
  let database: AnyDatabase;
  beforeAll(async () => {
    database = await mysql(await server());
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test("values that would have to be cut or bent to fit are refused", async () => {
    const table = uniqueName();
    await database.sql(
      `CREATE TABLE ${table} (id int PRIMARY KEY, d date, t varchar(3), s smallint, f double)`,
    );
    const row = structOf({
      id: INT32_SCHEMA,
      d: STRING_SCHEMA,
      t: STRING_SCHEMA,
      s: INT64_SCHEMA,
      f: FLOAT64_SCHEMA,
    });
    const good = { d: "2024-02-29", t: "abc", s: 1, f: 0.5 };
    const wrong = [
      // MariaDB has such a day.
      ...(title === "MySQL" ? [{ d: "0000-00-00" }] : []),
      { d: "2024-02-30" },
      { d: "today" },
      { t: "abcd" },
      { s: 40_000 },
      { f: NaN },
      { f: Infinity },
    ];
    await using run = await startSinkOn(database, {
      "table.name.format": table,
      "pk.mode": "record_value",
      "pk.fields": "id",
    });
    const records = new Records();
    await run.put(
      [...wrong, {}].map((values, id) =>
        records.make({ valueSchema: row, value: rowOf(row, { id, ...good, ...values }) }),
      ),
    );
    expect(run.reported.map(({ record }) => record.kafkaOffset)).toEqual(wrong.map((_, i) => i));
    expect(await database.sql(`SELECT id, d, t, s, f FROM ${table}`)).toEqual([
      [String(wrong.length), "2024-02-29", "abc", "1", "0.5"],
    ]);
  });

  test("a connection that the server ends is made again, and nothing is there in part", async () => {
    const table = uniqueName();
    const row = structOf({ id: INT32_SCHEMA, name: OPTIONAL_STRING_SCHEMA });
    await using run = await startSinkOn(database, {
      "table.name.format": table,
      "pk.mode": "record_value",
      "pk.fields": "id",
      "max.retries": "0",
      "batch.size": "1",
    });
    const records = new Records();
    const make = (id: number) =>
      records.make({ valueSchema: row, value: rowOf(row, { id, name: "a" }) });
    await run.put([make(1)]);
    await database.sql("START TRANSACTION");
    await database.sql(`INSERT INTO ${table} VALUES (3, 'other')`);
    const put = run.put([make(2), make(3)]);
    const blocked = async () =>
      (
        await database.sql(
          `SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO%${table}%(3,%' AND id <> CONNECTION_ID()`,
        )
      ).flat();
    let ids: unknown[] = [];
    for (const deadline = Date.now() + 30_000; ids.length === 0 && Date.now() < deadline;) {
      ids = await blocked();
      await sleep(10);
    }
    expect(ids).toHaveLength(1);
    await database.sql(`KILL ${String(ids[0])}`);
    await database.sql("ROLLBACK");
    await put;
    expect((await database.sql(`SELECT id FROM ${table} ORDER BY id`)).flat()).toEqual([
      "1",
      "2",
      "3",
    ]);
  });
});

test("a lock that is not to be had in time is waited for, without one of max.retries", async () => {
  await using database = await testDatabase();
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
  await using run = await startJdbcSink(database, {
    "table.name.format": table,
    "connection.options": "-c lock_timeout=100",
    "max.retries": "0",
  });
  const row = structOf({ id: INT32_SCHEMA });
  await database.sql("BEGIN");
  await database.sql(`LOCK TABLE ${table}`);
  const put = run.put([new Records().make({ valueSchema: row, value: rowOf(row, { id: 1 }) })]);
  const timedOut = () => run.taskContexts[0]!.timeoutMs > 0;
  for (const deadline = Date.now() + 30_000; !timedOut() && Date.now() < deadline;) await sleep(10);
  expect(timedOut()).toBe(true);
  await database.sql("COMMIT");
  await put;
  expect(await database.sql(`SELECT id FROM ${table}`)).toEqual([[1]]);
});

test("an upsert into a table without the key is refused with what to do", async () => {
  await using database = await testDatabase();
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id int)`);
  await using run = await startJdbcSink(
    database,
    {
      "table.name.format": table,
      "insert.mode": "upsert",
      "pk.mode": "record_value",
      "pk.fields": "id",
      "max.retries": "1",
    },
    { errantRecordReporter: false },
  );
  const row = structOf({ id: INT32_SCHEMA });
  await expect(
    run.put([new Records().make({ valueSchema: row, value: rowOf(row, { id: 1 }) })]),
  ).rejects.toThrow(/42P10.*needs a PRIMARY KEY or a UNIQUE constraint/);
});
