import {
  BOOLEAN_SCHEMA,
  daysToDate,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

const POINT = SchemaBuilder.struct()
  .name("com.example.Point")
  .field("x", OPTIONAL_INT32_SCHEMA)
  .field("label", STRING_SCHEMA)
  .optional()
  .build();

export const EDGES = SchemaBuilder.struct()
  .name("com.example.Edges")
  .field("i8", INT8_SCHEMA)
  .field("i16", INT16_SCHEMA)
  .field("i32", INT32_SCHEMA)
  .field("i64", INT64_SCHEMA)
  .field("optional64", OPTIONAL_INT64_SCHEMA)
  .field("f32", FLOAT32_SCHEMA)
  .field("f64", FLOAT64_SCHEMA)
  .field("flag", BOOLEAN_SCHEMA)
  .field("text", OPTIONAL_STRING_SCHEMA)
  .field("raw", SchemaBuilder.bytes().optional().build())
  .field("small", decimalSchema(2, { precision: 9 }))
  .field("money", decimalSchema(4, { precision: 18 }))
  .field("huge", decimalSchema(10, { precision: 38, optional: true }))
  .field("day", DATE_SCHEMA)
  .field("time", TIME_SCHEMA)
  .field("at", TIMESTAMP_SCHEMA)
  .field("list", SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).build())
  .field("lists", SchemaBuilder.array(SchemaBuilder.array(INT64_SCHEMA).build()).optional().build())
  .field("map", SchemaBuilder.map(STRING_SCHEMA, OPTIONAL_INT64_SCHEMA).build())
  .field("point", POINT)
  .field("points", SchemaBuilder.array(POINT).optional().build())
  .build();

const point = (x: number | null, label: string) => Struct.of(POINT, [x, label]);
const max38 = Decimal.parse("9999999999999999999999999999.9999999999");

export const EDGE_ROWS: readonly Struct[] = [
  Struct.of(EDGES, [
    -128,
    -32_768,
    -(2 ** 31),
    -(2n ** 63n),
    2n ** 63n - 1n,
    -0.5,
    5e-324,
    true,
    "ünïcödé \u0000 😀",
    Buffer.from([0, 255]),
    Decimal.parse("-9999999.99"),
    Decimal.parse("-99999999999999.9999"),
    max38,
    daysToDate(-141_427),
    new Date(0),
    new Date(-1),
    [],
    [[], [1, 2n ** 60n]],
    new Map(),
    null,
    [point(1, "a"), null, point(null, "")],
  ]),
  Struct.of(EDGES, [
    127,
    32_767,
    2 ** 31 - 1,
    2n ** 63n - 1n,
    null,
    3.5,
    -1.7976931348623157e308,
    false,
    null,
    null,
    Decimal.parse("0.01"),
    Decimal.parse("0.0000"),
    null,
    daysToDate(2_932_896),
    new Date(86_399_999),
    new Date(253_402_300_799_999),
    ["", null, "x", null],
    null,
    new Map<string, number | bigint | null>([
      ["", null],
      ["k", -(2n ** 63n)],
      ["ä", 0],
    ]),
    point(-1, "p"),
    [],
  ]),
  Struct.of(EDGES, [
    0,
    0,
    0,
    0,
    -1,
    0,
    0.1,
    true,
    "",
    Buffer.alloc(0),
    Decimal.parse("0.00"),
    Decimal.parse("12.3400"),
    Decimal.parse("-0.0000000001"),
    daysToDate(0),
    new Date(1),
    new Date(1_700_000_000_123),
    [null],
    [],
    new Map([["only", 9007199254740993n]]),
    point(null, "q"),
    null,
  ]),
];

/** As the readers of `read_files.py` print them. */
export const EDGE_ROWS_PRINTED = [
  {
    i8: -128,
    i16: -32_768,
    i32: -2_147_483_648,
    i64: "-9223372036854775808",
    optional64: "9223372036854775807",
    f32: -0.5,
    f64: 5e-324,
    flag: true,
    text: "ünïcödé \u0000 😀",
    raw: "0x00ff",
    small: "-9999999.99",
    money: "-99999999999999.9999",
    huge: "9999999999999999999999999999.9999999999",
    day: "1582-10-15",
    time: "00:00:00.000",
    at: "1969-12-31T23:59:59.999",
    list: [],
    lists: [[], [1, "1152921504606846976"]],
    map: {},
    point: null,
    points: [{ x: 1, label: "a" }, null, { x: null, label: "" }],
  },
  {
    i8: 127,
    i16: 32_767,
    i32: 2_147_483_647,
    i64: "9223372036854775807",
    optional64: null,
    f32: 3.5,
    f64: -1.7976931348623157e308,
    flag: false,
    text: null,
    raw: null,
    small: "0.01",
    money: "0.0000",
    huge: null,
    day: "9999-12-31",
    time: "23:59:59.999",
    at: "9999-12-31T23:59:59.999",
    list: ["", null, "x", null],
    lists: null,
    map: { "": null, k: "-9223372036854775808", ä: 0 },
    point: { x: -1, label: "p" },
    points: [],
  },
  {
    i8: 0,
    i16: 0,
    i32: 0,
    i64: 0,
    optional64: -1,
    f32: 0,
    f64: 0.1,
    flag: true,
    text: "",
    raw: "0x",
    small: "0.00",
    money: "12.3400",
    huge: "-0.0000000001",
    day: "1970-01-01",
    time: "00:00:00.001",
    at: "2023-11-14T22:13:20.123",
    list: [null],
    lists: [],
    map: { only: "9007199254740993" },
    point: { x: null, label: "q" },
    points: null,
  },
];
