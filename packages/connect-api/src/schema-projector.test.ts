import { describe, expect, test } from "vitest";
import { Decimal } from "./decimal.ts";
import { isConnectError } from "./errors.ts";
import { decimalSchema } from "./logical.ts";
import {
  BYTES_SCHEMA,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  STRING_SCHEMA,
} from "./schema.ts";
import { SchemaBuilder } from "./schema-builder.ts";
import { project, projection } from "./schema-projector.ts";
import { Struct } from "./struct.ts";

const V1 = SchemaBuilder.struct().name("In").field("x", INT32_SCHEMA).build();
const v1 = new Struct(V1).put("x", 1);
const struct = (name: string, field: string, type: Schema) =>
  SchemaBuilder.struct().name(name).field(field, type).build();

/** The messages of a SchemaProjectorException and of its cause. */
function refusal(source: Schema, value: unknown, target: Schema): unknown[] {
  try {
    return [project(source, value, target)];
  } catch (error) {
    if (!isConnectError(error) || !error.javaName.endsWith(".SchemaProjectorException"))
      throw error;
    return error.cause === undefined
      ? [error.message]
      : [error.message, (error.cause as Error).message];
  }
}

// The texts of Kafka Connect 4.3.1.
describe("schemas that are not compatible", () => {
  test.for([
    [
      STRING_SCHEMA,
      "x",
      INT32_SCHEMA,
      "Schema type mismatch. source type: STRING and target type: INT32",
    ],
    [
      INT32_SCHEMA,
      1,
      INT8_SCHEMA,
      "Schema type mismatch. source type: INT32 and target type: INT8",
    ],
    [
      BYTES_SCHEMA,
      new Uint8Array(1),
      STRING_SCHEMA,
      "Schema type mismatch. source type: BYTES and target type: STRING",
    ],
    [
      V1,
      v1,
      struct("In2", "x", INT32_SCHEMA),
      "Schema name mismatch. source name: In and target name: In2",
    ],
    [
      decimalSchema(1),
      Decimal.parse("1.5"),
      decimalSchema(2),
      "Schema parameters not equal. source parameters: {scale=1} and target parameters: {scale=2}",
    ],
    [
      OPTIONAL_INT32_SCHEMA,
      1,
      INT32_SCHEMA,
      "Writer schema is optional, however, target schema does not provide a default value.",
    ],
    [
      V1,
      v1,
      struct("In", "y", INT32_SCHEMA),
      "Required field `y` is missing from source schema: Schema{In:STRUCT}",
    ],
  ] as const)("%s, %s to %s", ([source, value, target, message]) => {
    expect(refusal(source, value, target)).toEqual([message]);
  });

  test("are named by the field they are in", () => {
    expect(refusal(V1, v1, struct("In", "x", STRING_SCHEMA))).toEqual([
      "Error projecting x",
      "Schema type mismatch. source type: INT32 and target type: STRING",
    ]);
  });

  test("do not matter to containers that are empty", () => {
    const array = (items: Schema) => SchemaBuilder.array(items).build();
    expect(project(array(STRING_SCHEMA), [], array(INT32_SCHEMA))).toEqual([]);
    expect(() => project(array(STRING_SCHEMA), ["x"], array(INT32_SCHEMA))).toThrow("mismatch");
  });
});

describe("values of another version", () => {
  test("of numbers are widened, and rounded where the type asks for it", () => {
    expect(project(INT8_SCHEMA, 1, FLOAT64_SCHEMA)).toBe(1);
    expect(project(INT64_SCHEMA, 16_777_217, FLOAT32_SCHEMA)).toBe(16_777_216);
    expect(project(INT64_SCHEMA, 2n ** 60n, FLOAT64_SCHEMA)).toBe(2 ** 60);
    expect(project(INT32_SCHEMA, null, INT32_SCHEMA)).toBeNull();
  });

  test("take the target's default for null", () => {
    const target = SchemaBuilder.int32().defaultValue(3).build();
    expect(project(OPTIONAL_INT32_SCHEMA, null, target)).toBe(3);
    expect(project(OPTIONAL_INT32_SCHEMA, 4, target)).toBe(4);
  });

  test("of structs lose old fields and get new ones", () => {
    const target = SchemaBuilder.struct()
      .name("In")
      .field("x", INT64_SCHEMA)
      .field("o", OPTIONAL_STRING_SCHEMA)
      .field("q", SchemaBuilder.int32().defaultValue(5).build())
      .build();
    const projected = project(V1, v1, target) as Struct;
    expect(String(projected)).toBe("Struct{x=1,q=5}");
    expect(projected.schema).toBe(target);
    const oldest = struct("In", "x", FLOAT64_SCHEMA);
    expect(String(project(target, projected, oldest))).toBe("Struct{x=1.0}");
  });

  test("take a source field's default where it is null", () => {
    const source = struct("In", "x", SchemaBuilder.int32().defaultValue(7).build());
    expect(String(project(source, new Struct(source), V1))).toBe("Struct{x=7}");
  });

  test("of lists and maps are projected one by one", () => {
    const source = SchemaBuilder.map(
      STRING_SCHEMA,
      SchemaBuilder.array(INT8_SCHEMA).build(),
    ).build();
    const target = SchemaBuilder.map(
      STRING_SCHEMA,
      SchemaBuilder.array(INT64_SCHEMA).build(),
    ).build();
    const value = new Map([["a", [1, 2]]]);
    expect(project(source, value, target)).toEqual(value);
    const untyped = SchemaBuilder.arrayOfNull().build();
    expect(project(untyped, [1, "x"], untyped)).toEqual([1, "x"]);
  });
});

test("a projection is compiled once for two schemas", () => {
  expect(projection(V1, V1)).toBe(projection(V1, V1));
  expect(() => project(V1, "x", V1)).toThrow("Cannot project string as Schema{In:STRUCT}");
});
