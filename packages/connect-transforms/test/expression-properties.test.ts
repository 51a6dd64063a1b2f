import {
  BOOLEAN_SCHEMA,
  FLOAT64_SCHEMA,
  Float64,
  INT64_SCHEMA,
  isFloat64,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Expression } from "../src/expression/expression.ts";
import { ExpressionValue } from "../src/expression/expression-transform.ts";

// Hundreds of expressions are compiled, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

function recordOf(value: unknown, valueSchema: Schema | null): SourceRecord {
  return new SourceRecord({
    topic: "t",
    value,
    valueSchema,
    sourcePartition: {},
    sourceOffset: null,
  });
}

const INT64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);

/** As Connect has it: a number where that is exact. */
function connectInt(int: bigint): number | bigint {
  const number = Number(int);
  return Number.isSafeInteger(number) ? number : int;
}

const SCHEMA = SchemaBuilder.struct()
  .field("a", INT64_SCHEMA)
  .field("b", INT64_SCHEMA)
  .field("x", FLOAT64_SCHEMA)
  .field("s", STRING_SCHEMA)
  .field("o", OPTIONAL_STRING_SCHEMA)
  .field("t", BOOLEAN_SCHEMA)
  .field("l", SchemaBuilder.array(INT64_SCHEMA).build())
  .build();

const values = fc.record({
  a: INT64.map(connectInt),
  b: INT64.map(connectInt),
  x: fc.double({ noNaN: true }),
  s: fc.string(),
  o: fc.option(fc.string()),
  t: fc.boolean(),
  l: fc.array(INT64.map(connectInt), { maxLength: 5 }),
});

const TEXTS = [
  "value.a",
  "value.a + value.b",
  "value.a * value.b",
  "value.a % value.b",
  "value.x / 3.0",
  "value.x * value.a",
  "value.a < value.b || value.x > 0.5",
  "value.s + '-' + value.s",
  "size(value.s)",
  "has(value.o) ? value.o : value.s",
  "value.t ? value.a : value.b",
  "value.l.map(n, n / 2)",
  "value.l.filter(n, n > 0)",
  "value.l.exists(n, n == value.a)",
  "value.a in value.l",
  "value.l + [value.a]",
  "string(value.a) + string(value.t)",
];

/** The result, or the message of why there is none. */
function outcome(expression: string, value: unknown, schema: Schema | null): unknown {
  const transform = new ExpressionValue();
  transform.configure({ expression });
  try {
    return transform.apply(recordOf(value, schema))!.value;
  } catch (error) {
    return (error as Error).message.replace(/; declare its type.*/, "");
  }
}

/** What tells a whole float from an integer without a schema. */
function unboxed(value: unknown): unknown {
  return isFloat64(value) ? value.value : value;
}

test("data with and without schema have the same results", () => {
  fc.assert(
    fc.property(values, fc.constantFrom(...TEXTS), (value, text) => {
      const struct = Struct.of(SCHEMA, Object.values(value));
      const map = { ...value, x: withoutSchema(value.x) };
      const withSchema = outcome(text, struct, SCHEMA);
      const nothingKnown = typeof withSchema === "string" && withSchema.includes("nothing tells");
      fc.pre(!nothingKnown);
      expect(unboxed(outcome(text, map, null))).toEqual(withSchema);
    }),
    { numRuns: 200 },
  );
});

test("integers are exact in all 64 bits, and an overflow is an error", () => {
  const operations: [string, (a: bigint, b: bigint) => bigint][] = [
    ["+", (a, b) => a + b],
    ["-", (a, b) => a - b],
    ["*", (a, b) => a * b],
  ];
  fc.assert(
    fc.property(INT64, INT64, fc.constantFrom(...operations), (a, b, [sign, compute]) => {
      const expected = compute(a, b);
      const expression = Expression.of("e", `value.a ${sign} value.b`);
      const record = recordOf({ a: connectInt(a), b: connectInt(b) }, null);
      const fits = BigInt.asIntN(64, expected) === expected;
      const result = () => expression.evaluate(record);
      expect(fits ? result() : errorOf(result)).toBe(fits ? expected : "DataError");
    }),
  );
});

/** Data without schema. */
const { node } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    fc.oneof(INT64.map(connectInt), fc.double().map(withoutSchema), fc.string(), fc.boolean()),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("node"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

function withoutSchema(double: number): number | Float64 {
  return Number.isInteger(double) ? new Float64(double) : double;
}

test("a value that is handed on is the same", () => {
  fc.assert(
    fc.property(node, (value) => {
      const wrapped = { v: value };
      expect(outcome("value.v", wrapped, null)).toEqual(value);
      expect(outcome("[value.v][0]", wrapped, null)).toEqual(value);
      expect(outcome("[value].map(x, x.v)[0]", wrapped, null)).toEqual(value);
    }),
  );
});

/** Pieces of expressions, of which some are whole by chance. */
const WORDS =
  "value .a [0] ( ) [ ] { } , : ? 'x' 1 2.5 - == && || ! has( .map(x, .all(x, x null b'x' size( .matches( timestamp( // @ ` \\ é 😀 \n \0"
    .split(" ")
    .concat(" ", " in ");

test("no text throws anything but what is wrong with it", () => {
  const words = fc.constantFrom(...WORDS);
  const text = fc.oneof(
    fc.array(words, { maxLength: 30 }).map((list) => list.join("")),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (expression) => {
      const record = recordOf({ a: [1, { b: "x" }] }, null);
      expect(["none", "DataError", "ExpressionProblem"]).toContain(
        errorOf(() => Expression.of("e", expression).evaluate(record)),
      );
    }),
    { numRuns: 1000 },
  );
});

function errorOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as Error).name;
  }
}
