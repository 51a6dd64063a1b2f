import {
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyDatabase, DATABASES, startSinkOn } from "./databases.ts";
import { Records, rowOf, structOf, uniqueName } from "./support.ts";

const KEY = structOf({ id: INT64_SCHEMA }, "key");
const TEXT_KEY = structOf({ id: STRING_SCHEMA }, "key");
const ROW = structOf({ name: OPTIONAL_STRING_SCHEMA });

const HOSTILE = [
  'x"; DROP TABLE victim; --',
  "x`; DROP TABLE victim; --",
  "x]; DROP TABLE victim; --",
  "x'); DROP TABLE victim; --",
  "\\'; DROP TABLE victim; --",
  "\\",
  "a\nb",
];

describe.each(DATABASES)("%s", (_title, open) => {
  let database: AnyDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const row = (id: number | string, name: string | null) => {
    const keySchema = typeof id === "string" ? TEXT_KEY : KEY;
    return {
      keySchema,
      key: rowOf(keySchema, { id }),
      valueSchema: ROW,
      value: rowOf(ROW, { name }),
    };
  };
  const gone = (id: number | string) => ({ ...row(id, null), valueSchema: null, value: null });
  const written = (table: string, columns = "id, name") =>
    database.sql(`SELECT ${columns} FROM ${database.quote(table)} ORDER BY 1`);

  const upsert = (table: string) => ({
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "delete.enabled": "true",
    "table.name.format": table,
  });

  test("insert, upsert, update and delete, by every kind of key", async () => {
    const value = structOf({ id: INT64_SCHEMA, name: OPTIONAL_STRING_SCHEMA });
    for (const [pkMode, pkFields] of [
      ["none", ""],
      ["kafka", "to,pa,off"],
      ["record_key", ""],
      ["record_value", "id"],
    ] as const) {
      const table = uniqueName();
      const props = { "table.name.format": table, "pk.mode": pkMode, "pk.fields": pkFields };
      const records = new Records();
      const make = (id: number, name: string) =>
        records.make({ ...row(id, name), valueSchema: value, value: rowOf(value, { id, name }) });
      const first = [make(1, "a"), make(2, "b")];
      for (const mode of ["insert", "upsert", "update"]) {
        if (pkMode === "none" && mode !== "insert") continue;
        await using run = await startSinkOn(database, { ...props, "insert.mode": mode });
        // The same offsets are the same row with pk.mode=kafka.
        await run.put(
          mode === "insert" ? first : pkMode === "kafka" ? first : [make(1, mode), make(9, mode)],
        );
        expect(run.reported).toEqual([]);
      }
      const expected =
        pkMode === "none" || pkMode === "kafka"
          ? [
              ["1", "a"],
              ["2", "b"],
            ]
          : [
              ["1", "update"],
              ["2", "b"],
              ["9", "update"],
            ];
      expect(await written(table)).toEqual(expected);
    }
  });

  test("an upsert leaves columns alone that the record does not have", async () => {
    const table = uniqueName();
    await database.sql(
      `CREATE TABLE ${table} (id bigint PRIMARY KEY, name varchar(20), other varchar(20) DEFAULT 'kept')`,
    );
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    await run.put([records.make(row(1, "a"))]);
    await database.sql(`UPDATE ${table} SET other = 'mine'`);
    await run.put([
      records.make(row(1, "b")),
      records.make(row(1, "c")),
      records.make(row(2, "d")),
    ]);
    expect(await written(table, "id, name, other")).toEqual([
      ["1", "c", "mine"],
      ["2", "d", "kept"],
    ]);
  });

  test("deletes in the order of a key's records", async () => {
    const table = uniqueName();
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    await run.put([records.make(gone(1))]);
    await run.put(
      [
        row(1, "a"),
        gone(1),
        row(2, "a"),
        gone(2),
        row(2, "b"),
        gone(3),
        row(3, "a"),
        row(4, ""),
      ].map((parts) => records.make(parts)),
    );
    expect(await written(table)).toEqual([
      ["2", "b"],
      ["3", "a"],
      ["4", ""],
    ]);
    await run.put([records.make(gone(2)), records.make(gone(99))]);
    expect(await written(table)).toEqual([
      ["3", "a"],
      ["4", ""],
    ]);
  });

  test("keys of two columns, a table of nothing but keys", async () => {
    const table = uniqueName();
    const key = structOf({ a: INT32_SCHEMA, b: STRING_SCHEMA }, "key");
    const empty = SchemaBuilder.struct().name("nothing").build();
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    const make = (a: number, b: string, isDelete = false) =>
      records.make({
        keySchema: key,
        key: rowOf(key, { a, b }),
        valueSchema: isDelete ? null : empty,
        value: isDelete ? null : rowOf(empty, {}),
      });
    await run.put([make(1, "x"), make(1, "y"), make(1, "x"), make(2, "x"), make(1, "y", true)]);
    await run.put([make(1, "x")]);
    expect(run.reported).toEqual([]);
    expect(await written(table, "a, b")).toEqual([
      ["1", "x"],
      ["2", "x"],
    ]);
  });

  test("keys that differ only by case or accents are different rows", async () => {
    const table = uniqueName();
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    const keys = ["a", "A", "á", "ß", "ss"];
    await run.put(keys.map((key) => records.make(row(key, key))));
    await run.put([records.make(gone("A"))]);
    expect(run.reported).toEqual([]);
    const found = (await written(table)).map(([, name]) => name);
    expect(new Set(found)).toEqual(new Set(keys.filter((key) => key !== "A")));
  });

  test("where a table's own collation folds keys, the last of the same key holds", async () => {
    const table = uniqueName();
    await database.sql(`CREATE TABLE ${table} (id varchar(20) PRIMARY KEY, name varchar(20))`);
    const [[folds] = []] = await database.sql(`SELECT CASE WHEN 'a' = 'A' THEN 1 ELSE 0 END`);
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    await run.put(
      [
        row("a", "1"),
        row("A", "2"),
        row("a", "3"),
        row("b", "4"),
        gone("B"),
        row("c", "5"),
        gone("C"),
        row("C", "6"),
      ].map((parts) => records.make(parts)),
    );
    expect((await written(table, "name")).flat()).toEqual(
      folds === "1" ? ["3", "6"] : ["2", "3", "4", "5", "6"],
    );
  });

  test("columns are added; defaults hold", async () => {
    const table = uniqueName();
    const wide = structOf({
      name: OPTIONAL_STRING_SCHEMA,
      size: OPTIONAL_INT32_SCHEMA,
      kind: SchemaBuilder.string().optional().defaultValue('it\'s \\ "new"').build(),
    });
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    await run.put([
      records.make(row(1, "a")),
      records.make({
        ...row(2, ""),
        valueSchema: wide,
        value: rowOf(wide, { name: "b", size: 5 }),
      }),
    ]);
    expect(run.reported).toEqual([]);
    expect(await written(table, "id, name, size, kind")).toEqual([
      ["1", "a", null, 'it\'s \\ "new"'],
      ["2", "b", "5", 'it\'s \\ "new"'],
    ]);
  });

  test("tasks that make and extend one table at once", async () => {
    const table = uniqueName();
    const wide = structOf({ name: OPTIONAL_STRING_SCHEMA, size: OPTIONAL_INT32_SCHEMA });
    const runs = await Promise.all(
      Array.from({ length: 3 }, () => startSinkOn(database, upsert(table))),
    );
    for (const [round, schema] of [ROW, wide].entries()) {
      await Promise.all(
        runs.map((run, task) =>
          run.put([
            new Records().make({
              ...row(round * 10 + task, ""),
              valueSchema: schema,
              value: rowOf(schema, { name: "a" }),
            }),
          ]),
        ),
      );
    }
    expect(runs.flatMap(({ reported }) => reported)).toEqual([]);
    expect(await written(table, "count(*)")).toEqual([["6"]]);
    for (const run of runs) await run.stop();
  });

  test("records that the database refuses are found among the others and reported", async () => {
    const table = uniqueName();
    await database.sql(
      `CREATE TABLE ${table} (id bigint PRIMARY KEY, name varchar(3) NOT NULL CHECK (length(name) <= 3))`,
    );
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    const name = (i: number) => (i === 7 ? "too long" : i === 31 ? null : "ok");
    await run.put(Array.from({ length: 64 }, (_, i) => records.make(row(i, name(i)))));
    expect(run.reported.map(({ record }) => record.kafkaOffset)).toEqual([7, 31]);
    expect(await written(table, "count(*)")).toEqual([["62"]]);
  });

  test("without anybody to report to, nothing of the put is written", async () => {
    const table = uniqueName();
    await database.sql(
      `CREATE TABLE ${table} (id bigint PRIMARY KEY, name varchar(3) CHECK (length(name) <= 3))`,
    );
    await using run = await startSinkOn(
      database,
      { ...upsert(table), "batch.size": "1" },
      { errantRecordReporter: false },
    );
    const records = new Records();
    await expect(
      run.put([records.make(row(1, "ok")), records.make(row(2, "too long"))]),
    ).rejects.toThrow(/record t-0@0 to record t-0@1/);
    expect(await written(table)).toEqual([]);
  });

  test("exactly once: what a crash leaves is not written again", async () => {
    const table = uniqueName();
    const props = { name: "one", "table.name.format": table, "offsets.table": `o_${table}` };
    const records = new Records();
    const all = Array.from({ length: 6 }, (_, i) => records.make(row(i, `n${i}`)));
    const crashed = await startSinkOn(database, props);
    await crashed.put(all.slice(0, 4));
    await crashed.crash();
    await using behind = await startSinkOn(database, props);
    await behind.put(all.slice(0, 4));
    await using run = await startSinkOn(database, props);
    await run.put(all);
    await behind.put(all.slice(4));
    expect((await written(table, "name")).flat()).toEqual(["n0", "n1", "n2", "n3", "n4", "n5"]);
    expect(await written(`o_${table}`, "topic_name, topic_partition, next_offset")).toEqual([
      ["t", "0", "6"],
    ]);
  });

  test("values of any size, far beyond one packet's share", async () => {
    const table = uniqueName();
    await using run = await startSinkOn(database, upsert(table));
    const records = new Records();
    const text = "größe 🎈'\\\"\0".replaceAll("\0", "").repeat(40_000);
    await run.put(Array.from({ length: 12 }, (_, i) => records.make(row(i, text))));
    expect(run.reported).toEqual([]);
    expect(await written(table, `count(*), min(length(name)), max(length(name))`)).toMatchObject([
      ["12", expect.anything(), expect.anything()],
    ]);
    const [[found] = []] = await database.sql(`SELECT name FROM ${table} WHERE id = 11`);
    expect(found === text).toBe(true);
  });

  test.each(HOSTILE)("SQL injection by topic, fields, values and defaults: %j", async (text) => {
    await database.sql("CREATE TABLE IF NOT EXISTS victim (id int)");
    const schema = structOf({
      id: INT64_SCHEMA,
      [text]: SchemaBuilder.string().optional().defaultValue(text).build(),
      more: OPTIONAL_STRING_SCHEMA,
    });
    for (const format of ["${topic}", "t_${value.more}"]) {
      const topic = text.replaceAll(".", "");
      await using run = await startSinkOn(database, {
        topics: topic,
        "insert.mode": "upsert",
        "pk.mode": "record_value",
        "pk.fields": "id",
        "table.name.format": format,
      });
      const record = new Records(topic).make({
        valueSchema: schema,
        value: rowOf(schema, { id: 1, [text]: text, more: text }),
      });
      await run.put([record]);
      expect(run.reported).toEqual([]);
      const table = format === "${topic}" ? topic : `t_${text}`;
      expect(await written(table, `${database.quote(text)}, more`)).toEqual([[text, text]]);
    }
    expect(await database.sql("SELECT count(*) FROM victim")).toEqual([["0"]]);
  });
});
