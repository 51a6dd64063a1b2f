import {
  DATE_NAME,
  daysToDate,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  decimalSchema,
  type Schema,
  SchemaBuilder,
  type SchemaType,
  STRING_SCHEMA,
  Struct,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import * as fc from "fast-check";

export interface TypedValue {
  readonly schema: Schema;
  readonly value: unknown;
}

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const name = fc.stringMatching(/^[a-z_][a-zA-Z0-9_]{0,8}$/);

const PRIMITIVES: readonly SchemaType[] = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FLOAT32",
  "FLOAT64",
  "BOOLEAN",
  "STRING",
  "BYTES",
];

function decorate(builder: SchemaBuilder): fc.Arbitrary<Schema> {
  return fc
    .record({
      optional: fc.boolean(),
      version: fc.option(fc.nat(), { nil: undefined }),
      doc: fc.option(text, { nil: undefined }),
    })
    .map(({ optional, version, doc }) => {
      if (optional) builder.optional();
      if (version !== undefined) builder.version(version);
      if (doc !== undefined) builder.doc(doc);
      return builder.build();
    });
}

const primitives = fc
  .constantFrom(...PRIMITIVES)
  .chain((type) => decorate(new SchemaBuilder(type)));

const logical = fc.oneof(
  fc
    .record({ scale: fc.integer({ min: 0, max: 30 }), optional: fc.boolean() })
    .map(({ scale, optional }) => decimalSchema(scale, { optional })),
  fc
    .constantFrom<[SchemaType, string]>(
      ["INT32", DATE_NAME],
      ["INT32", TIME_NAME],
      ["INT64", TIMESTAMP_NAME],
    )
    .map(([type, name]) => new SchemaBuilder(type).name(name).version(1).optional().build()),
);

/** Names of records must differ: each struct gets the next one. */
let structs = 0;

const { schema: tree } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    primitives,
    logical,
    tie("schema").chain((items) => decorate(SchemaBuilder.array(items))),
    tie("schema").chain((values) => decorate(SchemaBuilder.map(STRING_SCHEMA, values))),
    primitives
      // Of text keys Avro's map keeps nothing.
      .filter(({ type, optional }) => type !== "STRING" || optional)
      .map((keys) => SchemaBuilder.map(keys, STRING_SCHEMA).build()),
    fc
      .uniqueArray(fc.tuple(name, tie("schema")), {
        maxLength: 5,
        selector: ([name]) => name,
      })
      .chain((fields) => {
        const builder = SchemaBuilder.struct().name(`com.example.Struct${structs++}`);
        for (const [name, schema] of fields) builder.field(name, schema);
        return decorate(builder);
      }),
  ),
}));

/** A schema that Avro can hold, with a value of it. */
export const typedValues: fc.Arbitrary<TypedValue> = tree.chain((schema) =>
  valueOf(schema).map((value) => ({ schema, value })),
);

function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const required = requiredValueOf(schema);
  return schema.optional ? fc.option(required, { freq: 5 }) : required;
}

function requiredValueOf(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.name) {
    case DECIMAL_NAME: {
      const scale = decimalScale(schema);
      return fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }).map((n) => new Decimal(n, scale));
    }
    case DATE_NAME:
      return fc.integer({ min: -1e6, max: 1e6 }).map(daysToDate);
    case TIME_NAME:
      return fc.integer({ min: 0, max: 86_399_999 }).map((millis) => new Date(millis));
    case TIMESTAMP_NAME:
      return fc.date({ noInvalidDate: true });
    default:
      return valueOfType(schema);
  }
}

function valueOfType(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case "INT8":
      return fc.integer({ min: -(2 ** 7), max: 2 ** 7 - 1 });
    case "INT16":
      return fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 });
    case "INT32":
      return fc.integer();
    case "INT64":
      return int64s;
    case "FLOAT32":
      return fc.float({ noNaN: true });
    case "FLOAT64":
      return fc.double({ noNaN: true });
    case "BOOLEAN":
      return fc.boolean();
    case "STRING":
      return text;
    case "BYTES":
      return fc.uint8Array({ maxLength: 20 });
    case "ARRAY":
      return fc.array(valueOf(schema.valueSchema), { maxLength: 4 });
    case "MAP":
      return fc
        .uniqueArray(fc.tuple(requiredValueOf(schema.keySchema), valueOf(schema.valueSchema)), {
          maxLength: 4,
          selector: ([key]) => String(key),
        })
        .map((entries) => new Map(entries));
    case "STRUCT":
      return fc
        .tuple(...schema.fields.map((field) => valueOf(field.schema)))
        .map((values) => Struct.of(schema, values));
  }
}

/** Integers of every length, numbers where they are safe, else bigints. */
export const int64s: fc.Arbitrary<number | bigint> = fc
  .tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: 0, max: 63 }))
  .map(([value, shift]) => {
    const shifted = value >> BigInt(shift);
    const number = Number(shifted);
    return Number.isSafeInteger(number) ? number : shifted;
  });
