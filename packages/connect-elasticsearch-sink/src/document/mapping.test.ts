import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  copySchema,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { mappingOf } from "./mapping.ts";

const field = (schema: Schema) =>
  mappingOf(SchemaBuilder.struct().field("f", schema).build()).properties?.["f"];

test.each([
  ["BOOLEAN", BOOLEAN_SCHEMA, "boolean"],
  ["INT8", INT8_SCHEMA, "byte"],
  ["INT16", INT16_SCHEMA, "short"],
  ["INT32", INT32_SCHEMA, "integer"],
  ["INT64", INT64_SCHEMA, "long"],
  ["FLOAT32", FLOAT32_SCHEMA, "float"],
  ["FLOAT64", FLOAT64_SCHEMA, "double"],
  ["BYTES", BYTES_SCHEMA, "binary"],
  ["Date", DATE_SCHEMA, "date"],
  ["Time", TIME_SCHEMA, "date"],
  ["Timestamp", TIMESTAMP_SCHEMA, "date"],
  ["Decimal", decimalSchema(2), "double"],
  ["ARRAY", SchemaBuilder.array(INT64_SCHEMA).build(), "long"],
])("%s becomes a field of its own type", (_name, schema, type) => {
  expect(field(schema)).toEqual({ type });
});

test("a text can be searched by word and as a whole", () => {
  expect(field(STRING_SCHEMA)).toEqual({
    type: "text",
    fields: { keyword: { type: "keyword", ignore_above: 256 } },
  });
});

test("structs and maps have properties", () => {
  const inner = SchemaBuilder.struct().field("n", INT32_SCHEMA).build();
  expect(field(inner)).toEqual({ properties: { n: { type: "integer" } } });
  expect(field(SchemaBuilder.map(INT32_SCHEMA, inner).build())).toEqual({
    properties: { key: { type: "integer" }, value: { properties: { n: { type: "integer" } } } },
  });
});

test.each([
  ["number", SchemaBuilder.int16().defaultValue(7).build(), 7],
  [
    "large number",
    SchemaBuilder.int64()
      .defaultValue(2n ** 60n)
      .build(),
    "1152921504606846976",
  ],
  ["boolean", SchemaBuilder.bool().defaultValue(false).build(), false],
])("a default %s stands in for null", (_name, schema, nullValue) => {
  expect(field(schema)).toHaveProperty("null_value", nullValue);
});

test("defaults of logical types are numbers", () => {
  const timestamp = copySchema(TIMESTAMP_SCHEMA, { defaultValue: new Date(5) });
  expect(field(timestamp)).toEqual({ type: "date", null_value: 5 });
  const decimal = copySchema(decimalSchema(1), { defaultValue: Decimal.parse("1.5") });
  expect(field(decimal)).toEqual({ type: "double", null_value: 1.5 });
});

test("a text's default is not in the mapping: Elasticsearch knows no null_value for text", () => {
  expect(field(SchemaBuilder.string().defaultValue("x").build())).not.toHaveProperty("null_value");
});

test("documents must be objects", () => {
  expect(() => mappingOf(STRING_SCHEMA)).toThrow(
    /Schema\{STRING\}.*HoistField.*schema.ignore=true/,
  );
});
