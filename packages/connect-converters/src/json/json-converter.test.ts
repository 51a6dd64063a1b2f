import {
  type Decimal,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  Float64,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  valueEquals,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { int64s, typedValues } from "../../test/arbitraries.ts";
import { JsonConverter } from "./json-converter.ts";

function jsonConverter(props: Props = {}): JsonConverter {
  const converter = new JsonConverter();
  converter.configure(props, false);
  return converter;
}

function write(converter: JsonConverter, schema: Schema | null, value: unknown): string | null {
  return converter.fromConnectData("t", [], schema, value);
}

function read(converter: JsonConverter, json: string | null, topic = "t") {
  return converter.toConnectData(topic, [], json === null ? null : Buffer.from(json));
}

const plain = { "schemas.enable": "false" };

describe("values with a schema", () => {
  test.for([{}, { "decimal.format": "numeric" }])("come back as they were, with %o", (props) => {
    const converter = jsonConverter(props);
    fc.assert(
      fc.property(typedValues, ({ schema, value }) => {
        const again = read(converter, write(converter, schema, value));
        expect(again.schema?.equals(schema)).toBe(true);
        expect(valueEquals(again.value, value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("a struct must have the schema, or an equal one", () => {
    const build = (type: Schema) => SchemaBuilder.struct().field("a", type).build();
    const converter = jsonConverter(plain);
    const schema = build(INT32_SCHEMA);
    expect(write(converter, schema, new Struct(build(INT32_SCHEMA)).put("a", 1))).toBe('{"a":1}');
    expect(() => write(converter, schema, new Struct(build(STRING_SCHEMA)))).toThrow(
      "Mismatching schema.",
    );
  });

  test("schemas made anew for each record are written alike", () => {
    const converter = jsonConverter();
    const texts = ["a", "b"].map((value) =>
      write(converter, SchemaBuilder.string().build(), value),
    );
    const opening = '{"schema":{"type":"string","optional":false},"payload":';
    expect(texts).toEqual([`${opening}"a"}`, `${opening}"b"}`]);
  });

  test("a field may be named like what every object has", () => {
    const schema = SchemaBuilder.struct()
      .field("toString", OPTIONAL_STRING_SCHEMA)
      .field("__proto__", OPTIONAL_STRING_SCHEMA)
      .build();
    const converter = jsonConverter();
    const none = read(converter, write(converter, schema, new Struct(schema)));
    expect((none.value as Struct).values).toEqual([null, null]);
    const both = new Struct(schema).put("toString", "x").put("__proto__", "y");
    expect(both.equals(read(converter, write(converter, schema, both)).value)).toBe(true);
  });

  test("a double beyond all floats is an infinite float, which is a text in JSON", () => {
    expect(write(jsonConverter(plain), FLOAT32_SCHEMA, 1e300)).toBe('"Infinity"');
    expect(write(jsonConverter(plain), FLOAT32_SCHEMA, 0.1)).toBe("0.1");
  });

  test("integers keep all 64 bits, decimals all digits", () => {
    const converter = jsonConverter();
    const long = '{"schema":{"type":"int64"},"payload":-9223372036854775808}';
    expect(read(converter, long).value).toBe(-(2n ** 63n));
    const decimal =
      '"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}';
    const values = ["1.50", "12.00", "12", "1E+2", '"AJw="', "0.1234567890123456789"].map(
      (payload) =>
        String(read(converter, `{"schema":{${decimal}},"payload":${payload}}`).value as Decimal),
    );
    expect(values).toEqual(["1.50", "12.00", "12", "1E+2", "1.56", "0.1234567890123456789"]);
  });

  test("huge exponents cost no time where an integer is read", () => {
    const converter = jsonConverter();
    for (const payload of ["1e-2147483647", "1e2147483647", "123456789012345678e-2147483600"]) {
      expect(read(converter, `{"payload":${payload},"schema":{"type":"int64"}}`).value).toBe(0);
    }
  });

  test("a date that JavaScript cannot hold is refused", () => {
    const timestamp = '"type":"int64","name":"org.apache.kafka.connect.data.Timestamp"';
    expect(() =>
      read(jsonConverter(), `{"schema":{${timestamp}},"payload":9223372036854775807}`),
    ).toThrow("beyond what a Date can hold");
  });
});

describe("values without schema", () => {
  const values = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "binary" }),
      int64s,
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value) => (Number.isInteger(value) ? new Float64(value + 0) : value)),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z]\w*$/), tie("value"), { maxKeys: 4 }),
      fc
        .dictionary(fc.stringMatching(/^(0|[1-9]\d{0,3}|__proto__)$/), tie("value"), {
          minKeys: 1,
          maxKeys: 4,
        })
        .map((object) => new Map(Object.entries(object))),
    ),
  })).value;

  test.for([plain, { "schemas.enable": "true" }])("come back as they were, with %o", (props) => {
    const converter = jsonConverter(props);
    fc.assert(
      fc.property(values, (value) => {
        const again = read(converter, write(converter, null, value));
        expect(again.schema).toBeNull();
        expect(valueEquals(again.value, value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("keys keep their order, and none reaches a prototype", () => {
    const json = '{"b":1,"7":2,"3":3,"__proto__":{"polluted":true}}';
    const converter = jsonConverter(plain);
    const { value } = read(converter, json);
    expect(value).toBeInstanceOf(Map);
    expect(write(converter, null, value)).toBe(json);
    expect("polluted" in {}).toBe(false);
  });

  test("-0 is 0, as in Java, and whole floats stay floats", () => {
    const converter = jsonConverter(plain);
    const { value } = read(converter, "[-0,-0.0,1.0,1e3,100,1.5]");
    expect(write(converter, null, value)).toBe("[0,0.0,1.0,1000.0,100,1.5]");
  });

  test("what has no type in Connect is refused", () => {
    const converter = jsonConverter(plain);
    const odd = [new Date(0), 2n ** 63n, Symbol("x"), () => 1, { a: new Date(0) }, /x/];
    for (const value of odd) {
      expect(() => write(converter, null, value)).toThrow(
        "does not have corresponding schema type",
      );
    }
  });

  test("nulls are tombstones, a null in JSON is a null", () => {
    const converter = jsonConverter(plain);
    expect(write(converter, null, null)).toBeNull();
    expect(read(converter, null)).toEqual({ schema: null, value: null });
    expect(read(converter, "null")).toEqual({ schema: null, value: null });
  });
});

describe("envelopes", () => {
  const int = '{"type":"int32","optional":true}';
  const string = '{"type":"string","optional":true}';

  test("are read whatever their blanks and order, one after the other", () => {
    const converter = jsonConverter();
    const messages: [string, unknown][] = [
      [`{"schema":${int},"payload":1}`, 1],
      [`{"schema":${int},"payload":2}`, 2],
      [`{"schema":${int},"payload": 3 }`, 3],
      [`{"schema":${int},"payload":4 } \n`, 4],
      [` { "schema" : ${int} , "payload" : 5 } `, 5],
      [`{"payload":6,"schema":${int}}`, 6],
      [`{"schema":${string},"payload":"}"}`, "}"],
      [`{"schema":${int},"payload":7}`, 7],
      [`{"schema":null,"payload":{"a":8}}`, { a: 8 }],
      [`{"schema":${int},"payload":9}trailing`, 9],
      [`{"schema":${int},"payload":null}`, null],
    ];
    for (const [message, value] of messages) expect(read(converter, message).value).toEqual(value);
  });

  test("of one schema share the schema object", () => {
    const converter = jsonConverter();
    const schemas = [
      read(converter, `{"schema":${int},"payload":1}`),
      read(converter, `{"schema":${int},"payload":2}`),
      read(converter, `{"schema":${int},"payload":3}`, "other"),
    ].map(({ schema }) => schema);
    expect(new Set(schemas).size).toBe(1);
    const reversed = [1, 2].map((n) => read(converter, `{"payload":${n},"schema":${int}}`).schema);
    expect(new Set(reversed).size).toBe(1);
  });

  test("that begin alike and go on differently are told apart", () => {
    const converter = jsonConverter();
    const opening = `{"schema":${int},"payload":`;
    expect(read(converter, `${opening}1}`).value).toBe(1);
    // The last of two equal keys counts, and more keys are too many.
    expect(read(converter, `${opening}1,"schema":${string}}`).schema?.type).toBe("STRING");
    expect(read(converter, `${opening}1,"payload":2}`).value).toBe(2);
    for (const rest of ['1,"more":2}', '{},"more":{"a":1}}', "}", "1", "1,}", "[1}", '"a}']) {
      expect(() => read(converter, opening + rest)).toThrow(/fields|serialization error/);
    }
    expect(read(converter, `${opening}3}`).value).toBe(3);
  });

  test("any bytes after the opening are read as by a converter that has seen nothing", () => {
    const opening = `{"schema":${string},"payload":`;
    const seasoned = jsonConverter();
    read(seasoned, `${opening}"x"}`);
    const result = (converter: JsonConverter, message: string) => {
      try {
        return { value: read(converter, message).value };
      } catch (error) {
        return { error: (error as Error).message };
      }
    };
    const pieces = fc.constantFrom(
      '"a"',
      "1",
      "1.0",
      "null",
      "{}",
      "[",
      "]",
      "}",
      ",",
      ":",
      " ",
      '"x":1',
      '"schema":null',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (rest) => {
        const message = `${opening}${rest.join("")}}`;
        expect(result(seasoned, message)).toEqual(result(jsonConverter(), message));
      }),
      { numRuns: 500 },
    );
  });

  test("with an enormous schema are read", () => {
    const doc = '\\"x'.repeat(2_000_000);
    const message = `{"schema":{"type":"int32","doc":"${doc}"},"payload":1}`;
    const { schema, value } = read(jsonConverter(), message);
    expect([schema?.doc?.length, value]).toEqual([4_000_000, 1]);
  });

  test("beyond the size of the cache still are read", () => {
    const converter = jsonConverter({ "schemas.cache.size": "2" });
    for (let round = 0; round < 3; round++) {
      for (const doc of ["a", "b", "c", "d"]) {
        const { schema } = read(
          converter,
          `{"schema":{"type":"int32","doc":"${doc}"},"payload":1}`,
          doc,
        );
        expect(schema?.doc).toBe(doc);
      }
    }
  });

  test("of headers are told apart by the header's key", () => {
    const converter = jsonConverter({ "converter.type": "header" });
    const bytes = Buffer.from(`{"schema":${int},"payload":1}`);
    expect(converter.toConnectHeader("t", "h", bytes).value).toBe(1);
    expect(converter.fromConnectHeader("t", "h", null, 1)).toBe('{"schema":null,"payload":1}');
  });
});

describe("messages that are no JSON", () => {
  test("bytes that are no UTF-8 are refused, not replaced", () => {
    const converter = jsonConverter(plain);
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc3, 0x22],
      [0x22, 0xe2, 0x82, 0x22],
      [0xff],
    ]) {
      expect(() => converter.toConnectData("t", [], Uint8Array.from(bytes))).toThrow(
        "serialization error",
      );
    }
    expect(read(converter, '"\ufffd"').value).toBe("\ufffd");
  });

  test("deeply nested ones are refused before they cost the stack", () => {
    const converter = jsonConverter(plain);
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(() => read(converter, nested(100_000))).toThrow("serialization error");
    expect(write(converter, null, read(converter, nested(1000)).value)).toBe(nested(1000));
  });
});

describe("configuration", () => {
  test("schema.content is the schema of bare payloads", () => {
    const content = '{"type":"struct","fields":[{"field":"a","type":"int64"}]}';
    const converter = jsonConverter({ "schema.content": content });
    const { schema, value } = read(converter, '{"a":9007199254740993}');
    expect(schema?.field("a")?.schema.type).toBe("INT64");
    expect((value as Struct).get("a")).toBe(9007199254740993n);
    expect(() => read(converter, "{bad")).toThrow("serialization error");
    expect(() => read(converter, "5")).toThrow(
      "Structs should be encoded as JSON objects, but found NUMBER",
    );
  });

  test("a schema.content that is none is refused at once", () => {
    expect(() => jsonConverter({ "schema.content": "{bad" })).toThrow(
      "Failed to parse schema in converter config due to serialization error: ",
    );
    expect(() => jsonConverter({ "schema.content": '{"type":"bogus"}' })).toThrow(
      "Unknown schema type: bogus",
    );
  });

  test("wrong values are refused in Java's words", () => {
    expect(() => jsonConverter({ "schemas.enable": "maybe" })).toThrow(
      "Invalid value maybe for configuration schemas.enable: Expected value to be either true or false",
    );
    expect(() => jsonConverter({ "decimal.format": "WRONG" })).toThrow(
      "Invalid value WRONG for configuration decimal.format: String must be one of (case insensitive): NUMERIC, BASE64",
    );
    expect(() => jsonConverter({ "converter.type": "x" })).toThrow(
      "Invalid value x for configuration converter.type: String must be one of: key, value, header",
    );
  });

  test("replace.null.with.default works both ways", () => {
    const schema = SchemaBuilder.float64().optional().defaultValue(2).build();
    const json = '{"schema":{"type":"double","optional":true,"default":2.0},"payload":';
    const replacing = jsonConverter();
    expect(write(replacing, schema, null)).toBe(`${json}2.0}`);
    expect(read(replacing, `${json}null}`).value).toBe(2);
    const keeping = jsonConverter({ "replace.null.with.default": "false" });
    expect(write(keeping, schema, null)).toBe(`${json}null}`);
    expect(read(keeping, `${json}null}`).value).toBeNull();
  });

  test("without being configured it writes envelopes", () => {
    expect(write(new JsonConverter(), FLOAT64_SCHEMA, 1)).toContain('"payload":1.0}');
    expect(write(new JsonConverter(), INT64_SCHEMA, 1)).toContain('"payload":1}');
  });

  test("a record is written the same whatever was written before it", () => {
    const inner = SchemaBuilder.struct().optional().field("n", INT32_SCHEMA).build();
    const schema = SchemaBuilder.struct()
      .field("text", SchemaBuilder.string().optional().build())
      .field("count", SchemaBuilder.int64().optional().build())
      .field("real", SchemaBuilder.float64().optional().build())
      .field("ratio", SchemaBuilder.float32().optional().build())
      .field("ok", SchemaBuilder.bool().optional().build())
      .field("small", SchemaBuilder.int32().optional().defaultValue(7).build())
      .field("bytes", SchemaBuilder.bytes().optional().build())
      .field("inner", inner)
      .build();
    const texts = fc.oneof(
      fc.constantFrom("", "a", "A", "é", "\u0001", "\\u", "\ud83d\ude00", '["1","2"]'),
      fc.string({ maxLength: 90 }),
    );
    const bytes = Buffer.from("x");
    const shared = Struct.of(inner, [1]);
    const values: readonly fc.Arbitrary<unknown>[] = [
      texts,
      fc.oneof(fc.constantFrom(0, -0, 1, 1n, 2n ** 60n), int64s),
      fc.constantFrom(0, -0, 1, 1.5, NaN),
      fc.constantFrom(0, -0, 1, 1.5, Infinity),
      fc.boolean(),
      fc.constantFrom(0, 1, 7),
      fc.constantFrom(bytes, Buffer.from("y")),
      fc.constantFrom(shared, Struct.of(inner, [2])),
    ];
    const row = fc.tuple(...values.map((value) => fc.option(value)));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(row, fc.integer({ min: 0, max: 9 })), { maxLength: 12 }),
        (rows) => {
          const one = jsonConverter({ "schemas.enable": "false" });
          for (const [row, n] of rows) {
            // The same objects, with something else in them.
            bytes[0] = n;
            shared.put("n", n);
            const struct = Struct.of(schema, [...row]);
            const other = jsonConverter({ "schemas.enable": "false" });
            expect(write(one, schema, struct)).toBe(write(other, schema, struct));
          }
        },
      ),
    );
  });

  test("a text is escaped as Java does, control characters and pairs in upper case", () => {
    const texts = ['["1"]', "\u001f\n", "\\u001f", "\ud83d\ude00", '\ud83d"'];
    expect(texts.map((text) => write(jsonConverter(plain), STRING_SCHEMA, text))).toEqual([
      '"[\\"1\\"]"',
      '"\\u001F\\n"',
      '"\\\\u001f"',
      '"\\uD83D\\uDE00"',
      '"\\uD83D\\""',
    ]);
  });
});
