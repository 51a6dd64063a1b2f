import { type AvroField, type AvroRecord, type AvroSchema, primitive } from "./avro-schema.ts";
import { MAP_ENTRY, NAMESPACE } from "./names.ts";

/** Which field of Anything holds which kind of value, in the order of the fields. */
export const ANYTHING_FIELDS = [
  "array",
  "boolean",
  "bytes",
  "double",
  "float",
  "int",
  "long",
  "map",
  "string",
] as const;

/** The record that holds data without schema: one of its fields is set, or none for null. */
export const ANYTHING: AvroRecord = makeAnything();

/** Whether a schema that was read is that of data without schema. */
export function isAnything(schema: AvroSchema): boolean {
  return (
    schema.type === "record" &&
    schema.fullName === ANYTHING.fullName &&
    schema.fields.length === ANYTHING_FIELDS.length &&
    schema.fields.every(({ name }, i) => name === ANYTHING_FIELDS[i])
  );
}

function makeAnything(): AvroRecord {
  const anything: AvroRecord = record("Anything");
  const entry: AvroRecord = record(MAP_ENTRY);
  entry.fields = [field("key", anything), field("value", anything)];
  const types: Record<(typeof ANYTHING_FIELDS)[number], AvroSchema> = {
    array: { type: "array", items: anything, props: new Map() },
    boolean: primitive("boolean"),
    bytes: primitive("bytes"),
    double: primitive("double"),
    float: primitive("float"),
    int: primitive("int"),
    long: primitive("long"),
    map: { type: "array", items: entry, props: new Map() },
    string: primitive("string"),
  };
  anything.fields = ANYTHING_FIELDS.map((name) =>
    field(name, { type: "union", branches: [primitive("null"), types[name]] }, null),
  );
  return anything;
}

function record(name: string): AvroRecord {
  const fullName = `${NAMESPACE}.${name}`;
  return { type: "record", fullName, doc: undefined, aliases: [], fields: [], props: new Map() };
}

function field(name: string, schema: AvroSchema, defaultValue?: null): AvroField {
  return {
    name,
    schema,
    doc: undefined,
    defaultValue,
    aliases: [],
    order: undefined,
    props: new Map(),
  };
}
