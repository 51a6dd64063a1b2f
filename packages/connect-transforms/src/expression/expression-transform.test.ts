import {
  BOOLEAN_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT64_SCHEMA,
  Float64,
  Headers,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  type RecordParts,
  type Schema,
  SchemaBuilder,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { ExpressionKey, ExpressionValue } from "./expression-transform.ts";

function recordOf(parts: Partial<RecordParts>): SourceRecord {
  return new SourceRecord({ topic: "t", sourcePartition: {}, sourceOffset: null, ...parts });
}

function value(props: Props): ExpressionValue {
  const transform = new ExpressionValue();
  transform.configure(props);
  return transform;
}

const ORDER = SchemaBuilder.struct()
  .name("Order")
  .version(2)
  .field("id", INT64_SCHEMA)
  .field("price", FLOAT64_SCHEMA)
  .field("count", INT32_SCHEMA)
  .field("note", OPTIONAL_STRING_SCHEMA)
  .build();

const struct = (...values: readonly unknown[]) => Struct.of(ORDER, [...values]);

/** The value of a record with a schema, after the transform. */
function applied(transform: ExpressionValue, given: Struct): Struct {
  const result = transform.apply(recordOf({ valueSchema: given.schema, value: given }))!;
  expect((result.value as Struct).schema).toBe(result.valueSchema);
  (result.value as Struct).validate();
  return result.value as Struct;
}

describe("fields", () => {
  test("are added to structs, with the types of their results", () => {
    const transform = value({
      fields:
        "{'total': value.price * value.count, 'next': value.id + 1, 'label': 'no ' + string(value.id), 'free': value.price == 0.0, 'copy': value.note}",
    });
    const result = applied(transform, struct(9_007_199_254_740_993n, 2.5, 2, "n"));
    expect(
      result.schema.equals(
        SchemaBuilder.struct()
          .name("Order")
          .version(2)
          .field("id", INT64_SCHEMA)
          .field("price", FLOAT64_SCHEMA)
          .field("count", INT32_SCHEMA)
          .field("note", OPTIONAL_STRING_SCHEMA)
          .field("total", OPTIONAL_FLOAT64_SCHEMA)
          .field("next", OPTIONAL_INT64_SCHEMA)
          .field("label", OPTIONAL_STRING_SCHEMA)
          .field("free", SchemaBuilder.bool().optional().build())
          .field("copy", OPTIONAL_STRING_SCHEMA)
          .build(),
      ),
    ).toBe(true);
    expect(result.values).toEqual([
      9_007_199_254_740_993n,
      2.5,
      2,
      "n",
      5,
      9_007_199_254_740_994n,
      "no 9007199254740993",
      false,
      "n",
    ]);
  });

  test("are replaced where they stand, and all see the record as it was", () => {
    const transform = value({
      fields: "{'count': value.price, 'price': value.count}",
      types: "count:float64!,price:int32!",
    });
    const result = applied(transform, struct(1, 2.5, 4, null));
    expect(result.values).toEqual([1, 4, 2.5, null]);
    expect(result.schema.fields.map(({ name, schema }) => `${name} ${schema.type}`)).toEqual([
      "id INT64",
      "price INT32",
      "count FLOAT64",
      "note STRING",
    ]);
    expect(result.schema.field("count")!.schema.optional).toBe(false);
  });

  test("are set in data without schema", () => {
    const transform = value({
      fields:
        "{'total': value.price * value.count, 'whole': 2.0, 'big': value.id + 1, 'list': [1, 2.5, {'a': null}], 'when': timestamp('2024-01-01T00:00:00Z'), 'note': null}",
    });
    const given = { id: 9_007_199_254_740_993n, price: 2.5, count: 3 };
    const result = transform.apply(recordOf({ value: given }))!;
    expect(result.valueSchema).toBeNull();
    expect(result.value).toEqual({
      ...given,
      total: 7.5,
      whole: new Float64(2),
      big: 9_007_199_254_740_994n,
      list: [1, 2.5, { a: null }],
      when: Date.UTC(2024, 0, 1),
      note: null,
    });
    expect(given).not.toHaveProperty("total");
  });

  test("with names that objects cannot hold in order make a map", () => {
    const transform = value({ fields: "{'7': 1, '__proto__': 2}" });
    expect(transform.apply(recordOf({ value: { a: 0 } }))!.value).toEqual(
      new Map([
        ["a", 0],
        ["7", 1],
        ["__proto__", 2],
      ]),
    );
  });

  test("are nothing that a tombstone has", () => {
    const record = recordOf({ valueSchema: ORDER, value: null });
    expect(value({ fields: "{'a': 1}" }).apply(record)).toBe(record);
  });

  test("need a struct or a map", () => {
    const transform = value({ fields: "{'a': 1}" });
    expect(() => transform.apply(recordOf({ value: "text" }))).toThrow(
      "Only Map objects supported in absence of schema for [setting fields by expressions]",
    );
    expect(() => transform.apply(recordOf({ value: "text", valueSchema: STRING_SCHEMA }))).toThrow(
      "Only Struct objects supported for [setting fields by expressions]",
    );
  });
});

describe("the type of a field", () => {
  const UNTYPED = { fields: "{'f': value.note == 'int' ? 1 : value.note == 'null' ? null : 'x'}" };

  test("is that of its first result, for all records of the schema", () => {
    const transform = value(UNTYPED);
    const first = applied(transform, struct(1, 1, 1, "int"));
    const second = applied(transform, struct(1, 1, 1, "null"));
    expect(second.schema).toBe(first.schema);
    expect(second.get("f")).toBeNull();
    expect(() => applied(transform, struct(1, 1, 1, "other"))).toThrow(
      "The expression of f failed: it gives a string, which is no int64; declare its type with the key types. It is: {",
    );
  });

  test("is not told by null", () => {
    expect(() => applied(value(UNTYPED), struct(1, 1, 1, "null"))).toThrow(
      "it gives null, which does not tell what it is: declare its type",
    );
  });

  test("takes an int where the first result was a double", () => {
    const transform = value({ fields: "{'f': value.count > 1 ? dyn(value.count) : dyn(0.5)}" });
    expect(applied(transform, struct(1, 1, 1, null)).get("f")).toBe(0.5);
    expect(applied(transform, struct(1, 1, 7, null)).get("f")).toBe(7);
  });

  test("is that of the part of the record that it is, null or not", () => {
    const inner = SchemaBuilder.struct().optional().name("Inner").field("a", INT32_SCHEMA).build();
    const schema = SchemaBuilder.struct()
      .field("inner", inner)
      .field("at", TIMESTAMP_SCHEMA)
      .field("amount", decimalSchema(2))
      .build();
    const transform = value({
      fields: "{'i': value.inner, 'when': value.at, 'sum': value.amount}",
    });
    const values = [null, new Date(5), new Decimal(5n, 2)];
    const empty = applied(transform, Struct.of(schema, values));
    const full = applied(transform, Struct.of(schema, [Struct.of(inner, [1]), ...values.slice(1)]));
    expect(empty.schema).toBe(full.schema);
    expect(full.schema.field("i")!.schema).toBe(inner);
    expect(full.values.slice(3)).toEqual([full.values[0], ...values.slice(1)]);
  });

  test("is that of a part of the record that was chosen", () => {
    const row = SchemaBuilder.struct().optional().name("Row").field("a", INT32_SCHEMA).build();
    const schema = SchemaBuilder.struct().field("before", row).field("after", row).build();
    const transform = value({ expression: "value.after == null ? value.before : value.after" });
    const before = Struct.of(row, [1]);
    const record = recordOf({ valueSchema: schema, value: Struct.of(schema, [before, null]) });
    expect(transform.apply(record)).toMatchObject({ value: before, valueSchema: row });
  });

  test("of lists and maps is made of their elements", () => {
    const transform = value({
      fields: "{'l': [1, 2.5], 'n': [[1], []].filter(x, x != []), 'm': {'a': 1, 'b': {'c': 'x'}}}",
    });
    const result = applied(transform, struct(1, 1, 1, null));
    expect(String(result)).toContain("l=[1.0, 2.5],n=[[1]],m=Struct{a=1,b=Struct{c=x}}");
    expect(result.schema.field("m")!.schema.type).toBe("STRUCT");
  });

  test.for([
    ["[]", "nothing tells what its list is of"],
    ["[1, 'a']", "it gives a list of unlike elements"],
    ["duration('1h')", "it gives a duration, which has no type in Connect"],
    ["{1: 'a'}", "it gives a map with keys that are no texts"],
    ["{'a': null}", "nothing tells what a is, which is null"],
  ])("cannot be found for %s", ([text, why]) => {
    const transform = value({ fields: `{'f': ${text!}}` });
    expect(() => applied(transform, struct(1, 1, 1, null))).toThrow(
      `The expression of f failed: ${why!}; declare its type with the key types`,
    );
  });
});

describe("a declared type", () => {
  const DATE = new Date("2024-01-02T00:00:00Z");

  test.for<[type: string, text: string, withSchema: unknown, without: unknown]>([
    ["int8", "-128", -128, -128],
    ["INT16", "32767", 32_767, 32_767],
    ["int32", "3.0", 3, 3],
    ["int64", "9007199254740993", 9_007_199_254_740_993n, 9_007_199_254_740_993n],
    ["int64", "uint(5)", 5, 5],
    ["float32", "0.1", Math.fround(0.1), Math.fround(0.1)],
    ["float64", "2", 2, new Float64(2)],
    ["float64", "0.5", 0.5, 0.5],
    ["boolean", "1 == 1", true, true],
    ["string", "'x'", "x", "x"],
    ["bytes", "b'x'", new Uint8Array([120]), new Uint8Array([120])],
    ["timestamp", "timestamp('2024-01-02T00:00:00Z')", DATE, DATE.getTime()],
    ["date", "timestamp('2024-01-02T00:00:00Z')", DATE, DATE.getTime()],
    ["time", "timestamp('1970-01-01T00:00:01Z')", new Date(1000), 1000],
    ["array(float64)", "[1, 2.5, null]", [1, 2.5, null], [new Float64(1), 2.5, null]],
    [
      "map(string)",
      "{'a': 'b', 'c': null}",
      new Map([
        ["a", "b"],
        ["c", null],
      ]),
      { a: "b", c: null },
    ],
    ["array(map(int8))", "[{'a': 1}]", [new Map([["a", 1]])], [{ a: 1 }]],
  ])("%s of %s", ([types, expression, withSchema, without]) => {
    const transform = value({ expression, types });
    const result = transform.apply(recordOf({ valueSchema: ORDER, value: struct(1, 1, 1, "") }))!;
    expect(result.value).toEqual(withSchema);
    expect(
      new Struct(SchemaBuilder.struct().field("f", result.valueSchema!).build()).put(
        "f",
        result.value,
      ),
    ).toBeDefined();
    expect(transform.apply(recordOf({ value: {} }))).toMatchObject({ valueSchema: null });
    expect(transform.apply(recordOf({ value: {} }))!.value).toEqual(without);
  });

  test.for([
    ["decimal(2)", "'1.5'", "1.50"],
    ["decimal(2)", "12", "12.00"],
    ["decimal(1)", "0.1", "0.1"],
    ["decimal(0)", "'123456789012345678901234567890'", "123456789012345678901234567890"],
  ])("%s of %s", ([types, expression, plain]) => {
    const transform = value({ expression: expression!, types: types! });
    const result = transform.apply(recordOf({ valueSchema: ORDER, value: struct(1, 1, 1, "") }))!;
    expect((result.value as Decimal).toPlainString()).toBe(plain);
    expect(() => transform.apply(recordOf({ value: {} }))).toThrow("needs data with a schema");
  });

  test.for([
    ["int8", "128", "it gives the int 128, which is no int8"],
    ["int64", "0.5", "it gives the double 0.5, which is no int64"],
    ["int32", "'5'", "it gives a string, which is no int32"],
    ["float32", "1e300", "it gives the double 1e+300, which is no float32"],
    ["float64", "9007199254740993", "an int is too large to be a double exactly"],
    ["string", "5", "it gives the int 5, which is no string; string() makes one of it"],
    ["boolean", "'true'", "it gives a string, which is no boolean"],
    ["bytes", "'a'", "it gives a string, which is no bytes"],
    ["timestamp", "5", "it gives the int 5, which is no timestamp; timestamp() makes one of it"],
    [
      "date",
      "timestamp('2024-01-02T00:00:01Z')",
      "it gives a timestamp, which is no date, since it has a time of day",
    ],
    ["time", "timestamp('2024-01-02T00:00:01Z')", "it gives a timestamp, which is no time"],
    ["array(int8)", "5", "it gives the int 5, which is no list"],
    ["array(int8)", "[1, 'x']", "it gives a string, which is no int8"],
    ["map(int8)", "{1: 1}", "it gives a map with keys that are no texts"],
    ["int8!", "null", "it gives null, but int8 is required"],
  ])("%s is not what %s gives", ([types, expression, why]) => {
    const transform = value({ expression: expression!, types: types! });
    for (const parts of [{ valueSchema: ORDER, value: struct(1, 1, 1, "") }, { value: {} }]) {
      const failing = () => transform.apply(recordOf(parts));
      expect(failing).toThrow(expect.objectContaining({ name: "DataError" }));
      expect(failing).toThrow(`The expression failed: ${why!}`);
    }
  });

  test("decimal loses no digits", () => {
    const transform = value({ expression: "'1.25'", types: "decimal(1)" });
    const record = recordOf({ valueSchema: ORDER, value: struct(1, 1, 1, "") });
    expect(() => transform.apply(record)).toThrow(
      "it gives a string, which is no decimal(1) without losing digits",
    );
  });

  test("is known before the first value", () => {
    const transform = value({ fields: "{'f': null}", types: "f:int32" });
    expect(applied(transform, struct(1, 1, 1, null)).schema.field("f")!.schema.type).toBe("INT32");
  });
});

describe("expression", () => {
  test("of a map makes a struct of it", () => {
    const transform = value({
      expression: "{'id': value.id, 'name': has(value.note) ? value.note : 'none'}",
    });
    const result = applied(transform, struct(5, 1, 1, null));
    expect(String(result)).toBe("Struct{id=5,name=none}");
    expect(result.schema.field("id")!.schema).toBe(INT64_SCHEMA);
    expect(applied(transform, struct(6, 1, 1, "x")).schema).toBe(result.schema);
    expect(transform.apply(recordOf({ value: { id: 5, note: "x" } }))!.value).toEqual({
      id: 5,
      name: "x",
    });
  });

  test("hands on a part of the record as it is", () => {
    const list = [1, { a: 2 }];
    const result = value({ expression: "value.list" }).apply(recordOf({ value: { list } }))!;
    expect(result).toMatchObject({ value: list, valueSchema: null });
    expect(result.value).toBe(list);
  });

  test("makes a key where there was none, with a schema if the value has one", () => {
    const transform = new ExpressionKey();
    transform.configure({ expression: "value.id" });
    const withSchema = transform.apply(
      recordOf({ valueSchema: ORDER, value: struct(5, 1, 1, "") }),
    )!;
    expect(withSchema).toMatchObject({ key: 5, keySchema: INT64_SCHEMA, valueSchema: ORDER });
    expect(transform.apply(recordOf({ value: { id: 5 } }))).toMatchObject({
      key: 5,
      keySchema: null,
    });
  });

  test("makes a value of a key", () => {
    const record = recordOf({
      keySchema: STRING_SCHEMA,
      key: "k",
      headers: new Headers().addString("h", "v"),
    });
    const result = value({ expression: "key + headers.h" }).apply(record)!;
    expect(result).toMatchObject({ value: "kv", key: "k" });
    expect(result.valueSchema!.equals(OPTIONAL_STRING_SCHEMA)).toBe(true);
  });

  test("of null is a tombstone, or drops the record", () => {
    const record = recordOf({ valueSchema: ORDER, value: struct(1, 1, 1, null) });
    const props = { expression: "has(value.note) ? value.note : null", types: "string" };
    expect(value(props).apply(record)!.value).toBeNull();
    const dropping = value({ ...props, "drop.null": "true" });
    expect(dropping.apply(record)).toBeNull();
    expect(dropping.apply(recordOf({ value: { note: "x" } }))!.value).toBe("x");
    expect(dropping.apply(recordOf({ value: {} }))).toBeNull();
  });

  test("keeps what else the record has", () => {
    const record = new SourceRecord({
      topic: "t",
      kafkaPartition: 2,
      timestamp: 7,
      key: "k",
      value: { a: 1 },
      sourcePartition: { p: 1 },
      sourceOffset: { o: 2 },
      headers: new Headers().addString("h", "v"),
    });
    const result = value({ expression: "1" }).apply(record) as SourceRecord;
    expect(result).toMatchObject({
      topic: "t",
      kafkaPartition: 2,
      timestamp: 7,
      key: "k",
      value: 1,
    });
    expect(result).toMatchObject({ sourcePartition: { p: 1 }, sourceOffset: { o: 2 } });
    expect([...result.headers]).toEqual([...record.headers]);
  });
});

test("equal schemas lead to the identical schema, others to their own", () => {
  const transform = value({ fields: "{'f': value.a}" });
  const make = (schema: Schema) => SchemaBuilder.struct().field("a", schema).build();
  const result = (schema: Schema, a: unknown) => applied(transform, Struct.of(schema, [a])).schema;
  const first = result(make(INT64_SCHEMA), 1);
  expect(result(make(INT64_SCHEMA), 2)).toBe(first);
  expect(result(make(BOOLEAN_SCHEMA), true).field("f")!.schema).toBe(BOOLEAN_SCHEMA);
});

describe("a configuration is refused", () => {
  test.for<[Props, string]>([
    [{}, "configuration expression: set this, or fields"],
    [{ fields: "{'a': 1}", expression: "1" }, "set either this or fields, not both"],
    [{ fields: "{'a': valu.b}" }, "configuration fields: line 1, column 7: unknown variable valu"],
    [{ fields: "value" }, "configuration fields: it must be a map"],
    [{ expression: "1 +" }, "configuration expression: line 1, column"],
    [{ expression: "1", types: "int9" }, "configuration types: unknown type int9; there are int8"],
    [{ expression: "1", types: "array(int9)" }, "unknown type array(int9)"],
    [{ expression: "1", types: "decimal(1001)" }, "unknown type decimal(1001)"],
    [{ expression: "{'a': 1}", types: "int8,a:int8" }, "a:int8: there is one result"],
    [{ expression: "1", types: "a:int8" }, "a:int8: there is one result, so write the type alone"],
    [{ fields: "{'a': 1}", types: "int8" }, "there are a, so write name:type"],
    [{ fields: "{'a': 1}", types: "b:int8" }, "there is no such result; there are a"],
    [{ expression: "1", "drop.null": "perhaps" }, "Expected value to be either true or false"],
  ])("%o", ([props, problem]) => {
    expect(() => value(props)).toThrow(expect.objectContaining({ name: "ConfigError" }));
    expect(() => value(props)).toThrow(problem);
  });
});
