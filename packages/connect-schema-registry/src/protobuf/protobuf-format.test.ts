import { ByteReader, ByteWriter } from "@millrace/avro-data";
import {
  DATE_SCHEMA,
  daysToDate,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  BOOLEAN_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import * as fc from "fast-check";

import { describe, expect, test } from "vitest";
import { PROTOBUF_CONFIG } from "./config.ts";
import { parseProto } from "./parse.ts";
import { ProtobufFormat } from "./protobuf-format.ts";

const format = (props: Props = {}) => new ProtobufFormat(parseConfig(PROTOBUF_CONFIG, props));

function write(schema: Schema, value: unknown, props?: Props, text?: string): Buffer {
  const one = format(props);
  const target = text === undefined ? one.translate(schema) : definition(text);
  const out = new ByteWriter();
  out.begin();
  one.writer(schema, target, [], false)(value, out);
  return out.take();
}

const definition = (text: string) => ({ kind: "PROTOBUF" as const, text, references: [] });

function read(text: string, bytes: Buffer, props?: Props) {
  const decoder = format(props).decoder(definition(text), [], undefined);
  const input = new ByteReader().open(bytes);
  const schema = decoder.schemaOf!(input);
  return { schema, value: decoder.read(input) };
}

/** Values by name, structs as objects. */
function plain(value: unknown): unknown {
  if (value instanceof Struct) {
    return Object.fromEntries(
      value.schema.fields.map(({ name }, i) => [name, plain(value.values[i])]),
    );
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, plain(v)]));
  return value;
}

const roundTrip = (schema: Schema, value: unknown, props?: Props): unknown =>
  plain(read(format(props).translate(schema).text, write(schema, value, props), props).value);

const POINT = SchemaBuilder.struct().name("Point").field("x", INT32_SCHEMA).build();

const ALL = SchemaBuilder.struct()
  .name("com.example.All")
  .field("i8", INT8_SCHEMA)
  .field("i16", INT16_SCHEMA)
  .field("i32", INT32_SCHEMA)
  .field("i64", INT64_SCHEMA)
  .field("f32", FLOAT32_SCHEMA)
  .field("f64", FLOAT64_SCHEMA)
  .field("flag", BOOLEAN_SCHEMA)
  .field("text", STRING_SCHEMA)
  .field("raw", SchemaBuilder.bytes().build())
  .field("price", decimalSchema(2, { precision: 10 }))
  .field("day", DATE_SCHEMA)
  .field("time", TIME_SCHEMA)
  .field("at", TIMESTAMP_SCHEMA)
  .field("numbers", SchemaBuilder.array(INT64_SCHEMA).build())
  .field("texts", SchemaBuilder.array(STRING_SCHEMA).build())
  .field("points", SchemaBuilder.array(POINT).build())
  .field("map", SchemaBuilder.map(STRING_SCHEMA, INT64_SCHEMA).build())
  .field("by_number", SchemaBuilder.map(INT32_SCHEMA, POINT).build())
  .field(
    "point",
    SchemaBuilder.struct().name("Other").field("y", OPTIONAL_INT32_SCHEMA).optional().build(),
  )
  .build();

const points = fc.integer().map((x) => Struct.of(POINT, [x]));
const OTHER = ALL.field("point")!.schema;
const int64s = fc
  .tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: 0, max: 63 }))
  .map(([value, shift]) => {
    const shifted = value >> BigInt(shift);
    return Number.isSafeInteger(Number(shifted)) ? Number(shifted) : shifted;
  });
const text = fc.string({ unit: "grapheme", maxLength: 40 });

const all = fc
  .tuple(
    fc.integer({ min: -128, max: 127 }),
    fc.integer({ min: -32_768, max: 32_767 }),
    fc.integer(),
    int64s,
    fc.float({ noNaN: true }),
    fc.double({ noNaN: true }),
    fc.boolean(),
    text,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }).map((n) => new Decimal(n, 2)),
    fc.integer({ min: -700_000, max: 2_000_000 }).map(daysToDate),
    fc.integer({ min: 0, max: 86_399_999 }).map((ms) => new Date(ms)),
    fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }),
    fc.array(int64s, { maxLength: 20 }),
    fc.array(text, { maxLength: 5 }),
    fc.array(points, { maxLength: 5 }),
    fc.array(fc.tuple(text, int64s), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(fc.tuple(fc.integer(), points), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.option(fc.integer().map((y) => Struct.of(OTHER, [y]))),
  )
  .map((values) => Struct.of(ALL, values));

test("every type comes back the same", () => {
  fc.assert(
    fc.property(all, (value) => {
      expect(roundTrip(ALL, value)).toEqual(plain(value));
    }),
    { numRuns: 300 },
  );
});

test("another implementation reads it, and is read", () => {
  const { text } = format().translate(ALL);
  const type = parseProto(text).messages[0]!;
  fc.assert(
    fc.property(all, (value) => {
      const bytes = write(ALL, value);
      expect(bytes[0]).toBe(0);
      const message = type.decode(bytes.subarray(1));
      expect(type.verify(message)).toBeNull();
      const again = Buffer.concat([Buffer.from([0]), Buffer.from(type.encode(message).finish())]);
      expect(plain(read(text, again).value)).toEqual(plain(value));
    }),
    { numRuns: 200 },
  );
});

test("the schema in Confluent's words", () => {
  const schema = SchemaBuilder.struct()
    .name("com.example.Order")
    .field("id", INT64_SCHEMA)
    .field("small", INT16_SCHEMA)
    .field("at", TIMESTAMP_SCHEMA)
    .field("point", POINT)
    .field("tags", SchemaBuilder.map(STRING_SCHEMA, STRING_SCHEMA).build())
    .build();
  expect(format().translate(schema).text).toBe(`syntax = "proto3";
package com.example;

import "confluent/meta.proto";
import "google/protobuf/timestamp.proto";

message Order {
  int64 id = 1;
  int32 small = 2 [(confluent.field_meta) = {
    params: [
      {
        key: "connect.type",
        value: "int16"
      }
    ]
  }];
  google.protobuf.Timestamp at = 3;
  Point point = 4;
  map<string, string> tags = 5;
  message Point {
    int32 x = 1;
  }
}
`);
});

describe("nulls", () => {
  const schema = SchemaBuilder.struct()
    .name("N")
    .field("number", OPTIONAL_INT32_SCHEMA)
    .field("text", OPTIONAL_STRING_SCHEMA)
    .build();

  test("read as zeros, unless optional or a wrapper says more", () => {
    expect(roundTrip(schema, new Struct(schema))).toEqual({ number: 0, text: "" });
    for (const key of ["optional.for.nullables", "wrapper.for.nullables"]) {
      const props = { [key]: "true" };
      expect(roundTrip(schema, new Struct(schema), props)).toEqual({ number: null, text: null });
      const zero = new Struct(schema).put("number", 0).put("text", "");
      expect(roundTrip(schema, zero, props)).toEqual({ number: 0, text: "" });
    }
  });

  test("required fields are so with optional.for.nullables", () => {
    const props = { "optional.for.nullables": "true" };
    const mixed = SchemaBuilder.struct()
      .name("M")
      .field("a", INT32_SCHEMA)
      .field("b", OPTIONAL_INT32_SCHEMA)
      .build();
    const { text } = format(props).translate(mixed);
    const fields = read(text, Buffer.from([0]), props).schema!.fields;
    expect(fields.map(({ schema }) => schema.optional)).toEqual([false, true]);
  });

  test("not in lists", () => {
    const list = SchemaBuilder.struct()
      .name("L")
      .field("l", SchemaBuilder.array(OPTIONAL_INT32_SCHEMA).build())
      .build();
    expect(() => write(list, new Struct(list).put("l", [1, null]))).toThrow(
      "The list l has a null in it",
    );
  });
});

const FOREIGN = `syntax = "proto3";
package x;
message First { string a = 1; }
message Second {
  enum Kind { NONE = 0; BIG = 5; }
  Kind kind = 1;
  oneof choice { string text = 2; int64 number = 7; First first = 8; }
  message Inner { sint64 s = 1; fixed64 f = 2; uint32 u = 3; repeated int32 old = 4 [packed = false]; }
  Inner inner = 9;
}
`;

describe("schemas of other makers", () => {
  test("enums, oneofs, and messages that are not the first", () => {
    const schema = read(FOREIGN, Buffer.from([2, 2])).schema!;
    expect(schema.name).toBe("Second");
    expect(schema.fields.map(({ name }) => name)).toEqual(["kind", "choice_0", "inner"]);
    const union = schema.field("choice_0")!.schema;
    expect(union.name).toBe("io.confluent.connect.protobuf.Union.choice");
    const value = new Struct(schema)
      .put("kind", "BIG")
      .put("choice_0", new Struct(union).put("number", -5))
      .put(
        "inner",
        Struct.of(schema.field("inner")!.schema, [-(2n ** 62n), 7, 2 ** 32 - 1, [1, -1]]),
      );
    // The data's message is the one of its name, wherever it stands.
    const named = SchemaBuilder.struct().name("x.Second");
    for (const { name, schema: type } of schema.fields) named.field(name, type);
    const target = named.build();
    const bytes = write(target, Struct.of(target, value.values), {}, FOREIGN);
    expect([...bytes.subarray(0, 2)]).toEqual([2, 2]);
    expect(plain(read(FOREIGN, bytes).value)).toEqual({
      kind: "BIG",
      choice_0: { text: null, number: -5, first: null },
      inner: { s: -(2n ** 62n), f: 7, u: 2 ** 32 - 1, old: [1, -1] },
    });
  });

  test("what is read can be written by a schema of our own", () => {
    const { schema } = read(FOREIGN, Buffer.from([2, 2]));
    const union = schema!.field("choice_0")!.schema;
    const value = new Struct(schema!)
      .put("kind", "NONE")
      .put("choice_0", new Struct(union).put("text", "t"));
    const again = roundTrip(schema!, value) as { choice_0: unknown };
    expect(again.choice_0).toMatchObject({ text: "t", number: null });
  });

  test("enums as numbers, names with their package, generalized sums", () => {
    const bytes = Buffer.from([2, 2, 0x08, 5, 0x38, 9]);
    const props = { "int.for.enums": "true", "enhanced.protobuf.schema.support": "true" };
    const { schema, value } = read(FOREIGN, bytes, props);
    expect([schema?.name, (value as Struct).get("kind")]).toEqual(["x.Second", 5]);
    const generalized = read(FOREIGN, bytes, { "generalized.sum.type.support": "true" });
    expect(generalized.schema!.field("choice_0")!.schema.fields.map(({ name }) => name)).toEqual([
      "connect_union_field_0",
      "connect_union_field_1",
      "connect_union_field_2",
    ]);
  });

  test("unknown fields are passed over", () => {
    const older = 'syntax = "proto3"; message R { int32 a = 1; }';
    const newer =
      'syntax = "proto3"; message R { int32 a = 1; string b = 2; double c = 3; fixed32 d = 4; int64 e = 5; }';
    const type = parseProto(newer).messages[0]!;
    const message = type.encode({ a: 1, b: "x", c: 0.5, d: 7, e: -1 }).finish();
    expect(plain(read(older, Buffer.concat([Buffer.from([0]), message])).value)).toEqual({ a: 1 });
  });

  test("proto2: required, optional and what is absent", () => {
    const proto2 =
      'syntax = "proto2"; message R { required int32 a = 1; optional int32 b = 2; repeated int32 c = 3; }';
    const { schema, value } = read(proto2, Buffer.from([0, 8, 1]));
    expect(schema!.fields.map(({ schema }) => schema.optional)).toEqual([false, true, true]);
    expect(plain(value)).toEqual({ a: 1, b: null, c: [] });
  });

  test("maps as Confluent's converter writes them, as messages named Entry", () => {
    const old = `syntax = "proto3"; message R { repeated MEntry m = 1; message MEntry { string key = 1; int32 value = 2; } }`;
    const { schema } = read(old, Buffer.from([0]));
    const value = new Struct(schema!).put("m", new Map([["k", 5]]));
    expect(plain(read(old, write(schema!, value, {}, old)).value)).toEqual({
      m: new Map([["k", 5]]),
    });
  });

  test("values that are a whole message", () => {
    for (const [schema, value] of [
      [INT64_SCHEMA, 5],
      [STRING_SCHEMA, "ä"],
      [BOOLEAN_SCHEMA, true],
    ] as const) {
      expect(roundTrip(schema, value)).toBe(value);
    }
    expect(() => format().translate(SchemaBuilder.array(INT32_SCHEMA).build())).toThrow(
      "cannot be a Protobuf message",
    );
    expect(() => format().translate(null)).toThrow("needs data with a schema");
  });
});

test.for([
  ["message {", "The Protobuf schema cannot be read"],
  ['syntax = "proto3"; message R { Unknown u = 1; }', "The Protobuf schema cannot be read"],
  ['syntax = "proto3"; message R { R r = 1; }', "contains itself"],
])("%s is refused", ([text, message]) => {
  expect(() => read(text!, Buffer.from([0]))).toThrow(message);
});

test("a message cut off anywhere is an error or what came before, never more", () => {
  const { text } = format().translate(ALL);
  fc.assert(
    fc.property(all, fc.nat(), (value, cut) => {
      const bytes = write(ALL, value);
      const type = parseProto(text).messages[0]!;
      const part = bytes.subarray(0, 1 + (cut % bytes.length));
      const outcome = (read: () => unknown) => {
        try {
          read();
          return "read";
        } catch {
          return "refused";
        }
      };
      // Where the library reads the rest, so do we, and the other way round.
      expect(outcome(() => read(text, part))).toBe(outcome(() => type.decode(part.subarray(1))));
    }),
    { numRuns: 200 },
  );
});

test("names that Protobuf does not allow are refused, or scrubbed", () => {
  const schema = SchemaBuilder.struct().name("R").field("a-b", INT32_SCHEMA).build();
  expect(() => format().translate(schema)).toThrow("The name a-b is none that Protobuf allows");
  const props = { "scrub.invalid.names": "true" };
  expect(roundTrip(schema, new Struct(schema).put("a-b", 5), props)).toEqual({ a_b: 5 });
});
