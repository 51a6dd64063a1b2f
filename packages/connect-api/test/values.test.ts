import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BYTES_SCHEMA,
  convertToString,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  doubleText,
  Float64,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  floatText,
  INT32_SCHEMA,
  INT64_SCHEMA,
  isDecimal,
  isMapLike,
  javaClassName,
  javaText,
  mapEntries,
  nearestFloat,
  numberText,
  OPTIONAL_STRING_SCHEMA,
  parseString,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "../src/index.ts";

/** What Kafka Connect 4.3.1 on Java 17 did, a case per line. */
function recording<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), "utf8")) as T[];
}

describe("numbers as Java prints them", () => {
  type NumberCase = { readonly double?: string; readonly float?: string; readonly text: string };

  test.for(recording<NumberCase>("number-text"))("$text", ({ double, float, text }) => {
    expect(float === undefined ? doubleText(Number(double)) : floatText(Number(float))).toBe(text);
  });

  test("read back as the same number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(Number(doubleText(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const text = floatText(value);
        expect(Number.isFinite(value) ? nearestFloat(text) : Number(text)).toBe(value);
        const digits = text.replace(/E.*|[-.]/g, "").replace(/^0+/, "");
        expect(Number.isFinite(value) ? digits.length : 0).toBeLessThanOrEqual(9);
      }),
      { numRuns: 1000 },
    );
  });

  test("a float has no more digits than it takes to tell it apart", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_999 }),
        fc.integer({ min: -30, max: 30 }),
        (n, e) => {
          const short = Number(`${n}e${e}`);
          expect(Number(floatText(Math.fround(short)))).toBe(short);
        },
      ),
    );
  });

  test("a decimal between two floats goes to the nearer one, half to even", () => {
    expect(nearestFloat("16777217")).toBe(16_777_216);
    expect(nearestFloat("16777217.0000000000000000001")).toBe(16_777_218);
    expect(nearestFloat("16777216.9999999999999999999")).toBe(16_777_216);
    expect(nearestFloat("-16777217.0000000000000000001")).toBe(-16_777_218);
    expect(nearestFloat("16777219")).toBe(16_777_220);
    expect(nearestFloat("1e-50")).toBe(0);
    expect(nearestFloat("1e50")).toBe(Number.POSITIVE_INFINITY);
  });
});

const POINT = SchemaBuilder.struct()
  .field("x", FLOAT64_SCHEMA)
  .field("s", OPTIONAL_STRING_SCHEMA)
  .field("d", SchemaBuilder.int32().optional().defaultValue(7).build())
  .build();
const point = new Struct(POINT).put("x", 1);
const doubles = SchemaBuilder.array(FLOAT64_SCHEMA).build();
const doublesByName = SchemaBuilder.map(STRING_SCHEMA, FLOAT64_SCHEMA).build();

describe("texts of values", () => {
  test.for([
    [null, null, "null", null],
    [null, 'a"b', 'a"b', 'a"b'],
    [null, 1, "1", "1"],
    [FLOAT64_SCHEMA, 1, "1.0", "1.0"],
    [FLOAT32_SCHEMA, 0.1, "0.1", "0.1"],
    [null, new Float64(1), "1.0", "1.0"],
    [null, 1e21, "1.0E21", "1.0E21"],
    [null, -0, "0", "0"],
    [INT64_SCHEMA, 2n ** 60n, "1152921504606846976", "1152921504606846976"],
    [null, true, "true", "true"],
    [null, ["a", null, 1], "[a, null, 1]", '["a",null,1]'],
    [doubles, [1, 2.5], "[1.0, 2.5]", "[1.0,2.5]"],
    [null, { a: { b: "c" } }, "{a={b=c}}", '{"a":{"b":"c"}}'],
    [null, new Map<unknown, unknown>([[1, 'x\\"']]), '{1=x\\"}', '{1:"x\\\\\\""}'],
    [doublesByName, new Map([["a", 1]]), "{a=1.0}", '{"a":1.0}'],
    [POINT, point, "Struct{x=1.0}", '{"x":1.0,"s":null,"d":7}'],
    [decimalSchema(2), Decimal.parse("1.50"), "1.50", "1.50"],
    [DATE_SCHEMA, new Date("2024-02-29"), "Thu Feb 29 00:00:00 UTC 2024", "2024-02-29"],
    [
      TIMESTAMP_SCHEMA,
      new Date(1700000000123),
      "Tue Nov 14 22:13:20 UTC 2023",
      "2023-11-14T22:13:20.123Z",
    ],
    [TIMESTAMP_SCHEMA, new Date(-1), "Wed Dec 31 23:59:59 UTC 1969", "23:59:59.999Z"],
    [BYTES_SCHEMA, Uint8Array.of(0, 1, 255), "[B@747d", "AAH/"],
    [null, [Uint8Array.of(1)], "[[B@20]", '["AQ=="]'],
  ] as const)("%s %o", ([schema, value, java, header]) => {
    expect(javaText(schema, value)).toBe(java);
    expect(convertToString(schema, value)).toBe(header);
  });

  test("what has none is refused, or named by its class", () => {
    expect(() => convertToString(null, Symbol("x"))).toThrow(
      "Failed to serialize unexpected value type",
    );
    expect(() => convertToString(null, new WeakSet())).toThrow(
      "Failed to serialize unexpected value type WeakSet: [object WeakSet]",
    );
    expect(javaText(null, () => 1)).toBe("Function");
  });

  test.for([
    ["x", null, "java.lang.String"],
    [1, null, "java.lang.Integer"],
    [1, INT64_SCHEMA, "java.lang.Long"],
    [1, FLOAT32_SCHEMA, "java.lang.Float"],
    [2 ** 40, null, "java.lang.Long"],
    [1.5, null, "java.lang.Double"],
    [2n ** 70n, null, "java.math.BigInteger"],
    [new Float64(1), null, "java.lang.Double"],
    [[], null, "java.util.ArrayList"],
    [{}, null, "java.util.LinkedHashMap"],
    [point, POINT, "org.apache.kafka.connect.data.Struct"],
    [undefined, null, "null"],
  ] as const)("%o with schema %s has the class %s", ([value, schema, name]) => {
    expect(javaClassName(value, schema)).toBe(name);
  });
});

describe("values guessed from texts", () => {
  type ParseCase = {
    readonly input: string;
    readonly schema: unknown;
    readonly value: unknown;
    readonly text: string | null;
  };

  test.for(recording<ParseCase>("parse-string"))("$input", ({ input, schema, value, text }) => {
    const parsed = parseString(input);
    expect(describeSchema(parsed.schema)).toEqual(schema);
    expect(withoutWidths(describeValue(parsed.schema, parsed.value))).toEqual(withoutWidths(value));
    expect(convertToString(parsed.schema, parsed.value)).toBe(text);
  });

  test("never fail, and nothing gets lost of a plain text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { schema, value } = parseString(text);
        expect(schema === null || schema.type !== "STRING" || value === text).toBe(true);
      }),
    );
  });

  test("never fail on broken lists and maps", () => {
    const pieces = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      '"',
      "\\",
      "1",
      "a",
      " ",
      "null",
      "-",
      ".5",
    );
    fc.assert(
      fc.property(fc.array(pieces), (list) => {
        expect(parseString(list.join(""))).toHaveProperty("schema");
      }),
      { numRuns: 300 },
    );
  });

  test("are texts where they are nested absurdly deep", () => {
    for (const text of ["[".repeat(100_000), "{[".repeat(100_000), '["a",'.repeat(50_000)]) {
      expect(parseString(text).value).toBe(text);
    }
    expect(parseString(`${"[".repeat(50)}1${"]".repeat(50)}`).schema?.type).toBe("ARRAY");
  });

  test("give back integers, dates and lists of them", () => {
    const reread = (schema: Schema, value: unknown) => {
      const text = convertToString(schema, value);
      return parseString(text).value;
    };
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        expect(String(reread(INT64_SCHEMA, n))).toBe(String(n));
      }),
    );
    const dates = fc.date({
      min: new Date("1970-01-02"),
      max: new Date("9999-12-31"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(reread(TIMESTAMP_SCHEMA, date)).toEqual(date);
      }),
    );
    const lists = SchemaBuilder.array(INT32_SCHEMA).build();
    fc.assert(
      fc.property(fc.array(fc.integer()), (list) => {
        expect(reread(lists, list)).toEqual(list);
      }),
    );
    const words = SchemaBuilder.map(STRING_SCHEMA, STRING_SCHEMA).build();
    const word = fc.stringMatching(/^[a-z]+$/);
    fc.assert(
      fc.property(fc.dictionary(word, word, { minKeys: 1 }), (object) => {
        const map = new Map(Object.entries(object));
        expect(reread(words, map)).toEqual(map);
      }),
    );
  });
});

function describeSchema(schema: Schema | null): unknown {
  if (schema === null) return null;
  const { type, optional, name, version, parameters } = schema;
  return {
    type,
    optional,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(parameters && { parameters: Object.fromEntries(parameters) }),
    ...(type === "ARRAY" && { items: describeSchema(schema.valueSchemaOrNull) }),
    ...(type === "MAP" && {
      keys: describeSchema(schema.keySchemaOrNull),
      values: describeSchema(schema.valueSchemaOrNull),
    }),
  };
}

/** A value as the recorder writes it: class and text, or class and parts. */
function describeValue(schema: Schema | null, value: unknown): unknown {
  if (value === null) return null;
  if (value instanceof Date) return ["Date", String(value.getTime())];
  if (isDecimal(value)) return ["BigDecimal", value.toString()];
  const items =
    schema?.type === "ARRAY" || schema?.type === "MAP" ? schema.valueSchemaOrNull : null;
  if (Array.isArray(value)) return ["List", value.map((item) => describeValue(items, item))];
  if (isMapLike(value)) {
    const keys = schema?.type === "MAP" ? schema.keySchemaOrNull : null;
    const entries = Array.from(mapEntries(value), ([key, item]) => [
      describeValue(keys, key),
      describeValue(items, item),
    ]);
    return ["Map", entries];
  }
  const text = typeof value === "number" ? numberText(schema, value) : javaText(schema, value);
  return [javaClassName(value, schema).replace("java.lang.", ""), text];
}

/** In lists without element schema a number has no width here. */
function withoutWidths(described: unknown): unknown {
  return JSON.parse(
    JSON.stringify(described).replaceAll(/"(?:Byte|Short|Integer|Long|Float|Double)"/g, '"Number"'),
  );
}
