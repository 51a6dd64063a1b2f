import {
  Decimal,
  decimalSchema,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
  valueEquals,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { AVRO_DATA_CONFIG } from "./config.ts";
import { fromConnectSchema } from "./from-connect-schema.ts";
import { parseAvroSchema } from "./parse-schema.ts";
import { compileReader } from "./reader.ts";
import { avroSchemaText } from "./schema-json.ts";
import { toConnectSchema } from "./to-connect-schema.ts";
import { compileWriter } from "./writer.ts";

const config = (props: Props = {}) => parseConfig(AVRO_DATA_CONFIG, props);

const written = (schema: Schema, props?: Props): unknown =>
  JSON.parse(avroSchemaText(fromConnectSchema(schema, config(props))));

const read = (json: unknown, props?: Props): Schema =>
  toConnectSchema(parseAvroSchema(JSON.stringify(json)), config(props))!;

/** Writes as one schema, and reads by the text of another. */
function transcode(schema: Schema | null, value: unknown, avroText?: string, props?: Props) {
  const avro =
    avroText === undefined ? fromConnectSchema(schema, config(props)) : parseAvroSchema(avroText);
  const out = new ByteWriter();
  compileWriter(schema, avro, config(props))(value, out);
  const again = toConnectSchema(avro, config(props));
  return compileReader(avro, again, config(props))(new ByteReader().open(out.take()));
}

test("a record as Confluent's converter registers it, to the letter", () => {
  const schema = SchemaBuilder.struct()
    .name("com.example.User")
    .version(2)
    .field("id", INT64_SCHEMA)
    .field("small", INT16_SCHEMA)
    .field("tiny", SchemaBuilder.int8().optional().build())
    .field("state", SchemaBuilder.string().optional().defaultValue("new").build())
    .field("price", decimalSchema(2))
    .field("at", TIMESTAMP_SCHEMA)
    .field("inner", SchemaBuilder.struct().field("a", INT32_SCHEMA).optional().build())
    .field("other", SchemaBuilder.struct().field("b", INT32_SCHEMA).build())
    .field("counts", SchemaBuilder.map(INT32_SCHEMA, STRING_SCHEMA).build())
    .build();
  expect(avroSchemaText(fromConnectSchema(schema, config()))).toBe(
    `{"type":"record","name":"User","namespace":"com.example","fields":[` +
      `{"name":"id","type":"long"},` +
      `{"name":"small","type":{"type":"int","connect.type":"int16"}},` +
      `{"name":"tiny","type":["null",{"type":"int","connect.type":"int8"}],"default":null},` +
      `{"name":"state","type":[{"type":"string","connect.default":"new"},"null"],"default":"new"},` +
      `{"name":"price","type":{"type":"bytes","scale":2,"precision":64,"connect.version":1,"connect.parameters":{"scale":"2"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}},` +
      `{"name":"at","type":{"type":"long","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"}},` +
      `{"name":"inner","type":["null",{"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[{"name":"a","type":"int"}]}],"default":null},` +
      `{"name":"other","type":{"type":"record","name":"ConnectDefault2","namespace":"io.confluent.connect.avro","fields":[{"name":"b","type":"int"}]}},` +
      `{"name":"counts","type":{"type":"array","items":{"type":"record","name":"MapEntry","namespace":"io.confluent.connect.avro","fields":[{"name":"key","type":"int"},{"name":"value","type":"string"}]}}}` +
      `],"connect.version":2,"connect.name":"com.example.User"}`,
  );
});

test("one struct used twice is defined once; two structs of one name are refused", () => {
  const point = SchemaBuilder.struct().name("P").field("x", INT32_SCHEMA).build();
  const twice = SchemaBuilder.struct().name("T").field("a", point).field("b", point).build();
  expect(written(twice)).toMatchObject({ fields: [{}, { type: "P" }] });
  const other = SchemaBuilder.struct().name("P").field("y", INT32_SCHEMA).build();
  const clash = SchemaBuilder.struct().name("T").field("a", point).field("b", other).build();
  expect(() => written(clash)).toThrow("Can't redefine: P");
});

test("without metadata only what Avro knows is kept", () => {
  const schema = SchemaBuilder.struct().name("N").doc("d").field("a", INT8_SCHEMA).build();
  expect(written(schema, { "connect.meta.data": "false" })).toEqual({
    type: "record",
    name: "N",
    fields: [{ name: "a", type: "int" }],
  });
});

test("names that Avro does not allow are refused, or scrubbed", () => {
  const schema = SchemaBuilder.struct().name("a-b.C").field("1 x", STRING_SCHEMA).build();
  expect(() => written(schema)).toThrow("Illegal character in: a-b.C");
  const scrubbed = { "scrub.invalid.names": "true" };
  expect(written(schema, scrubbed)).toMatchObject({
    name: "C",
    namespace: "a_b",
    fields: [{ name: "x1_20x" }],
  });
  const value = new Struct(schema).put("1 x", "v");
  expect((transcode(schema, value, undefined, scrubbed) as Struct).values).toEqual(["v"]);
});

test("an enum is a text that knows its symbols, and an enum again where that is asked for", () => {
  const avro = { type: "enum", name: "Suit", namespace: "x", symbols: ["HEARTS", "CLUBS"] };
  const schema = read(avro);
  expect([schema.type, schema.name, [...schema.parameters!]]).toEqual([
    "STRING",
    "x.Suit",
    [
      ["io.confluent.connect.avro.Enum", "x.Suit"],
      ["io.confluent.connect.avro.Enum.HEARTS", "HEARTS"],
      ["io.confluent.connect.avro.Enum.CLUBS", "CLUBS"],
    ],
  ]);
  expect(written(schema)).toMatchObject({ type: "string" });
  const enhanced = { "enhanced.avro.schema.support": "true" };
  expect(written(schema, enhanced)).toMatchObject(avro);
  expect(transcode(schema, "CLUBS", undefined, enhanced)).toBe("CLUBS");
  expect(() => transcode(schema, "SPADES", undefined, enhanced)).toThrow(
    "SPADES, the value of the value, is no symbol",
  );
  const generalized = read(avro, { "generalized.sum.type.support": "true" });
  expect(generalized.parameters?.get("org.apache.kafka.connect.data.Enum.CLUBS")).toBe("1");
});

test("a union of several types is a struct with one field set", () => {
  const avro = [
    "null",
    "int",
    { type: "record", name: "x.R", fields: [{ name: "a", type: "string" }] },
  ];
  const schema = read(avro);
  expect([schema.name, schema.optional]).toEqual(["io.confluent.connect.avro.Union", true]);
  expect(schema.fields.map(({ name }) => name)).toEqual(["int", "R"]);
  const text = JSON.stringify(avro);
  expect(transcode(schema, null, text)).toBeNull();
  const five = new Struct(schema).put("int", 5);
  expect(valueEquals(transcode(schema, five, text), five)).toBe(true);
  const record = schema.field("R")!.schema;
  const r = new Struct(schema).put("R", new Struct(record).put("a", "x"));
  expect(valueEquals(transcode(schema, r, text), r)).toBe(true);
  const enhanced = read(avro, { "enhanced.avro.schema.support": "true" });
  expect(enhanced.fields.map(({ name }) => name)).toEqual(["int", "x.R"]);
  const generalized = read(avro, { "generalized.sum.type.support": "true" });
  expect([generalized.name, generalized.fields.map(({ name }) => name)]).toEqual([
    "connect_union_0",
    ["connect_union_field_0", "connect_union_field_1"],
  ]);
});

test("fixed bytes, decimals of fixed size, and logical types that Connect has not", () => {
  const fixed = read({ type: "fixed", name: "x.F", size: 4 });
  expect([fixed.type, fixed.name, fixed.parameters?.get("connect.fixed.size")]).toEqual([
    "BYTES",
    "x.F",
    "4",
  ]);
  expect(written(fixed)).toMatchObject({ type: "fixed", name: "F", namespace: "x", size: 4 });
  const avro = {
    type: "fixed",
    name: "D",
    size: 6,
    logicalType: "decimal",
    precision: 12,
    scale: 2,
  };
  const decimal = read(avro);
  for (const digits of ["-1.50", "0.00", "9999999999.99"]) {
    const value = Decimal.parse(digits);
    expect(String(transcode(decimal, value, JSON.stringify(avro)))).toBe(digits);
  }
  expect(read({ type: "long", logicalType: "timestamp-micros" }).name).toBeUndefined();
});

test("docs and defaults", () => {
  const schema = read({
    type: "record",
    name: "R",
    doc: "a record",
    fields: [
      { name: "a", type: "int", default: 7, doc: "a field" },
      { name: "b", type: ["null", "string"], default: null },
      { name: "c", type: { type: "array", items: "string" }, default: ["x"] },
      { name: "d", type: { type: "map", values: "bytes" }, default: { k: "\u00ff" } },
      { name: "e", type: "long", default: 0 },
    ],
  });
  expect(schema.doc).toBe("a record");
  expect(schema.parameters?.get("io.confluent.connect.avro.record.doc")).toBe("a record");
  expect(schema.parameters?.get("io.confluent.connect.avro.field.doc.a")).toBe("a field");
  const [a, b, c, d] = schema.fields.map((field) => field.schema);
  expect([a?.defaultValue, a?.doc, b?.defaultValue, b?.optional, c?.defaultValue]).toEqual([
    7,
    "a field",
    undefined,
    true,
    ["x"],
  ]);
  expect(d?.defaultValue).toEqual(new Map([["k", Buffer.from([255])]]));
  expect(written(schema)).toMatchObject({
    fields: [{ default: 7, doc: "a field" }, {}, {}, { default: { k: "ÿ" } }, {}],
  });
});

test("defaults of 64 bits are exact", () => {
  const schema = SchemaBuilder.int64().defaultValue(9007199254740993n).build();
  const record = SchemaBuilder.struct().name("R").field("a", schema).build();
  const text = avroSchemaText(fromConnectSchema(record, config()));
  expect(text).toContain('"default":9007199254740993');
  expect(toConnectSchema(parseAvroSchema(text), config())?.equals(record)).toBe(true);
});

test("a later version of the schema: fields go by name, new ones take their defaults", () => {
  const schema = SchemaBuilder.struct()
    .name("R")
    .field("a", INT32_SCHEMA)
    .field("b", STRING_SCHEMA)
    .build();
  const later = JSON.stringify({
    type: "record",
    name: "R",
    fields: [
      { name: "b", type: ["null", "string"], default: null },
      { name: "c", type: "string", default: "?" },
      { name: "a", type: "long" },
    ],
  });
  const value = transcode(schema, new Struct(schema).put("a", 1).put("b", "x"), later);
  expect((value as Struct).values).toEqual(["x", "?", 1]);
  const without = JSON.stringify({
    type: "record",
    name: "R",
    fields: [{ name: "z", type: "int" }],
  });
  expect(() => transcode(schema, new Struct(schema), without)).toThrow(
    "the field z of R, which the data has not, and no default",
  );
  const narrower = JSON.stringify({
    type: "record",
    name: "R",
    fields: [{ name: "b", type: "int" }],
  });
  expect(() => transcode(schema, new Struct(schema), narrower)).toThrow(
    "STRING, the type of field b, cannot be written as Avro's int",
  );
});

test("nulls: the default stands in, or the null stays", () => {
  const optional = SchemaBuilder.string().optional().defaultValue("d").build();
  const schema = SchemaBuilder.struct().name("R").field("a", optional).build();
  const none = new Struct(schema);
  expect((transcode(schema, none) as Struct).values).toEqual(["d"]);
  const keeping = { "ignore.default.for.nullables": "true" };
  expect((transcode(schema, none, undefined, keeping) as Struct).values).toEqual([null]);
  const required = SchemaBuilder.struct().name("R").field("a", STRING_SCHEMA).build();
  expect(() => transcode(required, new Struct(required))).toThrow("null value for field a");
});

test("data without schema goes as Anything", () => {
  const value = { a: [1, "x", null, true, 1.5], b: { c: Buffer.from("y") }, d: 2n ** 60n };
  expect(transcode(null, value)).toEqual(value);
  expect(transcode(null, null)).toBeNull();
  const numbered = new Map<unknown, unknown>([
    ["7", 1],
    ["__proto__", 2],
  ]);
  expect(transcode(null, numbered)).toEqual(numbered);
  expect(() => transcode(null, new Date())).toThrow("does not have corresponding schema type");
});

test.for([
  ["{", "is no JSON"],
  [
    '{"type":"record","name":"R","fields":[{"name":"a","type":"Unknown"}]}',
    "uses the type Unknown",
  ],
  ['{"type":"record","name":"R"}', "a record without fields"],
  ['[["int"]]', "a union within a union"],
  ['{"type":"fixed","name":"F"}', "no size"],
  ["7", "no schema at 7"],
])("the schema %s is refused", ([text, why]) => {
  expect(() => parseAvroSchema(text!)).toThrow(why);
});

test("a record that contains itself is refused by name", () => {
  const list = {
    type: "record",
    name: "List",
    fields: [{ name: "next", type: ["null", "List"], default: null }],
  };
  expect(() => read(list)).toThrow("List contains itself");
});

test("types of a referenced schema", () => {
  const address = '{"type":"record","name":"x.Address","fields":[{"name":"zip","type":"int"}]}';
  const user = '{"type":"record","name":"x.User","fields":[{"name":"home","type":"Address"}]}';
  const schema = toConnectSchema(parseAvroSchema(user, [address]), config())!;
  expect(schema.field("home")?.schema.field("zip")?.schema).toEqual(INT32_SCHEMA);
  expect(OPTIONAL_STRING_SCHEMA.equals(read(["null", "string"]))).toBe(true);
});
