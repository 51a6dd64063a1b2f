import {
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Records,
  rowOf,
  startJdbcSink,
  structOf,
  type TestDatabase,
  testDatabase,
  uniqueName,
} from "./support.ts";

const KEY = structOf({ id: INT64_SCHEMA }, "key");
const ROW = structOf({ id: INT64_SCHEMA, name: OPTIONAL_STRING_SCHEMA });

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const row = (id: number, name: string | null) => ({
  keySchema: KEY,
  key: rowOf(KEY, { id }),
  valueSchema: ROW,
  value: rowOf(ROW, { id, name }),
});

async function written(table: string, columns = "id, name"): Promise<unknown[][]> {
  return database.sql(`SELECT ${columns} FROM ${table} ORDER BY 1, 2`);
}

describe.each(["insert", "upsert", "update"])("insert.mode %s", (mode) => {
  test.each<[string, Props, string]>([
    ["none", {}, "id, name"],
    ["kafka", {}, "__connect_topic, __connect_partition, __connect_offset, id, name"],
    ["record_key", {}, "id, name"],
    ["record_value", { "pk.fields": "id" }, "id, name"],
  ])("pk.mode %s", async (pkMode, props, columns) => {
    if (mode !== "insert" && pkMode === "none") return;
    const table = uniqueName();
    await using run = await startJdbcSink(database, {
      "insert.mode": mode,
      "pk.mode": pkMode,
      "table.name.format": table,
      ...props,
    });
    const records = new Records();
    await run.put([records.make(row(1, "a")), records.make(row(2, null))]);
    const kafka = (offset: number) => (pkMode === "kafka" ? ["t", 0, String(offset)] : []);
    // An update of a row that is not there is no error.
    const expected =
      mode === "update"
        ? []
        : [
            [...kafka(0), "1", "a"],
            [...kafka(1), "2", null],
          ];
    expect(await written(table, columns)).toEqual(expected);
  });
});

test("upsert changes the columns of a record and leaves the others of its row", async () => {
  const table = uniqueName();
  await database.sql(
    `CREATE TABLE ${table} (id bigint PRIMARY KEY, name text, other text DEFAULT 'kept')`,
  );
  await using run = await startJdbcSink(database, {
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "table.name.format": table,
  });
  const records = new Records();
  await run.put([records.make(row(1, "a"))]);
  await database.sql(`UPDATE ${table} SET other = 'mine'`);
  await run.put([records.make(row(1, "b")), records.make(row(1, "c")), records.make(row(2, "d"))]);
  expect(await written(table, "id, name, other")).toEqual([
    ["1", "c", "mine"],
    ["2", "d", "kept"],
  ]);
});

test("update changes rows that are there, by the last record of a key", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text)`);
  await database.sql(`INSERT INTO ${table} VALUES (1, 'old')`);
  await using run = await startJdbcSink(database, {
    "insert.mode": "update",
    "pk.mode": "record_key",
    "table.name.format": table,
  });
  const records = new Records();
  await run.put([
    records.make(row(1, "a")),
    records.make(row(2, "none")),
    records.make(row(1, "b")),
  ]);
  expect(await written(table)).toEqual([["1", "b"]]);
});

test("tombstones delete, in the order of the records of a key", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, {
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "delete.enabled": "true",
    "table.name.format": table,
  });
  const records = new Records();
  const gone = (id: number) => ({ keySchema: KEY, key: rowOf(KEY, { id }), value: null });
  // The first record of a table that is still to be made deletes from it.
  await run.put([records.make(gone(1))]);
  await run.put([
    records.make(row(1, "a")),
    records.make(gone(1)),
    records.make(row(2, "a")),
    records.make(gone(2)),
    records.make(row(2, "b")),
    records.make(gone(3)),
    records.make(row(3, "a")),
  ]);
  expect(await written(table)).toEqual([
    ["2", "b"],
    ["3", "a"],
  ]);
  await run.put([records.make(gone(2)), records.make(gone(99))]);
  expect(await written(table)).toEqual([["3", "a"]]);
});

test("a plain key is the column that pk.fields names, a plain text a column of its own", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, {
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "pk.fields": "word",
    "string.output.value.column.name": "meaning",
    "table.name.format": table,
  });
  const records = new Records();
  await run.put([
    records.make({
      keySchema: STRING_SCHEMA,
      key: "a",
      valueSchema: STRING_SCHEMA,
      value: "first",
    }),
    records.make({
      keySchema: STRING_SCHEMA,
      key: "b",
      valueSchema: STRING_SCHEMA,
      value: "second",
    }),
  ]);
  expect(await written(table, "word, meaning")).toEqual([
    ["a", "first"],
    ["b", "second"],
  ]);
});

test("schemas that alternate within a put", async () => {
  const table = uniqueName();
  const wide = structOf({ id: INT64_SCHEMA, name: OPTIONAL_STRING_SCHEMA, size: INT32_SCHEMA });
  await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text, size int)`);
  await using run = await startJdbcSink(database, {
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "table.name.format": table,
  });
  const records = new Records();
  await run.put([
    records.make(row(1, "a")),
    records.make({
      ...row(1, ""),
      valueSchema: wide,
      value: rowOf(wide, { id: 1, name: "b", size: 5 }),
    }),
    records.make(row(2, "c")),
    records.make(row(1, "d")),
  ]);
  expect(await written(table, "id, name, size")).toEqual([
    ["1", "d", 5],
    ["2", "c", null],
  ]);
});

test("fields.whitelist never leaves out the key", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, {
    "pk.mode": "record_value",
    "pk.fields": "id",
    "fields.whitelist": "name",
    "table.name.format": table,
  });
  const wide = structOf({ id: INT64_SCHEMA, name: OPTIONAL_STRING_SCHEMA, size: INT32_SCHEMA });
  const records = new Records();
  await run.put([
    records.make({ valueSchema: wide, value: rowOf(wide, { id: 1, name: "a", size: 2 }) }),
  ]);
  expect(await written(table, "*")).toEqual([["1", "a"]]);
});

test("values without schema go into a table that is there, as its columns want them", async () => {
  const table = uniqueName();
  await database.sql(
    `CREATE TABLE ${table} (id int PRIMARY KEY, price numeric(10,2), at timestamptz, tags jsonb, who uuid)`,
  );
  await using run = await startJdbcSink(database, {
    "insert.mode": "upsert",
    "pk.mode": "record_value",
    "pk.fields": "id",
    "table.name.format": table,
  });
  const records = new Records();
  const who = "0d9cc3a2-7d1f-4e6e-9ad2-0d4f5f5a0c11";
  await run.put([
    records.make({
      value: { id: 1, price: 1.5, at: "2024-05-06T07:08:09Z", tags: ["a", { b: 1 }], who },
    }),
    records.make({ value: { id: 2 } }),
  ]);
  expect(await written(table, "id, price, at, tags, who")).toEqual([
    [1, "1.50", new Date("2024-05-06T07:08:09Z"), ["a", { b: 1 }], who],
    [2, null, null, null, null],
  ]);
});
