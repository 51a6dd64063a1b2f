import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_BYTES_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_NAME,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

/** What was given to Java's converters, by the name of the recorded case. */
export interface GoldenValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

const DECIMALS = ["156", "-1.50", "0", "0.00", "12345678901234567890.123456789", "1E+5", "100"];
const DAY = 86_400_000;

const INNER = SchemaBuilder.struct()
  .name("Inner")
  .field("x", INT32_SCHEMA)
  .field("y", OPTIONAL_STRING_SCHEMA)
  .build();
const OUTER = SchemaBuilder.struct()
  .name("com.example.Outer")
  .version(2)
  .doc("outer doc")
  .field("id", INT64_SCHEMA)
  .field("inner", INNER)
  .field("oinner", SchemaBuilder.struct().optional().field("z", BOOLEAN_SCHEMA).build())
  .field("list", SchemaBuilder.array(INNER).optional().build())
  .field("dec", decimalSchema(2, { optional: true }))
  .field("ts", OPTIONAL_TIMESTAMP_SCHEMA)
  .field("def", SchemaBuilder.string().optional().defaultValue("dflt").build())
  .field("b", OPTIONAL_BYTES_SCHEMA)
  .build();
const EMPTY = SchemaBuilder.struct().build();

const inner = () => new Struct(INNER).put("x", 1).put("y", "s");
const outer = () => new Struct(OUTER).put("id", 1).put("inner", inner());
const typed = (schema: Schema, value: unknown): GoldenValue => ({ schema, value });
const untyped = (value: unknown): GoldenValue => ({ schema: null, value });

const OTHERS: Readonly<Record<string, () => GoldenValue>> = {
  int8: () => typed(INT8_SCHEMA, -5),
  int16: () => typed(INT16_SCHEMA, 300),
  int32: () => typed(INT32_SCHEMA, 70000),
  int64: () => typed(INT64_SCHEMA, 9007199254740993n),
  "int64-max": () => typed(INT64_SCHEMA, 2n ** 63n - 1n),
  "float64-nan": () => typed(FLOAT64_SCHEMA, Number.NaN),
  "float64-inf": () => typed(FLOAT64_SCHEMA, Number.POSITIVE_INFINITY),
  "float32-ninf": () => typed(FLOAT32_SCHEMA, Number.NEGATIVE_INFINITY),
  boolean: () => typed(BOOLEAN_SCHEMA, true),
  string: () => typed(STRING_SCHEMA, 'héllo "q" \\ \n \t \u0001 ✓ 😀 / \u2028 \u007f'),
  "string-empty": () => typed(STRING_SCHEMA, ""),
  bytes: () => typed(BYTES_SCHEMA, Uint8Array.of(0, 1, 255)),
  bytebuffer: () => typed(BYTES_SCHEMA, Uint8Array.of(9, 8)),
  "opt-null": () => typed(OPTIONAL_STRING_SCHEMA, null),
  "opt-int": () => typed(OPTIONAL_INT32_SCHEMA, 7),
  "null-null": () => untyped(null),
  "required-null": () => typed(STRING_SCHEMA, null),
  "wrong-type": () => typed(INT32_SCHEMA, "x"),
  "default-null": () => typed(SchemaBuilder.int32().optional().defaultValue(42).build(), null),
  "default-req": () => typed(SchemaBuilder.int32().defaultValue(42).build(), 1),
  "doc-version-params": () =>
    typed(
      SchemaBuilder.string()
        .name("com.x.N")
        .version(3)
        .doc("docs")
        .parameter("p1", "v1")
        .parameter("a", "b")
        .build(),
      "x",
    ),
  array: () => typed(SchemaBuilder.array(INT32_SCHEMA).build(), [1, 2, 3]),
  "array-opt-elem": () =>
    typed(SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).optional().build(), ["a", null]),
  "array-empty": () => typed(SchemaBuilder.array(STRING_SCHEMA).build(), []),
  "array-of-array": () =>
    typed(SchemaBuilder.array(SchemaBuilder.array(INT64_SCHEMA).build()).build(), [[1], [2, 3]]),
  "map-string-key": () => map(STRING_SCHEMA, INT32_SCHEMA, ["b", 1], ["a", 2]),
  "map-int-key": () => map(INT32_SCHEMA, STRING_SCHEMA, [5, "x"], [6, "y"]),
  "map-optional-value": () => map(STRING_SCHEMA, OPTIONAL_STRING_SCHEMA, ["k", null]),
  "map-optional-string-key": () => map(OPTIONAL_STRING_SCHEMA, STRING_SCHEMA, ["k", "v"]),
  "decimal-opt-null": () => typed(decimalSchema(2, { optional: true }), null),
  "decimal-default": () => {
    const { name, version, parameters } = decimalSchema(2);
    const schema = SchemaBuilder.bytes()
      .name(name!)
      .version(version!)
      .parameters(parameters!)
      .optional()
      .defaultValue(Decimal.parse("1.25"))
      .build();
    return typed(schema, Decimal.parse("3.75"));
  },
  "decimal-scale-mismatch": () => typed(decimalSchema(2), Decimal.parse("1.5")),
  date: () => typed(DATE_SCHEMA, new Date(19782 * DAY)),
  "date-neg": () => typed(DATE_SCHEMA, new Date(-5 * DAY)),
  time: () => typed(TIME_SCHEMA, new Date(3723004)),
  timestamp: () => typed(TIMESTAMP_SCHEMA, new Date(1700000000123)),
  "timestamp-neg": () => typed(TIMESTAMP_SCHEMA, new Date(-1)),
  "date-with-time": () => typed(DATE_SCHEMA, new Date(1700000000123)),
  "timestamp-default": () =>
    typed(
      SchemaBuilder.int64()
        .name(TIMESTAMP_NAME)
        .version(1)
        .optional()
        .defaultValue(new Date(5))
        .build(),
      null,
    ),
  struct: () =>
    typed(
      OUTER,
      outer()
        .put("list", [inner(), new Struct(INNER).put("x", 2)])
        .put("dec", Decimal.parse("1.25"))
        .put("ts", new Date(1700000000000))
        .put("b", Uint8Array.of(1, 2)),
    ),
  "struct-nulls": () => typed(OUTER, outer()),
  "struct-def-set-null": () => typed(OUTER, outer().put("def", null)),
  "struct-missing-required": () => typed(OUTER, new Struct(OUTER).put("id", 1)),
  "struct-empty": () => typed(EMPTY, new Struct(EMPTY)),
  "schemaless-map": () =>
    untyped({
      s: "x",
      i: 1,
      l: 5000000000,
      d: 1.5,
      n: null,
      b: true,
      a: [1, "x", null],
      m: { k: 2 },
      by: Uint8Array.of(1),
    }),
  "schemaless-string": () => untyped("str"),
  "schemaless-int": () => untyped(5),
  "schemaless-list": () => untyped([1, 2]),
  "schemaless-date": () => untyped(new Date(5)),
  "schemaless-bigdecimal": () => untyped(Decimal.parse("1.5")),
  "schemaless-float": () => untyped(1.5),
  "schemaless-unsupported": () => untyped(new WeakSet()),
  "schemaless-map-int-key": () => untyped(new Map([[1, "a"]])),
};

function map(keys: Schema, values: Schema, ...entries: [unknown, unknown][]): GoldenValue {
  return typed(SchemaBuilder.map(keys, values).build(), new Map(entries));
}

/** @throws for a case that is not known here */
export function goldenValue(name: string): GoldenValue {
  const make = OTHERS[name];
  if (make !== undefined) return make();
  const [, type = "", text = ""] = /^(float64|float32|decimal)-(.*)$/.exec(name) ?? [];
  if (type === "float64") return typed(FLOAT64_SCHEMA, Number(text));
  if (type === "float32") return typed(FLOAT32_SCHEMA, Math.fround(Number(text)));
  if (!DECIMALS.includes(text)) throw new Error(`No value for the recorded case ${name}`);
  const decimal = Decimal.parse(text);
  return typed(decimalSchema(decimal.scale), decimal);
}
