import { ByteReader, ByteWriter } from "@millrace/avro-data";
import {
  Decimal,
  decimalSchema,
  FLOAT64_SCHEMA,
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
import { JSON_SCHEMA_CONFIG } from "./config.ts";
import { JsonSchemaFormat } from "./json-schema-format.ts";

const format = (props: Props = {}) => new JsonSchemaFormat(parseConfig(JSON_SCHEMA_CONFIG, props));

function jsonOf(schema: Schema | null, value: unknown, props?: Props): string {
  const out = new ByteWriter();
  out.begin();
  const one = format(props);
  one.writer(schema, one.translate(schema), [], false)(value, out);
  return out.take().toString();
}

/** What a reader who has the schema's text makes of a message. */
function read(schemaText: string, json: string, props?: Props, references: string[][] = []) {
  const decoder = format(props).decoder(
    { kind: "JSON", text: schemaText, references: [] },
    references.map(([name, text]) => ({ name: name!, text: text! })),
    undefined,
  );
  const value = decoder.read(new ByteReader().open(Buffer.from(json)));
  return { schema: decoder.schema, value };
}

const POINT = SchemaBuilder.struct().name("P").field("x", INT8_SCHEMA).build();

const EVERYTHING = SchemaBuilder.struct()
  .name("com.example.Everything")
  .version(3)
  .doc("all of it")
  .field("zid", INT64_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("state", SchemaBuilder.string().optional().defaultValue("new").build())
  .field("price", decimalSchema(2))
  .field("at", TIMESTAMP_SCHEMA)
  .field("raw", SchemaBuilder.bytes().build())
  .field("ratio", FLOAT64_SCHEMA)
  .field("points", SchemaBuilder.array(POINT).build())
  .field("tags", SchemaBuilder.map(STRING_SCHEMA, OPTIONAL_STRING_SCHEMA).build())
  .field("counts", SchemaBuilder.map(INT32_SCHEMA, STRING_SCHEMA).optional().build())
  .build();

const everything = new Struct(EVERYTHING)
  .put("zid", 9007199254740993n)
  .put("name", null)
  .put("price", Decimal.parse("-12345678901234567890.12"))
  .put("at", new Date(1_700_000_000_123))
  .put("raw", Buffer.from([0, 255]))
  .put("ratio", 0.1)
  .put("points", [new Struct(POINT).put("x", -1)])
  .put("tags", new Map([["ä", null]]))
  .put("counts", new Map([[7, "seven"]]));

test("the schema as Confluent's converter registers it", () => {
  const schema = SchemaBuilder.struct()
    .name("R")
    .field("a", INT32_SCHEMA)
    .field("b", OPTIONAL_STRING_SCHEMA)
    .field("d", decimalSchema(2))
    .build();
  expect(JSON.parse(format().translate(schema).text)).toEqual({
    type: "object",
    title: "R",
    properties: {
      a: { type: "integer", "connect.type": "int32", "connect.index": 0 },
      b: { oneOf: [{ type: "null" }, { type: "string" }], "connect.index": 1 },
      d: {
        type: "number",
        "connect.type": "bytes",
        title: "org.apache.kafka.connect.data.Decimal",
        "connect.version": 1,
        "connect.parameters": { scale: "2" },
        "connect.index": 2,
      },
    },
  });
});

test.for([{}, { "decimal.format": "numeric" }])("everything comes back with %o", (props) => {
  const { text } = format(props).translate(EVERYTHING);
  const again = read(text, jsonOf(EVERYTHING, everything, props), props);
  expect(again.schema?.equals(EVERYTHING)).toBe(true);
  const expected = [...everything.values];
  expected[2] = "new"; // the default stands in for a null
  expect(valueEquals((again.value as Struct).values, expected)).toBe(true);
});

test("the payload", () => {
  expect(jsonOf(EVERYTHING, everything, { "decimal.format": "NUMERIC" })).toBe(
    '{"zid":9007199254740993,"name":null,"state":"new","price":-12345678901234567890.12,"at":1700000000123,"raw":"AP8=","ratio":0.1,"points":[{"x":-1}],"tags":{"ä":null},"counts":[{"key":7,"value":"seven"}]}',
  );
});

test("what is not required is optional, and left out, where that is asked for", () => {
  const props = { "use.optional.for.nonrequired": "true", "object.additional.properties": "false" };
  const schema = SchemaBuilder.struct()
    .field("a", INT32_SCHEMA)
    .field("b", OPTIONAL_STRING_SCHEMA)
    .build();
  expect(JSON.parse(format(props).translate(schema).text)).toMatchObject({
    required: ["a"],
    additionalProperties: false,
  });
  expect(jsonOf(schema, new Struct(schema).put("a", 1), props)).toBe('{"a":1}');
  const foreign =
    '{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]}';
  const { schema: read1 } = read(foreign, '{"a":1}', props);
  expect(read1?.fields.map(({ schema }) => schema.optional)).toEqual([false, true]);
  expect(() => read(foreign, '{"a":1}')).toThrow("Invalid null value for required STRING field");
});

test("enums and sums of types", () => {
  const text =
    '{"type":"object","properties":{"e":{"enum":["A","B"]},"u":{"oneOf":[{"type":"integer"},{"type":"string"},{"type":"object","properties":{"k":{"type":"boolean"}}}]}}}';
  const { schema, value } = read(text, '{"e":"B","u":{"k":true}}');
  expect(schema?.field("e")?.schema.parameters?.has("io.confluent.connect.json.Enum.B")).toBe(true);
  const union = (value as Struct).getStruct("u")!;
  expect(union.schema.name).toBe("io.confluent.connect.json.OneOf");
  expect(union.values.map((item) => item !== null)).toEqual([false, false, true]);
  expect(jsonOf(schema, value)).toBe('{"e":"B","u":{"k":true}}');
  expect(JSON.parse(format().translate(schema).text)).toMatchObject({
    properties: { e: { enum: ["A", "B"] }, u: { oneOf: [{ type: "integer" }, {}, {}] } },
  });
  const generalized = read(text, '{"e":"A","u":5}', { "generalized.sum.type.support": "true" });
  expect(generalized.schema?.field("u")?.schema.fields[0]?.name).toBe("connect_union_field_0");
});

test("references within the schema and to others, and allOf", () => {
  const text = JSON.stringify({
    $defs: { zip: { type: "integer" } },
    allOf: [{ $ref: "base.json" }, { properties: { zip: { $ref: "#/$defs/zip" } } }],
    type: "object",
  });
  const base = '{"type":"object","properties":{"id":{"type":"string"}}}';
  const { schema, value } = read(text, '{"id":"x","zip":5}', {}, [["base.json", base]]);
  expect(schema?.fields.map(({ name, schema }) => [name, schema.type])).toEqual([
    ["id", "STRING"],
    ["zip", "INT64"],
  ]);
  expect((value as Struct).values).toEqual(["x", 5]);
  expect(() => read('{"$ref":"#/nowhere"}', "1")).toThrow(
    "refers to #/nowhere, which is not there",
  );
  const list = '{"type":"object","properties":{"next":{"$ref":"#"}}}';
  expect(() => read(list, "{}")).toThrow("contains itself");
});

test("data without schema", () => {
  expect(format().translate(null).text).toBe("{}");
  const json = '{"a":[1,null,1.5,"x"],"b":9007199254740993}';
  const { schema, value } = read("{}", json);
  expect([schema, jsonOf(null, value)]).toEqual([null, json]);
});

test.for([
  [
    '{"type":"object","properties":{"a":{"type":"integer"}}}',
    '{"a":"x"}',
    "A string of JSON cannot be of type INT64",
  ],
  ['{"type":"object","properties":{"toString":{"type":"string"}}}', "{}", "Invalid null value"],
  ['{"type":"object","properties":{}}', "[1]", "A list of JSON cannot be of type STRUCT"],
  ['{"type":"string"}', "{broken", "The message is no JSON"],
  ['{"type":"array"}', "[]", "Array schema did not specify the items type"],
])("by the schema %s, %s is refused", ([schema, json, message]) => {
  expect(() => read(schema!, json!)).toThrow(message);
});
