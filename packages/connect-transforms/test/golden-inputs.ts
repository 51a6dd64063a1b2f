import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  type ConnectRecord,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  Float64,
  Headers,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_BYTES_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  type RecordParts,
  type Schema,
  SchemaBuilder,
  SinkRecord,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_NAME,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

// The records that the recorder sends through Java's transforms, by its names for them.

type Make = () => ConnectRecord;

const noPartition = null as never;

function source(parts: Partial<RecordParts>): SourceRecord {
  return new SourceRecord({
    topic: "topic-1",
    timestamp: 5,
    sourcePartition: noPartition,
    sourceOffset: null,
    ...parts,
  });
}

function structOf(schema: Schema, values: Readonly<Record<string, unknown>>): Struct {
  const struct = new Struct(schema);
  for (const [name, value] of Object.entries(values)) struct.put(name, value);
  return struct;
}

function headers(): Headers {
  return new Headers().addString("h1", "hv1").addInt("h2", 5).addString("h1", "hv1b");
}

const INNER = SchemaBuilder.struct()
  .name("Inner")
  .optional()
  .field("x", INT32_SCHEMA)
  .field("y", OPTIONAL_STRING_SCHEMA)
  .build();
const KEY = SchemaBuilder.struct()
  .name("Key")
  .field("id", INT32_SCHEMA)
  .field("kname", OPTIONAL_STRING_SCHEMA)
  .build();
const VALUE = SchemaBuilder.struct()
  .name("Val")
  .version(1)
  .field("id", INT32_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("amount", OPTIONAL_FLOAT64_SCHEMA)
  .field("big", INT64_SCHEMA)
  .field("ok", BOOLEAN_SCHEMA)
  .field("ts", OPTIONAL_TIMESTAMP_SCHEMA)
  .field("dec", decimalSchema(2, { optional: true }))
  .field("inner", INNER)
  .field("arr", SchemaBuilder.array(STRING_SCHEMA).optional().build())
  .field("map", SchemaBuilder.map(STRING_SCHEMA, INT32_SCHEMA).optional().build())
  .field("bytes", OPTIONAL_BYTES_SCHEMA)
  .field("tstr", OPTIONAL_STRING_SCHEMA)
  .field("dflt", SchemaBuilder.string().optional().defaultValue("dd").build())
  .build();

const structParts = () => ({
  kafkaPartition: 3,
  keySchema: KEY,
  key: structOf(KEY, { id: 7, kname: "kn" }),
  valueSchema: VALUE,
  value: structOf(VALUE, {
    id: 7,
    name: "bob",
    amount: 12.75,
    big: 1_700_000_000_123,
    ok: true,
    ts: new Date(1_700_000_000_123),
    dec: Decimal.parse("3.14"),
    inner: structOf(INNER, { x: 1, y: "yy" }),
    arr: ["a", "b"],
    map: new Map([["mk", 5]]),
    bytes: Uint8Array.of(1, 2),
    tstr: "2024-02-29 13:14:15",
  }),
  timestamp: 1_700_000_000_999,
  headers: headers(),
});

const schemalessParts = () => ({
  key: { id: 7, kname: "kn" },
  value: {
    id: 7,
    name: "bob",
    amount: 12.75,
    big: 1_700_000_000_123,
    ok: true,
    nul: null,
    inner: { x: 1, y: "yy" },
    arr: ["a", "b"],
    tstr: "2024-02-29 13:14:15",
  },
  timestamp: 1_700_000_000_999,
  headers: headers(),
});

const DEEP = SchemaBuilder.struct()
  .optional()
  .field("z", OPTIONAL_INT64_SCHEMA)
  .field("w", SchemaBuilder.string().optional().defaultValue("wd").build())
  .build();
const IN = SchemaBuilder.struct().optional().field("a", STRING_SCHEMA).field("deep", DEEP).build();
const NEST = SchemaBuilder.struct()
  .name("Nest")
  .field("id", INT32_SCHEMA)
  .field("in", IN)
  .field("in2", SchemaBuilder.struct().optional().field("q", STRING_SCHEMA).build())
  .field("arr", SchemaBuilder.array(INT32_SCHEMA).optional().build())
  .field("dec", decimalSchema(2, { optional: true }))
  .build();

/** The inputs of `transforms.json`. */
export const INPUTS: Readonly<Record<string, Make>> = {
  "source-struct": () => source(structParts()),
  "sink-struct": () => new SinkRecord({ topic: "topic-1", kafkaOffset: 42, ...structParts() }),
  "source-schemaless": () => source(schemalessParts()),
  "sink-schemaless": () =>
    new SinkRecord({ topic: "topic-1", kafkaPartition: 3, kafkaOffset: 42, ...schemalessParts() }),
  tombstone: () => source({ keySchema: STRING_SCHEMA, key: "k", timestamp: 1_700_000_000_999 }),
  string: () =>
    source({
      keySchema: STRING_SCHEMA,
      key: "k",
      valueSchema: STRING_SCHEMA,
      value: "12",
      timestamp: null,
    }),
  "schemaless-string": () => source({ key: "k", value: "plain", timestamp: null }),
  "null-fields-struct": () =>
    source({
      keySchema: KEY,
      key: structOf(KEY, { id: 1 }),
      valueSchema: VALUE,
      value: structOf(VALUE, { id: 1, big: 5, ok: false, dflt: null }),
    }),
  "source-nested": () =>
    source({
      valueSchema: NEST,
      value: structOf(NEST, {
        id: 1,
        in: structOf(IN, { a: "A", deep: structOf(DEEP, { z: 9 }) }),
        arr: [1, 2],
        dec: Decimal.parse("1.20"),
      }),
    }),
};

const N = SchemaBuilder.struct().optional().field("n", INT32_SCHEMA).build();
const TYPES = SchemaBuilder.struct()
  .name("Types")
  .version(2)
  .doc("a doc")
  .parameter("p", "q")
  .optional()
  .field("i8", INT8_SCHEMA)
  .field("i16", INT16_SCHEMA)
  .field("i32", INT32_SCHEMA)
  .field("i64", INT64_SCHEMA)
  .field("f32", FLOAT32_SCHEMA)
  .field("f64", FLOAT64_SCHEMA)
  .field("b", BOOLEAN_SCHEMA)
  .field("s", STRING_SCHEMA)
  .field("by", BYTES_SCHEMA)
  .field("dec", decimalSchema(3))
  .field("date", DATE_SCHEMA)
  .field("time", TIME_SCHEMA)
  .field("ts", TIMESTAMP_SCHEMA)
  .field("oi32", SchemaBuilder.int32().optional().defaultValue(5).build())
  .field("di32", SchemaBuilder.int32().defaultValue(6).build())
  .field("os", SchemaBuilder.string().optional().doc("d").defaultValue("42").build())
  .field(
    "ots",
    SchemaBuilder.int64()
      .name(TIMESTAMP_NAME)
      .version(1)
      .optional()
      .defaultValue(new Date(5))
      .build(),
  )
  .field("named", SchemaBuilder.int32().name("my.Name").version(3).parameter("a", "b").build())
  .field("in", N)
  .field("arr", SchemaBuilder.array(INT32_SCHEMA).optional().build())
  .build();

const DAY = new Date(19_782 * 86_400_000);
const TIME = new Date(3_723_004);
const MOMENT = new Date(1_700_000_000_123);

const types = () =>
  source({
    valueSchema: TYPES,
    value: structOf(TYPES, {
      i8: 5,
      i16: 300,
      i32: -70_000,
      i64: 9_007_199_254_740_993n,
      f32: 1.5,
      f64: -3.99e10,
      b: true,
      s: "12",
      by: Uint8Array.of(1, 2),
      dec: Decimal.parse("-1234.567"),
      date: DAY,
      time: TIME,
      ts: MOMENT,
      named: 9,
      in: structOf(N, { n: 4 }),
      arr: [1, 2],
    }),
  });

const schemalessTypes = () => {
  const map = {
    l: 300,
    big: 9_007_199_254_740_993n,
    d: 2.75,
    whole: new Float64(3),
    huge: 1e300,
    neg: -129,
    t: "true",
    n: " 7",
    n8: "300",
    n9: "7",
    f: "1.5",
    date: MOMENT,
    dec: Decimal.parse("3.14"),
    by: Uint8Array.of(1, 2),
    list: [1, 2],
    empty: "",
    b: false,
    m: { x: 1, none: null, e: {}, d2: { "y.z": "yz" } },
    "a.b": "ab",
  };
  return source({ key: map, value: map });
};

const OPTIONAL = SchemaBuilder.struct().optional().field("a", OPTIONAL_STRING_SCHEMA).build();
const CD = SchemaBuilder.struct()
  .optional()
  .field("c", STRING_SCHEMA)
  .field("d", SchemaBuilder.string().optional().defaultValue("dd").build())
  .build();
const CE = SchemaBuilder.struct()
  .field("c", SchemaBuilder.string().defaultValue("cdef").build())
  .field("e", OPTIONAL_INT32_SCHEMA)
  .build();
const Z = SchemaBuilder.struct().optional().field("z", INT32_SCHEMA).build();
const M = SchemaBuilder.struct()
  .optional()
  .field("m2", SchemaBuilder.array(CE).optional().build())
  .build();
const NESTED = SchemaBuilder.struct()
  .name("N")
  .field("plain", CE)
  .field("on", CD)
  .field("x.y", Z)
  .field("m", M)
  .build();
const REQUIRED = SchemaBuilder.struct()
  .field("p", SchemaBuilder.struct().field("c", STRING_SCHEMA).build())
  .build();
const LONG = SchemaBuilder.int64()
  .name("n")
  .version(1)
  .doc("dc")
  .parameter("k", "v")
  .optional()
  .defaultValue(700)
  .build();

const fromDefault = () => structOf(CE, { c: "from-default", e: 8 });
const valueOf = (valueSchema: Schema, value: unknown, key: unknown = null) =>
  source({ key, valueSchema, value });

/** Those that `more-transforms.json` has besides. */
export const MORE_INPUTS: Readonly<Record<string, Make>> = {
  types,
  "schemaless-types": schemalessTypes,
  "whole-date": () =>
    source({
      keySchema: INT64_SCHEMA,
      key: 1_700_000_000_123,
      valueSchema: DATE_SCHEMA,
      value: DAY,
    }),
  "whole-time": () =>
    source({ keySchema: OPTIONAL_STRING_SCHEMA, valueSchema: TIME_SCHEMA, value: TIME }),
  "whole-ts": () => valueOf(TIMESTAMP_SCHEMA, MOMENT, 5),
  "whole-ts-null": () => valueOf(OPTIONAL_TIMESTAMP_SCHEMA, null),
  "whole-dec": () => valueOf(decimalSchema(2), Decimal.parse("300.99"), new Float64(2)),
  "whole-int64": () =>
    source({ keySchema: BOOLEAN_SCHEMA, key: true, valueSchema: LONG, value: -1 }),
  "whole-int64-null": () =>
    valueOf(SchemaBuilder.int64().optional().defaultValue(700).build(), null, true),
  "whole-f64": () => valueOf(FLOAT64_SCHEMA, 1e20, "x"),
  "whole-f32": () => valueOf(FLOAT32_SCHEMA, Math.fround(0.1), "2024-02-29"),
  "whole-nan": () => valueOf(FLOAT64_SCHEMA, Number.NaN, 3.7),
  "whole-bytes": () => valueOf(BYTES_SCHEMA, Uint8Array.of(1, 2), Uint8Array.of(3)),
  "whole-string": () => valueOf(OPTIONAL_STRING_SCHEMA, "2024-02-29 13:14:15", [1]),
  "whole-array": () => valueOf(SchemaBuilder.array(INT32_SCHEMA).build(), [1]),
  "schemaless-date": () => source({ value: MOMENT }),
  "schemaless-long": () => source({ value: 1_700_000_000_123 }),
  "schemaless-null": () => source({}),
  "null-struct": () => source({ keySchema: OPTIONAL, valueSchema: OPTIONAL }),
  "nested-null": () => valueOf(NESTED, structOf(NESTED, { plain: fromDefault() })),
  "nested-full": () =>
    valueOf(
      NESTED,
      structOf(NESTED, {
        plain: new Struct(CE),
        on: structOf(CD, { c: "C" }),
        "x.y": structOf(Z, { z: 1 }),
        m: structOf(M, { m2: [fromDefault()] }),
      }),
    ),
  "missing-required": () => valueOf(REQUIRED, new Struct(REQUIRED)),
};
