import {
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Records,
  rowOf,
  startJdbcSink,
  structOf,
  type TestDatabase,
  testDatabase,
  uniqueName,
} from "./support.ts";

const WITH_DEFAULT = SchemaBuilder.int32().optional().defaultValue(7).build();
const V1 = structOf({ id: INT64_SCHEMA, name: STRING_SCHEMA });
const V2 = structOf({ id: INT64_SCHEMA, name: STRING_SCHEMA, size: OPTIONAL_INT32_SCHEMA });

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const upsert = (table: string) => ({
  "insert.mode": "upsert",
  "pk.mode": "record_value",
  "pk.fields": "id",
  "table.name.format": table,
  "auto.evolve": "true",
});

const columns = (table: string) =>
  database.sql(
    "SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
    [table],
  );

test("a table is made of the first record's schema: order, types, defaults and key", async () => {
  const table = uniqueName();
  const schema = structOf({ name: OPTIONAL_STRING_SCHEMA, id: INT64_SCHEMA, size: WITH_DEFAULT });
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    "pk.mode": "kafka",
    "pk.fields": "",
  });
  await run.put([
    new Records().make({ valueSchema: schema, value: rowOf(schema, { id: 1, name: null }) }),
  ]);
  expect(await columns(table)).toEqual([
    ["__connect_topic", "text", "NO", null],
    ["__connect_partition", "integer", "NO", null],
    ["__connect_offset", "bigint", "NO", null],
    ["name", "text", "YES", null],
    ["id", "bigint", "NO", null],
    ["size", "integer", "YES", "7"],
  ]);
  expect(await database.sql(`SELECT id, name, size FROM ${table}`)).toEqual([["1", null, 7]]);
});

test("replace.null.with.default=false writes null", async () => {
  const table = uniqueName();
  const schema = structOf({ id: INT64_SCHEMA, size: WITH_DEFAULT });
  await using run = await startJdbcSink(database, {
    ...upsert(table),
    "replace.null.with.default": "false",
  });
  await run.put([new Records().make({ valueSchema: schema, value: rowOf(schema, { id: 1 }) })]);
  expect(await database.sql(`SELECT id, size FROM ${table}`)).toEqual([["1", null]]);
});

test("columns are added in the midst of a put, and found whatever their case", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TABLE ${table} ("ID" bigint PRIMARY KEY, "Name" text)`);
  await using run = await startJdbcSink(database, upsert(table));
  const records = new Records();
  await run.put([
    records.make({ valueSchema: V1, value: rowOf(V1, { id: 1, name: "a" }) }),
    records.make({ valueSchema: V2, value: rowOf(V2, { id: 2, name: "b", size: 5 }) }),
    records.make({ valueSchema: V1, value: rowOf(V1, { id: 3, name: "c" }) }),
  ]);
  expect(await database.sql(`SELECT "ID", "Name", size FROM ${table} ORDER BY 1`)).toEqual([
    ["1", "a", null],
    ["2", "b", 5],
    ["3", "c", null],
  ]);
});

test.each([
  ["auto.evolve is off", { "auto.evolve": "false" }, V2, /missing columns size.*auto.evolve=true/],
  [
    "the field is required",
    {},
    structOf({ id: INT64_SCHEMA, name: STRING_SCHEMA, size: INT32_SCHEMA }),
    /missing column size, as the field is not optional/,
  ],
])(
  "columns are not added where %s: only those records are reported",
  async (_why, props, schema, message) => {
    const table = uniqueName();
    await database.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, name text)`);
    await using run = await startJdbcSink(database, { ...upsert(table), ...props });
    const records = new Records();
    await run.put([
      records.make({ valueSchema: V1, value: rowOf(V1, { id: 1, name: "a" }) }),
      records.make({ valueSchema: schema, value: rowOf(schema, { id: 2, name: "b", size: 5 }) }),
      records.make({ valueSchema: V1, value: rowOf(V1, { id: 3, name: "c" }) }),
    ]);
    expect(await database.sql(`SELECT id FROM ${table} ORDER BY 1`)).toEqual([["1"], ["3"]]);
    expect(run.reported.map(({ error }) => error.message)).toEqual([
      expect.stringMatching(message),
    ]);
  },
);

test("tasks that make and extend one table at once", async () => {
  for (let round = 0; round < 5; round++) {
    const table = uniqueName();
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => startJdbcSink(database, upsert(table))),
    );
    for (const [version, schema] of [V1, V2].entries()) {
      await Promise.all(
        runs.map((run, task) =>
          run.put([
            new Records().make({
              valueSchema: schema,
              value: rowOf(schema, { id: version * 10 + task, name: "a" }),
            }),
          ]),
        ),
      );
    }
    expect(await database.sql(`SELECT count(*)::int FROM ${table}`)).toEqual([[8]]);
    expect(runs.flatMap((run) => run.reported)).toEqual([]);
    for (const run of runs) await run.stop();
  }
});

test("views are written to where table.types has them, and partitioned tables", async () => {
  const [base, view, parts] = [uniqueName(), uniqueName(), uniqueName()];
  await database.sql(`CREATE TABLE ${base} (id bigint PRIMARY KEY, name text)`);
  await database.sql(`CREATE VIEW ${view} AS SELECT id, name FROM ${base}`);
  await database.sql(
    `CREATE TABLE ${parts} (id bigint PRIMARY KEY, name text) PARTITION BY HASH (id)`,
  );
  await database.sql(
    `CREATE TABLE ${parts}_0 PARTITION OF ${parts} FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
  );
  const record = () =>
    new Records().make({ valueSchema: V1, value: rowOf(V1, { id: 1, name: "a" }) });
  for (const [table, types] of [
    [view, "VIEW"],
    [parts, "PARTITIONED TABLE,TABLE"],
  ] as const) {
    await using run = await startJdbcSink(database, { ...upsert(table), "table.types": types });
    await run.put([record()]);
    expect(run.reported).toEqual([]);
    expect(await database.sql(`SELECT id, name FROM ${table}`)).toEqual([["1", "a"]]);
  }
  await using run = await startJdbcSink(database, upsert(view));
  await run.put([record()]);
  expect(run.reported[0]!.error.message).toMatch(/is a VIEW, and table.types allows only TABLE/);
});

test("1,600 columns", async () => {
  const table = uniqueName();
  const names = Array.from({ length: 1_599 }, (_, i) => `c${i}`);
  const schema = structOf({
    id: INT64_SCHEMA,
    ...Object.fromEntries(names.map((name) => [name, OPTIONAL_INT32_SCHEMA])),
  });
  await using run = await startJdbcSink(database, upsert(table));
  const records = new Records();
  await run.put(
    Array.from({ length: 20 }, (_, id) =>
      records.make({ valueSchema: schema, value: rowOf(schema, { id, c0: id, c1598: id }) }),
    ),
  );
  expect(run.reported).toEqual([]);
  expect(await database.sql(`SELECT sum(c1598)::int FROM ${table}`)).toEqual([[190]]);
});
