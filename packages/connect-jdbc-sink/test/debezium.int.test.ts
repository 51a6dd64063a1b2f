import {
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  type Struct,
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

const KEY = structOf({ id: INT32_SCHEMA }, "shop.public.orders.Key");
const named = (name: string, builder: SchemaBuilder): Schema =>
  builder.name(name).version(1).optional().build();
const FIELDS = {
  id: INT32_SCHEMA,
  name: OPTIONAL_STRING_SCHEMA,
  at: named("io.debezium.time.MicroTimestamp", SchemaBuilder.int64()),
  day: named("io.debezium.time.Date", SchemaBuilder.int32()),
  zoned: named("io.debezium.time.ZonedTimestamp", SchemaBuilder.string()),
  doc: named("io.debezium.data.Json", SchemaBuilder.string()),
};
const builder = SchemaBuilder.struct().name("shop.public.orders.Value").optional();
for (const [name, schema] of Object.entries(FIELDS)) builder.field(name, schema);
const ROW = builder.build();
const SOURCE = structOf({ table: STRING_SCHEMA, lsn: INT64_SCHEMA }, "source");
const ENVELOPE = structOf(
  { before: ROW, after: ROW, source: SOURCE, op: STRING_SCHEMA },
  "shop.public.orders.Envelope",
);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

function event(
  op: string,
  id: number,
  after: Record<string, unknown> | null,
  before: Struct | null = null,
) {
  return {
    keySchema: KEY,
    key: rowOf(KEY, { id }),
    valueSchema: ENVELOPE,
    value: rowOf(ENVELOPE, {
      before,
      after: after === null ? null : rowOf(ROW, { id, ...after }),
      source: rowOf(SOURCE, { table: "orders", lsn: 1 }),
      op,
    }),
  };
}

const props = (table: string) => ({
  "insert.mode": "upsert",
  "pk.mode": "record_key",
  "delete.enabled": "true",
  "table.name.format": table,
});

test("change events: snapshot, insert, update, delete with its tombstone, a key that changes", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, props(table));
  const records = new Records();
  await run.put(
    [
      event("r", 1, { name: "snapshot" }),
      event("c", 2, { name: "new" }),
      event("u", 1, { name: "changed" }),
      event("c", 3, { name: "gone" }),
      event("d", 3, null, rowOf(ROW, { id: 3 })),
      { keySchema: KEY, key: rowOf(KEY, { id: 3 }), value: null },
      // The key changes from 2 to 4.
      event("d", 2, null, rowOf(ROW, { id: 2 })),
      { keySchema: KEY, key: rowOf(KEY, { id: 2 }), value: null },
      event("c", 4, { name: "new" }),
      event("m", 0, null),
      event("t", 0, null),
    ].map((parts) => records.make(parts)),
  );
  expect(run.reported).toEqual([]);
  expect(await database.sql(`SELECT id, name FROM ${table} ORDER BY id`)).toEqual([
    [1, "changed"],
    [4, "new"],
  ]);
});

test("Debezium's types become columns of the same types", async () => {
  await using run = await startJdbcSink(database, {
    ...props("copy_of_${source.table}"),
    "db.timezone": "America/New_York",
    "date.timezone": "utc",
  });
  await run.put([
    new Records().make(
      event("c", 1, {
        at: 1_700_000_000_123_456,
        day: 19_675,
        zoned: "2024-05-06T07:08:09.123456Z",
        doc: '{"a":1}',
      }),
    ),
  ]);
  expect(run.reported).toEqual([]);
  expect(
    await database.sql(
      "SELECT at::text, day::text, zoned AT TIME ZONE 'UTC' = '2024-05-06 07:08:09.123456', doc FROM copy_of_orders",
    ),
  ).toEqual([["2023-11-14 17:13:20.123456", "2023-11-14", true, { a: 1 }]]);
  const types = await database.sql(
    "SELECT data_type FROM information_schema.columns WHERE table_name = 'copy_of_orders' ORDER BY ordinal_position",
  );
  expect(types.flat()).toEqual([
    "integer",
    "text",
    "timestamp without time zone",
    "date",
    "timestamp with time zone",
    "jsonb",
  ]);
});

test("value.format=plain takes an event for a row: its structs are JSON", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, {
    ...props(table),
    "value.format": "plain",
    "insert.mode": "insert",
  });
  await run.put([new Records().make(event("c", 1, { name: "a" }))]);
  expect(await database.sql(`SELECT id, op, after->>'name', before FROM ${table}`)).toEqual([
    [1, "c", "a", null],
  ]);
});

test("a large value that an update did not touch, and Debezium was not told, stays as it is", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, props(table));
  const records = new Records();
  await run.put([records.make(event("c", 1, { name: "large", day: 1 }))]);
  await run.put([
    records.make(event("u", 1, { name: "__debezium_unavailable_value", day: 2 })),
    records.make(event("u", 1, { name: "__debezium_unavailable_value", day: 3 })),
    records.make(event("c", 2, { name: "other", day: 3 })),
  ]);
  expect(run.reported).toEqual([]);
  expect(await database.sql(`SELECT id, name, day::text FROM ${table} ORDER BY id`)).toEqual([
    [1, "large", "1970-01-04"],
    [2, "other", "1970-01-04"],
  ]);
});

test("an event that cannot be is reported", async () => {
  const table = uniqueName();
  await using run = await startJdbcSink(database, props(table));
  const records = new Records();
  await run.put([
    records.make(event("?", 1, {})),
    records.make(event("c", 1, null)),
    records.make(event("c", 2, {})),
  ]);
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/t-0@0: a change event has an op that is not known: \?/),
    expect.stringMatching(/t-0@1: a change event has no row after the change/),
  ]);
});
