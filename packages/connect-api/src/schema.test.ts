import { describe, expect, test } from "vitest";
import { Decimal } from "./decimal.ts";
import { DATE_SCHEMA, decimalSchema } from "./logical.ts";
import {
  INT32_SCHEMA,
  INT8_SCHEMA,
  isSchema,
  OPTIONAL_STRING_SCHEMA,
  Schema,
  STRING_SCHEMA,
} from "./schema.ts";
import { copySchema, optionalSchema, SchemaBuilder } from "./schema-builder.ts";
import { Struct } from "./struct.ts";

describe("a schema", () => {
  const struct = SchemaBuilder.struct()
    .name("S")
    .field("a", INT32_SCHEMA)
    .field("b", OPTIONAL_STRING_SCHEMA)
    .build();

  test("gives its fields in order and by name", () => {
    expect(struct.fields.map(({ name, index }) => [name, index])).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
    expect(struct.field("b")?.schema).toBe(OPTIONAL_STRING_SCHEMA);
    expect(struct.field("c")).toBeUndefined();
  });

  test("refuses what its type does not have, in Java's words", () => {
    expect(() => INT8_SCHEMA.fields).toThrow("Cannot list fields on non-struct type");
    expect(() => INT8_SCHEMA.field("x")).toThrow("Cannot look up fields on non-struct type");
    expect(() => INT8_SCHEMA.keySchema).toThrow("Cannot look up key schema on non-map type");
    expect(() => INT8_SCHEMA.valueSchema).toThrow(
      "Cannot look up value schema on non-array and non-map type",
    );
  });

  test("prints as in Java", () => {
    expect(String(INT8_SCHEMA)).toBe("Schema{INT8}");
    expect(String(struct)).toBe("Schema{S:STRUCT}");
  });

  test("of a list or map may leave its elements without schema", () => {
    const list = SchemaBuilder.arrayOfNull().build();
    const map = SchemaBuilder.mapOfNull().build();
    const keyed = SchemaBuilder.mapWithNullValues(STRING_SCHEMA).build();
    expect([list.valueSchemaOrNull, map.keySchemaOrNull, keyed.valueSchemaOrNull]).toEqual([
      null,
      null,
      null,
    ]);
    expect(() => list.valueSchema).toThrow("The elements have no schema");
    expect(() => map.keySchema).toThrow("The keys of this map have no schema");
    expect(list.equals(SchemaBuilder.array(INT8_SCHEMA).build())).toBe(false);
    expect(SchemaBuilder.array(INT8_SCHEMA).build().equals(list)).toBe(false);
    expect(map.equals(SchemaBuilder.mapOfNull().build())).toBe(true);
    expect(optionalSchema(keyed).keySchema).toBe(STRING_SCHEMA);
  });

  test("equals another by all its parts", () => {
    const build = () =>
      SchemaBuilder.struct()
        .name("S")
        .version(1)
        .doc("d")
        .parameter("p", "v")
        .optional()
        .field("list", SchemaBuilder.array(INT8_SCHEMA).build())
        .field("map", SchemaBuilder.map(STRING_SCHEMA, INT8_SCHEMA).build())
        .field("dec", decimalSchema(2))
        .build();
    const schema = build();
    expect(schema.equals(build())).toBe(true);
    expect(schema.equals(null)).toBe(false);
    const changes: Parameters<typeof copySchema>[1][] = [
      { name: "T" },
      { version: 2 },
      { doc: undefined },
      { parameters: new Map([["p", "w"]]) },
      { optional: false },
      { fields: [] },
      { fields: schema.fields.toReversed() },
    ];
    for (const change of changes) expect(schema.equals(copySchema(schema, change))).toBe(false);
    const withDefault = copySchema(decimalSchema(1), { defaultValue: new Decimal(1n, 1) });
    expect(withDefault.equals(copySchema(withDefault, {}))).toBe(true);
    expect(withDefault.equals(copySchema(withDefault, { defaultValue: new Decimal(2n, 1) }))).toBe(
      false,
    );
  });

  test("is known whichever copy of the package made it", () => {
    expect(isSchema(new Schema({ type: "INT8" }))).toBe(true);
    const foreign: object = Object.create({
      [Symbol.for("millrace.connect.schema")]: true,
    }) as object;
    expect(isSchema(foreign)).toBe(true);
    expect(isSchema({ type: "INT8" })).toBe(false);
  });

  test("keeps its type when copied", () => {
    const type = { type: "INT8" } as Parameters<typeof copySchema>[1];
    expect(() => copySchema(STRING_SCHEMA, type)).toThrow("A copied schema keeps its type");
    expect(optionalSchema(OPTIONAL_STRING_SCHEMA)).toBe(OPTIONAL_STRING_SCHEMA);
    expect(optionalSchema(DATE_SCHEMA)).toMatchObject({ name: DATE_SCHEMA.name, optional: true });
  });
});

describe("a schema builder", () => {
  test("sets each part once, or again to the same", () => {
    const has = (what: string) => `Invalid SchemaBuilder call: ${what} has already been set.`;
    expect(() => SchemaBuilder.int8().name("a").name("b")).toThrow(has("name"));
    expect(() => SchemaBuilder.int8().version(1).version(2)).toThrow(has("version"));
    expect(() => SchemaBuilder.int8().doc("a").doc("b")).toThrow(has("doc"));
    expect(() => SchemaBuilder.int8().required().optional()).toThrow(has("optional"));
    expect(() => SchemaBuilder.int8().defaultValue(1).defaultValue(2)).toThrow(has("default"));
    expect(SchemaBuilder.int8().optional().optional().build().optional).toBe(true);
    expect(SchemaBuilder.int8().parameter("a", "1").parameter("a", "2").build().parameters).toEqual(
      new Map([["a", "2"]]),
    );
  });

  test("checks a default", () => {
    const wrong = (build: () => unknown) => {
      try {
        build();
        return undefined;
      } catch (error) {
        return [(error as Error).message, ((error as Error).cause as Error).message];
      }
    };
    expect(wrong(() => SchemaBuilder.int8().defaultValue("x"))).toEqual([
      "Invalid default value",
      "Invalid Java object for schema with type INT8: class java.lang.String for value",
    ]);
    expect(wrong(() => SchemaBuilder.int8().defaultValue(null))).toEqual([
      "Invalid default value",
      "Invalid value: null used for required value, schema type: INT8",
    ]);
    expect(SchemaBuilder.int8().optional().defaultValue(null).build().defaultValue).toBeUndefined();
    expect(SchemaBuilder.bool().defaultValue(false).build().defaultValue).toBe(false);
  });

  test("checks fields", () => {
    expect(() => SchemaBuilder.int8().field("x", INT8_SCHEMA)).toThrow(
      "Cannot create fields on type INT8",
    );
    expect(() => SchemaBuilder.struct().field("", INT8_SCHEMA)).toThrow(
      "fieldName cannot be null.",
    );
    expect(() => SchemaBuilder.struct().field("x", INT8_SCHEMA).field("x", INT8_SCHEMA)).toThrow(
      "Cannot create field because of field name duplication x",
    );
  });

  test("builds schemas that later calls do not change", () => {
    const builder = SchemaBuilder.struct().parameter("a", "1").field("x", INT8_SCHEMA);
    const first = builder.build();
    builder.parameter("b", "2").field("y", INT8_SCHEMA);
    expect(first.fields).toHaveLength(1);
    expect(first.parameters?.size).toBe(1);
    expect(new Struct(builder.build()).values).toEqual([null, null]);
  });
});
