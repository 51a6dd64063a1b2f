import {
  BOOLEAN_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

/** How many different values a benchmark goes through: few enough for the processor's cache. */
export const COUNT = 256;

const WORDS =
  "the quick brown fox jumps over the lazy dog 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcd ";

export const numbered = <T>(make: (index: number) => T): T[] =>
  Array.from({ length: COUNT }, (_, index) => make(index));

/** ASCII texts of one length, each different. */
export function texts(length: number): string[] {
  const filling = WORDS.repeat(Math.ceil(length / WORDS.length));
  return numbered((i) => (String(i).padStart(12, "0") + filling).slice(0, length));
}

/** Ten fields, as a row of a table has them. */
export const FLAT: Schema = SchemaBuilder.struct()
  .name("Flat")
  .field("id", INT64_SCHEMA)
  .field("name", STRING_SCHEMA)
  .field("email", OPTIONAL_STRING_SCHEMA)
  .field("age", INT32_SCHEMA)
  .field("score", FLOAT64_SCHEMA)
  .field("active", BOOLEAN_SCHEMA)
  .field("country", STRING_SCHEMA)
  .field("visits", OPTIONAL_INT32_SCHEMA)
  .field("balance", INT64_SCHEMA)
  .field("note", OPTIONAL_STRING_SCHEMA)
  .build();

export const flatValues = (i: number): unknown[] => [
  1_000_000 + i,
  `customer ${i}`,
  i % 4 === 0 ? null : `customer-${i}@example.com`,
  18 + (i % 60),
  i / 7,
  i % 2 === 0,
  "AT",
  i % 3 === 0 ? null : i,
  i * 1_000,
  "some words about this one",
];

const ADDRESS = SchemaBuilder.struct()
  .name("Address")
  .field("street", STRING_SCHEMA)
  .field("zip", INT32_SCHEMA)
  .build();

/** A struct that holds a struct, an array of structs and a map. */
export const NESTED: Schema = SchemaBuilder.struct()
  .name("Nested")
  .field("id", INT64_SCHEMA)
  .field("home", ADDRESS)
  .field("others", SchemaBuilder.array(ADDRESS).build())
  .field("tags", SchemaBuilder.map(STRING_SCHEMA, STRING_SCHEMA).build())
  .build();

const address = (i: number): Struct => Struct.of(ADDRESS, [`Main street ${i}`, 1000 + i]);

const AMOUNT = decimalSchema(2);

/** The logical types that databases bring: decimals and timestamps. */
export const LOGICAL: Schema = SchemaBuilder.struct()
  .name("Logical")
  .field("price", AMOUNT)
  .field("tax", AMOUNT)
  .field("created", TIMESTAMP_SCHEMA)
  .field("changed", TIMESTAMP_SCHEMA)
  .build();

export const flatStructs = (): Struct[] => numbered((i) => Struct.of(FLAT, flatValues(i)));

export const nestedStructs = (): Struct[] =>
  numbered((i) =>
    Struct.of(NESTED, [
      i,
      address(i),
      [address(i + 1), address(i + 2), address(i + 3)],
      new Map([
        ["colour", "blue"],
        ["size", `${i}`],
      ]),
    ]),
  );

export const logicalStructs = (): Struct[] =>
  numbered((i) =>
    Struct.of(LOGICAL, [
      new Decimal(BigInt(1_999 + i), 2),
      new Decimal(BigInt(400 + i), 2),
      new Date(1_700_000_000_000 + i),
      new Date(1_700_000_060_000 + i),
    ]),
  );

/** The values of the flat structs without a schema. */
export const plainObjects = (): Record<string, unknown>[] =>
  numbered((i) => {
    const values = flatValues(i);
    return Object.fromEntries(FLAT.fields.map(({ name }, index) => [name, values[index]]));
  });
