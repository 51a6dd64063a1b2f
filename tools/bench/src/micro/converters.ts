import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  type Converter,
  type Encoded,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  type Schema,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import {
  BooleanConverter,
  ByteArrayConverter,
  DoubleConverter,
  FloatConverter,
  IntegerConverter,
  JsonConverter,
  LongConverter,
  ShortConverter,
  StringConverter,
} from "@millrace/connect-converters";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";
import {
  COUNT,
  FLAT,
  flatStructs,
  LOGICAL,
  logicalStructs,
  NESTED,
  nestedStructs,
  numbered,
  plainObjects,
  texts,
} from "./data.ts";

interface Case {
  /** The converter, then what it is given. */
  readonly name: readonly [group: string, what: string];
  readonly converter: new () => Converter;
  readonly props?: Readonly<Record<string, string>>;
  readonly schema: Schema | null;
  readonly values: () => readonly unknown[];
}

const buffers = (): Buffer[] => texts(100).map((text) => Buffer.from(text));

const CASES: readonly Case[] = [
  {
    name: ["string", "100 B"],
    converter: StringConverter,
    schema: STRING_SCHEMA,
    values: () => texts(100),
  },
  {
    name: ["bytearray", "100 B"],
    converter: ByteArrayConverter,
    schema: BYTES_SCHEMA,
    values: buffers,
  },
  numbers("short", ShortConverter, INT16_SCHEMA, (i) => i),
  numbers("integer", IntegerConverter, INT32_SCHEMA, (i) => i * 1_000),
  numbers("long", LongConverter, INT64_SCHEMA, (i) => i * 1_000_000_000),
  numbers("float", FloatConverter, FLOAT32_SCHEMA, (i) => i / 4),
  numbers("double", DoubleConverter, FLOAT64_SCHEMA, (i) => i / 7),
  numbers("boolean", BooleanConverter, BOOLEAN_SCHEMA, (i) => i % 2 === 0),
  ...json("json", "false"),
  ...json("json-schema", "true"),
  {
    name: ["json", "object without schema"],
    converter: JsonConverter,
    props: { "schemas.enable": "false" },
    schema: null,
    values: plainObjects,
  },
];

function numbers(
  name: string,
  converter: new () => Converter,
  schema: Schema,
  value: (index: number) => unknown,
): Case {
  return { name: [name, "value"], converter, schema, values: () => numbered(value) };
}

function json(group: string, schemas: "true" | "false"): Case[] {
  const given: [string, Schema, () => readonly unknown[]][] = [
    ["100 B text", STRING_SCHEMA, () => texts(100)],
    ["flat struct", FLAT, flatStructs],
    ["nested struct", NESTED, nestedStructs],
    ["decimals and timestamps", LOGICAL, logicalStructs],
  ];
  return given.map(([what, schema, values]) => ({
    name: [group, what],
    converter: JsonConverter,
    props: { "schemas.enable": schemas },
    schema,
    values,
  }));
}

/** Both directions of each converter; strings that they write are encoded, as the worker does. */
export const CONVERTER_BENCHMARKS: readonly MicroBenchmark[] = CASES.flatMap((given) => {
  const [group, what] = given.name;
  return [
    { name: `${group}/write ${what}`, prepare: () => writing(given) },
    { name: `${group}/read ${what}`, prepare: () => reading(given) },
  ];
});

function writing({ converter: Type, props = {}, schema, values }: Case): Prepared {
  const converter = new Type();
  converter.configure(props, false);
  const all = values();
  const target = Buffer.alloc(16_384);
  return {
    operations: COUNT,
    bytes: sizeOf(encodeAll(converter, schema, all)),
    run() {
      for (const value of all) {
        const encoded = converter.fromConnectData("topic", [], schema, value) as Encoded;
        keep(typeof encoded === "string" ? target.write(encoded, 0) : encoded);
      }
    },
  };
}

function reading({ converter: Type, props = {}, schema, values }: Case): Prepared {
  const converter = new Type();
  converter.configure(props, false);
  const messages = encodeAll(converter, schema, values());
  return {
    operations: COUNT,
    bytes: sizeOf(messages),
    run() {
      for (const message of messages) keep(converter.toConnectData("topic", [], message));
    },
  };
}

function encodeAll(
  converter: Converter,
  schema: Schema | null,
  values: readonly unknown[],
): Buffer[] {
  return values.map((value) => {
    const encoded = converter.fromConnectData("topic", [], schema, value) as Encoded;
    return typeof encoded === "string" ? Buffer.from(encoded) : Buffer.from(encoded ?? []);
  });
}

const sizeOf = (messages: readonly Buffer[]): number =>
  messages.reduce((sum, { length }) => sum + length, 0);
