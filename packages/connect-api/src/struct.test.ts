import { describe, expect, test } from "vitest";
import { Decimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { DATE_SCHEMA, decimalSchema, TIME_SCHEMA } from "./logical.ts";
import {
  BYTES_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  STRING_SCHEMA,
} from "./schema.ts";
import { SchemaBuilder } from "./schema-builder.ts";
import { isStruct, Struct } from "./struct.ts";

const INNER = SchemaBuilder.struct().name("In").field("x", INT32_SCHEMA).build();
const OTHER = SchemaBuilder.struct().name("In2").field("x", INT32_SCHEMA).build();
const SCHEMA = SchemaBuilder.struct()
  .name("S")
  .field("i8", INT8_SCHEMA)
  .field("i16", INT16_SCHEMA)
  .field("i32", INT32_SCHEMA)
  .field("i64", INT64_SCHEMA)
  .field("f64", FLOAT64_SCHEMA)
  .field("s", STRING_SCHEMA)
  .field("b", BYTES_SCHEMA)
  .field("l", SchemaBuilder.array(INT32_SCHEMA).build())
  .field("m", SchemaBuilder.map(STRING_SCHEMA, INT32_SCHEMA).build())
  .field("d", decimalSchema(2))
  .field("dt", DATE_SCHEMA)
  .field("tm", TIME_SCHEMA)
  .field("in", INNER)
  .field("named", SchemaBuilder.int32().name("nm").build())
  .field("dflt", SchemaBuilder.int32().defaultValue(5).build())
  .field("odflt", SchemaBuilder.int32().optional().defaultValue(6).build())
  .field("opt", OPTIONAL_INT32_SCHEMA)
  .build();

const misfit = (type: string, javaClass: string, where: string, name = "") =>
  `Invalid Java object for schema${name} with type ${type}: class java.${javaClass} for ${where}`;
const noNull = (type: string, where: string) =>
  `Invalid value: null used for required ${where}, schema type: ${type}`;

describe("putting a value", () => {
  // Kafka Connect 4.3.1 says just this.
  test.for([
    ["i8", 300, misfit("INT8", "lang.Integer", 'field: "i8"')],
    ["i8", 1.5, misfit("INT8", "lang.Double", 'field: "i8"')],
    ["i16", -32_769, misfit("INT16", "lang.Integer", 'field: "i16"')],
    ["i32", 2 ** 31, misfit("INT32", "lang.Long", 'field: "i32"')],
    ["i64", 2n ** 63n, misfit("INT64", "math.BigInteger", 'field: "i64"')],
    ["i64", 2 ** 60, misfit("INT64", "lang.Double", 'field: "i64"')],
    ["f64", 1n, misfit("FLOAT64", "lang.Long", 'field: "f64"')],
    ["s", 1, misfit("STRING", "lang.Integer", 'field: "s"')],
    ["s", null, noNull("STRING", 'field: "s"')],
    ["l", [1, "x"], misfit("INT32", "lang.String", 'element of array field: "l"')],
    ["l", [1, null], noNull("INT32", 'element of array field: "l"')],
    ["l", "x", misfit("ARRAY", "lang.String", 'field: "l"')],
    ["m", new Map([["k", "v"]]), misfit("INT32", "lang.String", 'value of map field: "m"')],
    ["m", new Map([[1, 1]]), misfit("STRING", "lang.Integer", 'key of map field: "m"')],
    ["m", { k: 1 }, misfit("MAP", "util.LinkedHashMap", 'field: "m"')],
    ["d", 1, misfit("BYTES", "lang.Integer", 'field: "d"', ` "${decimalSchema(2).name!}"`)],
    ["dt", 5, misfit("INT32", "lang.Integer", 'field: "dt"', ` "${DATE_SCHEMA.name!}"`)],
    [
      "dt",
      new Date(Number.NaN),
      misfit("INT32", "util.Date", 'field: "dt"', ` "${DATE_SCHEMA.name!}"`),
    ],
    ["in", new Struct(OTHER).put("x", 1), "Struct schemas do not match."],
    ["named", "x", misfit("INT32", "lang.String", 'field: "named"', ' "nm"')],
    ["dflt", null, noNull("INT32", 'field: "dflt"')],
    ["nope", 1, "nope is not a valid field name"],
  ] as const)("%s: %s is refused", ([field, value, message]) => {
    expect(() => new Struct(SCHEMA).put(field, value)).toThrow(new DataError(message));
  });

  test("takes the type's whole range", () => {
    const struct = new Struct(SCHEMA);
    const values: Record<string, unknown[]> = {
      i8: [-128, 127, -0],
      i16: [-32_768, 32_767],
      i32: [-(2 ** 31), 2 ** 31 - 1],
      i64: [-(2n ** 63n), 2n ** 63n - 1n, Number.MIN_SAFE_INTEGER, 7n],
      f64: [1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY],
      b: [new Uint8Array(1), Buffer.from("x")],
      l: [[], [1]],
      m: [new Map(), new Map([["k", 1]])],
      // As in Java, scale and time of day are looked at only when the value is converted.
      d: [new Decimal(1n, 2), new Decimal(1n, 7)],
      dt: [new Date(0), new Date(5)],
      in: [new Struct(INNER).put("x", 1), new Struct(INNER)],
      odflt: [null, undefined, 1],
      opt: [null],
    };
    for (const [field, list] of Object.entries(values)) {
      for (const value of list) {
        expect(struct.put(field, value).getWithoutDefault(field)).toBe(value ?? null);
      }
    }
  });
});

describe("a struct", () => {
  test("gives defaults for what is null", () => {
    const struct = new Struct(SCHEMA);
    expect([struct.get("dflt"), struct.get("odflt"), struct.get("opt")]).toEqual([5, 6, null]);
    expect(struct.getWithoutDefault("dflt")).toBeNull();
    expect(struct.getInt32("dflt")).toBeNull();
    expect(() => struct.get("nope")).toThrow("nope is not a valid field name");
  });

  test("gives typed values of that type only", () => {
    const struct = new Struct(SCHEMA).put("s", "x").put("i8", 1).put("in", new Struct(INNER));
    expect([struct.getString("s"), struct.getInt8("i8")]).toEqual(["x", 1]);
    expect(struct.getStruct("in")?.schema).toBe(INNER);
    expect(() => struct.getInt8("s")).toThrow("Field 's' is not of type INT8");
    const others = [
      () => struct.getInt16("s"),
      () => struct.getInt32("s"),
      () => struct.getInt64("s"),
      () => struct.getFloat32("s"),
      () => struct.getFloat64("s"),
      () => struct.getBoolean("s"),
      () => struct.getString("i8"),
      () => struct.getBytes("s"),
      () => struct.getArray("s"),
      () => struct.getMap("s"),
      () => struct.getStruct("s"),
    ];
    for (const get of others) expect(get).toThrow("is not of type");
  });

  test("is valid when each required field has a value or a default", () => {
    const schema = SchemaBuilder.struct()
      .field("a", INT32_SCHEMA)
      .field("d", SchemaBuilder.int32().defaultValue(1).build())
      .field("o", OPTIONAL_INT32_SCHEMA)
      .build();
    expect(() => new Struct(schema).validate()).toThrow(noNull("INT32", 'field: "a"'));
    new Struct(schema).put("a", 1).validate();
    expect(() => Struct.of(schema, ["x", null, null]).validate()).toThrow("java.lang.String");
  });

  test("needs a struct's schema", () => {
    expect(() => new Struct(INT8_SCHEMA)).toThrow("Not a struct schema: Schema{INT8}");
  });

  test("equals another of an equal schema with equal values", () => {
    const struct = () => new Struct(INNER).put("x", 1);
    expect(struct().equals(struct())).toBe(true);
    expect(struct().equals(new Struct(INNER).put("x", 2))).toBe(false);
    expect(struct().equals(new Struct(OTHER).put("x", 1))).toBe(false);
    expect(struct().equals({ x: 1 })).toBe(false);
  });

  test("prints as in Java, and is known from any copy of the package", () => {
    expect(String(new Struct(SCHEMA).put("i8", 1).put("s", "x"))).toBe("Struct{i8=1,s=x}");
    expect(isStruct(new Struct(INNER))).toBe(true);
    expect(isStruct({ schema: INNER, values: [1] })).toBe(false);
  });
});
