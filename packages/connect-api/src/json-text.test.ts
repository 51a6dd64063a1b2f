import {
  BYTES_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  Float64,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "./index.ts";
import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";

const NUMBERED = SchemaBuilder.map(INT32_SCHEMA, STRING_SCHEMA).build();
const ROW = SchemaBuilder.struct()
  .field("big", INT64_SCHEMA)
  .field("note", OPTIONAL_STRING_SCHEMA)
  .field("days", SchemaBuilder.array(DATE_SCHEMA).build())
  .build();
const LEAP_DAY = new Date("2024-02-29T00:00:00Z");

test.each<[string, Schema | null, unknown, string]>([
  ["null", null, null, "null"],
  ["a text with line ends", STRING_SCHEMA, "a\r\nb", String.raw`"a\r\nb"`],
  ["true", null, true, "true"],
  ["an integer beyond doubles", INT64_SCHEMA, 9_007_199_254_740_993n, "9007199254740993"],
  ["a float", null, 1.5, "1.5"],
  ["a boxed float", null, new Float64(2), "2"],
  ["no number", null, Number.NaN, '"NaN"'],
  ["a decimal", decimalSchema(2), new Decimal(-12345n, 2), "-123.45"],
  ["bytes", BYTES_SCHEMA, new Uint8Array([1, 2, 255]), '"AQL/"'],
  ["a date", DATE_SCHEMA, LEAP_DAY, '"2024-02-29"'],
  ["a time", TIME_SCHEMA, new Date(3_661_001), '"01:01:01.001Z"'],
  ["a timestamp", TIMESTAMP_SCHEMA, LEAP_DAY, '"2024-02-29T00:00:00.000Z"'],
  ["a list", null, [1, "a", null], '[1,"a",null]'],
  ["an object", null, { a: { b: 1n } }, '{"a":{"b":1}}'],
  ["a map of texts", null, new Map([['"', 1]]), String.raw`{"\"":1}`],
  ["a map of numbers", NUMBERED, new Map([[1, "a"]]), '[[1,"a"]]'],
  [
    "a struct",
    ROW,
    Struct.of(ROW, [2n ** 62n, null, [LEAP_DAY]]),
    '{"big":4611686018427387904,"note":null,"days":["2024-02-29"]}',
  ],
])("%s", (_name, schema, value, text) => {
  expect(jsonText(schema, value)).toBe(text);
});

test("refuses what is no Connect value", () => {
  expect(() => jsonText(null, Symbol("x"))).toThrow("A symbol cannot be written as JSON");
  expect(() => jsonText(null, new URL("http://localhost"))).toThrow("A URL cannot be written");
});
