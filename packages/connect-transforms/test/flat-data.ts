import {
  BOOLEAN_SCHEMA,
  type ConnectRecord,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  type Schema,
  SchemaBuilder,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import * as fc from "fast-check";

const NAMES = fc.constantFrom("a", "b", "c", "d", "a.b", "7", "__proto__", "x y", "é");

/** A schema, and values of it; null where there is one. */
const TYPES = [
  [INT32_SCHEMA, fc.integer()],
  [INT64_SCHEMA, fc.maxSafeInteger()],
  [FLOAT64_SCHEMA, fc.double()],
  [BOOLEAN_SCHEMA, fc.boolean()],
  [STRING_SCHEMA, fc.string()],
  [OPTIONAL_STRING_SCHEMA, fc.option(fc.string())],
] as const;

/** A struct without structs in it. */
export const flatStruct: fc.Arbitrary<Struct> = fc
  .uniqueArray(fc.tuple(NAMES, fc.constantFrom(...TYPES)), {
    minLength: 1,
    maxLength: 6,
    selector: ([name]) => name,
  })
  .chain((fields) => {
    const builder = SchemaBuilder.struct().name("S").version(3);
    for (const [name, [schema]] of fields) builder.field(name, schema);
    const schema = builder.build();
    return fc
      .tuple(...fields.map(([, [, values]]) => values as fc.Arbitrary<unknown>))
      .map((values) => Struct.of(schema, values));
  });

/** The same without schema. */
export const flatMap = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,3}$/),
  fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
  { noNullPrototype: true },
);

export function recordOf(value: unknown, schema: Schema | null): SourceRecord {
  return new SourceRecord({
    topic: "t",
    valueSchema: schema,
    value,
    timestamp: 1,
    sourcePartition: {},
    sourceOffset: null,
  });
}

export function configured<T extends Transformation>(TransformClass: new () => T, props: Props): T {
  const transformation = new TransformClass();
  transformation.configure(props);
  return transformation;
}

export function through(record: ConnectRecord, ...steps: readonly Transformation[]): ConnectRecord {
  return steps.reduce((current, step) => step.apply(current) as ConnectRecord, record);
}
