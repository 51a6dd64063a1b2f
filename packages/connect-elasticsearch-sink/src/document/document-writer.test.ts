import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  Float64,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { DocumentWriter } from "./document-writer.ts";

const writer = new DocumentWriter(true);

describe("with schema", () => {
  test.each([
    ["INT8", INT8_SCHEMA, -128, "-128"],
    ["INT64", INT64_SCHEMA, 42, "42"],
    ["INT64 beyond 2^53", INT64_SCHEMA, 9_223_372_036_854_775_807n, "9223372036854775807"],
    ["FLOAT32", FLOAT32_SCHEMA, Math.fround(0.1), "0.1"],
    ["FLOAT64, whole", FLOAT64_SCHEMA, 3, "3.0"],
    ["FLOAT64, large", FLOAT64_SCHEMA, 1e21, "1.0E21"],
    ["FLOAT64, not a number", FLOAT64_SCHEMA, NaN, '"NaN"'],
    ["BOOLEAN", BOOLEAN_SCHEMA, true, "true"],
    ["STRING", STRING_SCHEMA, 'a"\n\u2028é€😀', JSON.stringify('a"\n\u2028é€😀')],
    ["BYTES", BYTES_SCHEMA, Buffer.from([0, 255, 16]), '"AP8Q"'],
    ["Decimal", decimalSchema(2), Decimal.parse("12.30"), "12.3"],
    ["Decimal, whole", decimalSchema(0), Decimal.parse("7"), "7.0"],
    ["Date", DATE_SCHEMA, new Date("1970-01-11T00:00:00Z"), "10"],
    ["Date before 1970", DATE_SCHEMA, new Date("1969-12-31T00:00:00Z"), "-1"],
    ["Time", TIME_SCHEMA, new Date(3_600_000), "3600000"],
    ["Timestamp", TIMESTAMP_SCHEMA, new Date(1_700_000_000_123), "1700000000123"],
    ["ARRAY", SchemaBuilder.array(OPTIONAL_INT32_SCHEMA).build(), [1, null, 3], "[1,null,3]"],
  ])("%s", (_name, schema, value, text) => {
    expect(writer.write(schema, value)).toBe(text);
  });

  test("a struct of structs, with nulls and defaults", () => {
    const inner = SchemaBuilder.struct()
      .optional()
      .field("note", OPTIONAL_STRING_SCHEMA)
      .field("level", SchemaBuilder.int32().optional().defaultValue(3).build())
      .build();
    const outer = SchemaBuilder.struct()
      .field("id", INT32_SCHEMA)
      .field('odd "name"', STRING_SCHEMA)
      .field("inner", inner)
      .field("none", inner)
      .build();
    const value = new Struct(outer)
      .put("id", 1)
      .put('odd "name"', "x")
      .put("inner", new Struct(inner));
    expect(JSON.parse(writer.write(outer, value))).toEqual({
      id: 1,
      'odd "name"': "x",
      inner: { note: null, level: 3 },
      none: null,
    });
  });

  test("a map with text keys is an object, or a list where that is asked for", () => {
    const schema = SchemaBuilder.map(STRING_SCHEMA, INT32_SCHEMA).build();
    const value = new Map([
      ["a", 1],
      ["b", 2],
    ]);
    expect(writer.write(schema, value)).toBe('{"a":1,"b":2}');
    expect(new DocumentWriter(false).write(schema, value)).toBe(
      '[{"key":"a","value":1},{"key":"b","value":2}]',
    );
  });

  test("a map with other keys is a list either way", () => {
    const schema = SchemaBuilder.map(INT32_SCHEMA, STRING_SCHEMA).build();
    expect(writer.write(schema, new Map([[7, "x"]]))).toBe('[{"key":7,"value":"x"}]');
  });

  test("a struct of an equal schema object is taken, one of another schema is not", () => {
    const schema = () => SchemaBuilder.struct().field("a", INT32_SCHEMA).build();
    const other = SchemaBuilder.struct().field("b", INT32_SCHEMA).build();
    expect(writer.write(schema(), new Struct(schema()).put("a", 1))).toBe('{"a":1}');
    expect(() => writer.write(schema(), new Struct(other).put("b", 1))).toThrow(
      "Mismatching schema.",
    );
  });

  test("what does not fit is named with its path", () => {
    const inner = SchemaBuilder.struct().field("count", INT32_SCHEMA).build();
    const outer = SchemaBuilder.struct().field("inner", inner).build();
    const missing = Struct.of(outer, [Struct.of(inner, [null])]);
    expect(() => writer.write(outer, missing)).toThrow(
      "Field inner: Field count: Conversion error: null value for field that is required",
    );
    const wrong = Struct.of(outer, [Struct.of(inner, ["three"])]);
    expect(() => writer.write(outer, wrong)).toThrow(
      "Field inner: Field count: A java.lang.String does not fit Schema{INT32}",
    );
  });
});

describe("without schema", () => {
  test.each([
    ["null", null, "null"],
    ["text", "a", '"a"'],
    ["whole number", 5, "5"],
    ["boxed float", new Float64(5), "5.0"],
    ["fraction", 5.25, "5.25"],
    ["bigint", 2n ** 63n - 1n, "9223372036854775807"],
    ["bytes", Buffer.from("hi"), '"aGk="'],
    ["date", new Date(12), "12"],
    ["decimal", Decimal.parse("1.50"), "1.5"],
    ["list", [1, [true], {}], "[1,[true],{}]"],
    ["map with text keys", new Map([["a", new Map([["b", null]])]]), '{"a":{"b":null}}'],
    ["map with other keys", new Map([[1, "a"]]), '[[1,"a"]]'],
    ["object", { a: undefined, "b c": [null] }, '{"a":null,"b c":[null]}'],
  ])("%s", (_name, value, text) => {
    expect(writer.write(null, value)).toBe(text);
  });

  test("what no document can hold is refused", () => {
    expect(() => writer.write(null, { f: () => 1 })).toThrow(
      "A function cannot be part of a document",
    );
  });
});
