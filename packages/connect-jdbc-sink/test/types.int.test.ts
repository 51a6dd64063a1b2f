import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  type Props,
  Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
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

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const array = (element: Schema) => SchemaBuilder.array(element).build();
const map = SchemaBuilder.map(STRING_SCHEMA, INT32_SCHEMA).build();
const inner = SchemaBuilder.struct()
  .optional()
  .field("a", INT32_SCHEMA)
  .field("b", STRING_SCHEMA)
  .build();
const at = (text: string) => new Date(text);

/** Schema, column type, and values with the text that PostgreSQL then shows. */
const TYPES: readonly [string, Schema, string, readonly (readonly [unknown, string])[]][] = [
  [
    "INT8",
    INT8_SCHEMA,
    "smallint",
    [
      [-128, "-128"],
      [127, "127"],
    ],
  ],
  [
    "INT16",
    INT16_SCHEMA,
    "smallint",
    [
      [-32768, "-32768"],
      [32767, "32767"],
    ],
  ],
  [
    "INT32",
    INT32_SCHEMA,
    "integer",
    [
      [-2147483648, "-2147483648"],
      [2147483647, "2147483647"],
    ],
  ],
  [
    "INT64",
    INT64_SCHEMA,
    "bigint",
    [
      [-9223372036854775808n, "-9223372036854775808"],
      [9223372036854775807n, "9223372036854775807"],
      [-1, "-1"],
      [9007199254740991, "9007199254740991"],
      [-4294967296, "-4294967296"],
    ],
  ],
  [
    "FLOAT32",
    FLOAT32_SCHEMA,
    "real",
    [
      [0.10000000149011612, "0.1"],
      [NaN, "NaN"],
      [-Infinity, "-Infinity"],
    ],
  ],
  [
    "FLOAT64",
    FLOAT64_SCHEMA,
    "double precision",
    [
      [0.1, "0.1"],
      [5e-324, "5e-324"],
      [NaN, "NaN"],
      [Infinity, "Infinity"],
    ],
  ],
  [
    "BOOLEAN",
    BOOLEAN_SCHEMA,
    "boolean",
    [
      [true, "true"],
      [false, "false"],
    ],
  ],
  [
    "STRING",
    STRING_SCHEMA,
    "text",
    [
      ["", ""],
      ["größe 訂單 🎈", "größe 訂單 🎈"],
      [`it's "quoted" \\ {a,b} \t\n`, `it's "quoted" \\ {a,b} \t\n`],
      ["NULL", "NULL"],
    ],
  ],
  [
    "BYTES",
    BYTES_SCHEMA,
    "bytea",
    [
      [Buffer.from([]), "\\x"],
      [Buffer.from([0, 255, 92, 39]), "\\x00ff5c27"],
    ],
  ],
  [
    "Decimal",
    decimalSchema(10),
    "numeric",
    [
      [
        Decimal.parse("12345678901234567890123456789.0123456789"),
        "12345678901234567890123456789.0123456789",
      ],
      [Decimal.parse("-0.0000000001"), "-0.0000000001"],
    ],
  ],
  [
    "Date",
    DATE_SCHEMA,
    "date",
    [
      [at("1970-01-01T00:00:00Z"), "1970-01-01"],
      [at("1969-12-31T00:00:00Z"), "1969-12-31"],
      [at("9999-12-31T00:00:00Z"), "9999-12-31"],
      [at("2024-02-29T00:00:00Z"), "2024-02-29"],
    ],
  ],
  [
    "Time",
    TIME_SCHEMA,
    "time without time zone",
    [
      [at("1970-01-01T00:00:00Z"), "00:00:00"],
      [at("1970-01-01T23:59:59.999Z"), "23:59:59.999"],
    ],
  ],
  [
    "Timestamp",
    TIMESTAMP_SCHEMA,
    "timestamp without time zone",
    [
      [at("2024-05-06T07:08:09.123Z"), "2024-05-06 07:08:09.123"],
      [at("1969-12-31T23:59:59.999Z"), "1969-12-31 23:59:59.999"],
      [at("9999-12-31T23:59:59.999Z"), "9999-12-31 23:59:59.999"],
    ],
  ],
  [
    "ARRAY of INT32",
    array(INT32_SCHEMA),
    "ARRAY",
    [
      [[1, -2], "{1,-2}"],
      [[], "{}"],
    ],
  ],
  [
    "ARRAY of STRING",
    array(STRING_SCHEMA),
    "ARRAY",
    [[["a", "", 'b"\\', "NULL", "{c,d}"], '{a,"","b\\"\\\\","NULL","{c,d}"}']],
  ],
  ["ARRAY of Date", array(DATE_SCHEMA), "ARRAY", [[[at("2024-02-29T00:00:00Z")], "{2024-02-29}"]]],
  ["ARRAY of BYTES", array(BYTES_SCHEMA), "ARRAY", [[[Buffer.from([1, 255])], '{"\\\\x01ff"}']]],
  ["MAP", map, "jsonb", [[new Map([["a", 1]]), '{"a": 1}']]],
  ["STRUCT", inner, "jsonb", [[rowOf(inner, { a: 1, b: "x'y" }), `{"a": 1, "b": "x'y"}`]]],
  [
    "ARRAY of STRUCT",
    array(inner),
    "jsonb",
    [[[rowOf(inner, { a: 1, b: "x" })], '[{"a": 1, "b": "x"}]']],
  ],
];

const optional = (schema: Schema, defaultValue?: unknown) =>
  new Schema({
    type: schema.type,
    name: schema.name,
    version: schema.version,
    parameters: schema.parameters,
    optional: true,
    defaultValue,
    ...(schema.type === "STRUCT" && { fields: schema.fields }),
    ...(schema.type === "ARRAY" && { valueSchema: schema.valueSchema }),
    ...(schema.type === "MAP" && { keySchema: schema.keySchema, valueSchema: schema.valueSchema }),
  });

describe.each(TYPES)("%s", (_name, schema, type, values) => {
  test(`is ${type}: every value, null and default`, async () => {
    const table = uniqueName();
    const [first] = values[0]!;
    const row = structOf({
      id: INT32_SCHEMA,
      v: optional(schema),
      ...(schema.type !== "STRUCT" && { d: optional(schema, first) }),
    });
    await using run = await startJdbcSink(database, {
      "table.name.format": table,
      "pk.mode": "record_value",
      "pk.fields": "id",
      "insert.mode": "upsert",
    });
    const records = new Records();
    await run.put([
      ...values.map(([v], id) => records.make({ valueSchema: row, value: rowOf(row, { id, v }) })),
      records.make({ valueSchema: row, value: rowOf(row, { id: values.length, v: null }) }),
    ]);
    expect(run.reported).toEqual([]);
    expect(await database.sql(`SELECT v::text FROM ${table} ORDER BY id`)).toEqual([
      ...values.map(([, text]) => [text]),
      [null],
    ]);
    const [[found] = []] = await database.sql(
      "SELECT data_type FROM information_schema.columns WHERE table_name = $1 AND column_name = 'v'",
      [table],
    );
    expect(found).toBe(type);
    if (schema.type === "STRUCT") return;
    // The column's own default, for whoever inserts without the connector.
    await database.sql(`INSERT INTO ${table} (id) VALUES (99)`);
    const defaults = await database.sql(`SELECT DISTINCT d::text FROM ${table}`);
    expect(defaults).toEqual([[values[0]![1]]]);
  });

  test("as a primary key: upsert, update and delete find the row", async () => {
    if (type === "jsonb" || type === "ARRAY") return;
    const table = uniqueName();
    const key = structOf({ k: schema }, "key");
    const row = structOf({ v: INT32_SCHEMA });
    const props = { "table.name.format": table, "pk.mode": "record_key", "delete.enabled": "true" };
    const records = new Records();
    const record = ([k]: readonly [unknown, string], v: number | null) =>
      records.make({
        keySchema: key,
        key: rowOf(key, { k }),
        valueSchema: v === null ? null : row,
        value: v === null ? null : rowOf(row, { v }),
      });
    for (const [mode, v] of [
      ["upsert", 1],
      ["upsert", 2],
      ["update", 3],
    ] as const) {
      await using run = await startJdbcSink(database, { ...props, "insert.mode": mode });
      await run.put(values.map((value) => record(value, v)));
      expect(await database.sql(`SELECT v, count(*)::int FROM ${table} GROUP BY v`)).toEqual([
        [v, values.length],
      ]);
    }
    await using run = await startJdbcSink(database, { ...props, "insert.mode": "upsert" });
    await run.put(values.map((value) => record(value, null)));
    expect(await database.sql(`SELECT * FROM ${table}`)).toEqual([]);
  });
});

describe("time zones", () => {
  const row = structOf({
    d: DATE_SCHEMA,
    t: TIME_SCHEMA,
    ts: TIMESTAMP_SCHEMA,
    tz: TIMESTAMP_SCHEMA,
  });
  const values = {
    d: at("2024-07-01T00:00:00Z"),
    t: at("1970-01-01T01:02:03.004Z"),
    ts: at("2024-07-01T01:02:03.004Z"),
    tz: at("2024-07-01T01:02:03.004Z"),
  };

  test.each<[string, Props, string[]]>([
    ["UTC", {}, ["2024-07-01", "01:02:03.004", "2024-07-01 01:02:03.004"]],
    [
      "New York, where Java's connector shifts the day",
      { "db.timezone": "America/New_York" },
      ["2024-06-30", "20:02:03.004", "2024-06-30 21:02:03.004"],
    ],
    [
      "New York with date.timezone=utc",
      { "db.timezone": "America/New_York", "date.timezone": "utc" },
      ["2024-07-01", "20:02:03.004", "2024-06-30 21:02:03.004"],
    ],
    [
      "Paris",
      { "db.timezone": "Europe/Paris" },
      ["2024-07-01", "02:02:03.004", "2024-07-01 03:02:03.004"],
    ],
  ])("%s", async (_zone, props, expected) => {
    const table = uniqueName();
    await database.sql(`CREATE TABLE ${table} (d date, t time, ts timestamp, tz timestamptz)`);
    await using run = await startJdbcSink(database, { "table.name.format": table, ...props });
    await run.put([new Records().make({ valueSchema: row, value: rowOf(row, values) })]);
    expect(
      await database.sql(
        `SELECT d::text, t::text, ts::text, tz = '2024-07-01 01:02:03.004Z' FROM ${table}`,
      ),
    ).toEqual([[...expected, true]]);
  });

  test.each([
    ["LEGACY", "1500-02-19 00:00:00", "1500-02-19"],
    ["PROLEPTIC_GREGORIAN", "1500-02-28 00:00:00", "1500-02-28"],
  ])("a day before 1582 by date.calendar.system=%s", async (calendar, ts, d) => {
    const table = uniqueName();
    const old = structOf({ ts: TIMESTAMP_SCHEMA, d: DATE_SCHEMA });
    await using run = await startJdbcSink(database, {
      "table.name.format": table,
      "date.calendar.system": calendar,
    });
    const day = at("1500-02-28T00:00:00Z");
    await run.put([
      new Records().make({ valueSchema: old, value: rowOf(old, { ts: day, d: day }) }),
    ]);
    expect(await database.sql(`SELECT ts::text, d::text FROM ${table}`)).toEqual([[ts, d]]);
  });
});

test("timestamp.fields.list: numbers and texts, in micro- and nanoseconds", async () => {
  const row = structOf({ id: INT32_SCHEMA, n: INT64_SCHEMA, s: STRING_SCHEMA });
  const shown = "2023-11-14 22:13:20.123456";
  for (const [mode, n, s] of [
    ["microseconds", 1_700_000_000_123_456, "1700000000123456"],
    ["microseconds", 1_700_000_000_123_456, "2023-11-14T22:13:20.123456"],
    ["nanoseconds", 1_700_000_000_123_456_000n, "1700000000123456000"],
  ] as const) {
    const table = uniqueName();
    await using run = await startJdbcSink(database, {
      "table.name.format": table,
      "timestamp.fields.list": "n,s",
      "timestamp.precision.mode": mode,
    });
    await run.put([new Records().make({ valueSchema: row, value: rowOf(row, { id: 1, n, s }) })]);
    expect(run.reported).toEqual([]);
    expect(await database.sql(`SELECT n::text, s::text FROM ${table}`)).toEqual([[shown, shown]]);
  }
});

test("into columns of other types: as SQL would assign them, without silent loss", async () => {
  const table = uniqueName();
  await database.sql(`CREATE TYPE mood_${table} AS ENUM ('sad', 'happy')`);
  await database.sql(`CREATE DOMAIN short_${table} AS varchar(3)`);
  await database.sql(
    `CREATE TABLE ${table} (small smallint, exact numeric(5,2), who uuid, doc json, mood mood_${table}, short short_${table}, fixed char(4), net inet, list int[])`,
  );
  const fields = {
    small: INT64_SCHEMA,
    exact: FLOAT64_SCHEMA,
    who: STRING_SCHEMA,
    doc: STRING_SCHEMA,
    mood: STRING_SCHEMA,
    short: STRING_SCHEMA,
    fixed: STRING_SCHEMA,
    net: STRING_SCHEMA,
    list: array(INT8_SCHEMA),
  };
  const row = structOf(fields);
  const good = {
    small: 5,
    exact: 1.25,
    who: "0d9cc3a2-7d1f-4e6e-9ad2-0d4f5f5a0c11",
    doc: '{"a":1}',
    mood: "happy",
    short: "abc",
    fixed: "ab",
    net: "10.0.0.1/8",
    list: [1, 2],
  };
  const wrong: Record<string, unknown> = {
    small: 70_000,
    exact: 12_345.6,
    who: "no uuid",
    doc: "{",
    mood: "bored",
    short: "abcd",
    fixed: "abcde",
    net: "nowhere",
  };
  await using run = await startJdbcSink(database, { "table.name.format": table });
  const records = new Records();
  await run.put([
    ...Object.entries(wrong).map(([name, value]) =>
      records.make({ valueSchema: row, value: rowOf(row, { ...good, [name]: value }) }),
    ),
    records.make({ valueSchema: row, value: rowOf(row, good) }),
  ]);
  expect(run.reported.map(({ record }) => record.kafkaOffset)).toEqual(
    Object.keys(wrong).map((_, i) => i),
  );
  expect(await database.sql(`SELECT t::text FROM ${table} t`)).toEqual([
    [
      '(5,1.25,0d9cc3a2-7d1f-4e6e-9ad2-0d4f5f5a0c11,"{""a"":1}",happy,abc,"ab  ",10.0.0.1/8,"{1,2}")',
    ],
  ]);
});

test("half of a surrogate pair is the record's fault, not another character", async () => {
  const row = structOf({ v: STRING_SCHEMA });
  await using run = await startJdbcSink(database, { "table.name.format": uniqueName() });
  const records = new Records();
  await run.put(
    ["ok", "\ud83d", "fine"].map((v) =>
      records.make({ valueSchema: row, value: rowOf(row, { v }) }),
    ),
  );
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/t-0@1.*surrogate/),
  ]);
});

test("a value of 100 MB", async () => {
  const table = uniqueName();
  const row = structOf({ id: INT32_SCHEMA, v: BYTES_SCHEMA });
  await using run = await startJdbcSink(database, { "table.name.format": table });
  const records = new Records();
  const large = Buffer.alloc(100_000_000, 7);
  await run.put([
    records.make({ valueSchema: row, value: rowOf(row, { id: 1, v: large }) }),
    records.make({ valueSchema: row, value: rowOf(row, { id: 2, v: Buffer.from("small") }) }),
  ]);
  expect(run.reported).toEqual([]);
  expect(await database.sql(`SELECT id, length(v) FROM ${table} ORDER BY id`)).toEqual([
    [1, 100_000_000],
    [2, 5],
  ]);
});
