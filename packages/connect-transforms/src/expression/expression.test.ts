import {
  Decimal,
  decimalSchema,
  FLOAT64_SCHEMA,
  Float64,
  Headers,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  SinkRecord,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { describe, expect, test, vi } from "vitest";
import { MAX_STEPS } from "./budget.ts";
import { entriesProblem, Expression, expressionProblem } from "./expression.ts";
import { MAX_LENGTH } from "./syntax.ts";

// What spends the whole budget takes a second, and longer on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function recordOf(value: unknown, valueSchema: Schema | null = null): SourceRecord {
  return new SourceRecord({
    topic: "t",
    value,
    valueSchema,
    sourcePartition: {},
    sourceOffset: null,
  });
}

function evaluate(text: string, value: unknown = null, schema: Schema | null = null): unknown {
  return Expression.of("expression", text).evaluate(recordOf(value, schema));
}

/** A list as an array, to compare it. */
function elements(result: unknown): unknown[] {
  return [...(result as Iterable<unknown>)];
}

const CUSTOMER = SchemaBuilder.struct()
  .optional()
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("level", SchemaBuilder.int32().defaultValue(7).build())
  .build();
const ORDER = SchemaBuilder.struct()
  .field("id", INT64_SCHEMA)
  .field("price", FLOAT64_SCHEMA)
  .field("count", INT32_SCHEMA)
  .field("amount", decimalSchema(2))
  .field("at", TIMESTAMP_SCHEMA)
  .field("customer", CUSTOMER)
  .field("tags", SchemaBuilder.array(STRING_SCHEMA).build())
  .field("limits", SchemaBuilder.map(INT32_SCHEMA, STRING_SCHEMA).build())
  .build();

function order(changes: Readonly<Record<string, unknown>> = {}): Struct {
  const struct = new Struct(ORDER)
    .put("id", 9_007_199_254_740_993n)
    .put("price", 2)
    .put("count", 3)
    .put("amount", new Decimal(1234n, 2))
    .put("at", new Date("2024-02-03T04:05:06.789Z"))
    .put("customer", new Struct(CUSTOMER).put("name", "Ada"))
    .put("tags", ["a", "b"])
    .put("limits", new Map([[1, "one"]]));
  for (const [field, value] of Object.entries(changes)) struct.put(field, value);
  return struct;
}

describe("what an expression sees", () => {
  test.for([
    ["value.id", 9_007_199_254_740_993n],
    ["value.id + 1", 9_007_199_254_740_994n],
    ["value.price", 2],
    ["value.price / 4", 0.5],
    ["value.count", 3n],
    ["value.count * value.price", 6],
    ["value.amount", "12.34"],
    ["double(value.amount) > 12.0", true],
    ["value.at.getFullYear()", 2024n],
    ["value.at.getMilliseconds()", 789n],
    ["value.at + duration('1h') > value.at", true],
    ["value.customer.name", "Ada"],
    ["value['customer']['name']", "Ada"],
    ["value.customer.level", 7n],
    ["value.tags[1]", "b"],
    ["size(value.tags)", 2n],
    ["value.limits[1]", "one"],
    ["1 in value.limits", true],
    ["'b' in value.tags", true],
    ["value.tags.exists(tag, tag == 'b')", true],
    ["value.tags.all(value, value != 'c')", true],
    ["value.limits.all(number, number == 1)", true],
    ["size(value)", 8n],
  ])("of a struct: %s", ([text, expected]) => {
    expect(evaluate(text as string, order(), ORDER)).toBe(expected);
  });

  test.for([
    ["value.id", { id: 9_007_199_254_740_993n }, 9_007_199_254_740_993n],
    ["value.n", { n: 5 }, 5n],
    ["value.n", { n: 5.5 }, 5.5],
    ["value.n", { n: new Float64(5) }, 5],
    ["value.n", new Map([["n", 5]]), 5n],
    ["value.n", { n: null }, null],
    ["value['7']", new Map([["7", "x"]]), "x"],
    ["value.list[0].x", { list: [{ x: 1 }] }, 1n],
    ["value.list == [1, [2.0, {'a': null}]]", { list: [1, [new Float64(2), { a: null }]] }, true],
    ["value.bytes == b'ab'", { bytes: Buffer.from("ab") }, true],
    ["value", "text", "text"],
  ])("of data without schema: %s", ([text, value, expected]) => {
    expect(evaluate(text as string, value)).toBe(expected);
  });

  test("of the record besides its value", () => {
    const record = new SinkRecord({
      topic: "orders",
      kafkaPartition: 3,
      kafkaOffset: 9_000_000_000,
      key: "k",
      keySchema: STRING_SCHEMA,
      timestamp: Date.UTC(2024, 1, 3),
      headers: new Headers()
        .addString("h", "first")
        .addString("h", "last")
        .add("n", 1.0, FLOAT64_SCHEMA),
    });
    const text =
      "[topic, string(partition), string(offset), key, headers.h, string(timestamp), string(headers.n), string(size(headers))]";
    expect(elements(Expression.of("expression", text).evaluate(record))).toEqual([
      "orders",
      "3",
      "9000000000",
      "k",
      "last",
      "2024-02-03T00:00:00Z",
      "1",
      "2",
    ]);
    expect(Expression.of("e", "headers.map(name, name)").evaluate(record)).toHaveProperty(
      "size",
      2,
    );
  });

  test("of one record after the other, and not of the one before", () => {
    const expression = Expression.of("expression", "value.list[0] + value.list[0]");
    expect(expression.evaluate(recordOf({ list: [1] }))).toBe(2n);
    expect(expression.evaluate(recordOf({ list: [10] }))).toBe(20n);
  });
});

describe("null and what is missing", () => {
  test.for([
    ["has(value.a)", { a: null }, false],
    ["has(value.a)", { a: 0 }, true],
    ["has(value.a)", {}, false],
    ["has(value.a.b.c)", {}, false],
    ["has(value.a.b.c)", { a: null }, false],
    ["has(value.a.b.c)", { a: { b: { c: 1 } } }, true],
    ["has(value.a)", null, false],
    ["has(headers.h)", {}, false],
    ["value.list.exists(x, has(x.a.b))", { list: [{}, { a: null }, { a: { b: 1 } }] }, true],
    ["value.a == null", { a: null }, true],
    ["value.a == 'x'", { a: null }, false],
    ["has(value.a) ? value.a : 'none'", {}, "none"],
    ["value.nothing == 1 || value.a == 2", { a: 2 }, true],
  ])("%s, %#", ([text, value, expected]) => {
    expect(evaluate(text as string, value)).toBe(expected);
  });

  test("of a struct", () => {
    const value = order({ customer: null });
    expect(evaluate("has(value.customer)", value, ORDER)).toBe(false);
    expect(evaluate("has(value.customer.name)", value, ORDER)).toBe(false);
    expect(evaluate("value.customer == null", value, ORDER)).toBe(true);
  });

  test.for([
    ["value.a", {}, "there is no value.a"],
    ["value.a.b", { a: null }, "there is no value.a.b"],
    ["value.a", null, "there is no value.a"],
    ["headers.h", {}, "there is no headers.h"],
    ["value.list[3]", { list: [] }, "index 3 out of bounds"],
    ["value.a + 1", { a: "x" }, "there is no string + int; int(), double() and string() convert"],
    ["value.a > 1", { a: "x" }, "there is no string > int"],
    ["value.a + 1", { a: 2n ** 63n - 1n }, "the int has more than 64 bits"],
    ["value.a * 0.5", { a: 9_007_199_254_740_993n }, "an int is too large to be a double exactly"],
    ["value.a / 0", { a: 1 }, "int divide by zero"],
    ["int(value.a)", { a: "1e3" }, "not an int at line 1, column "],
    ["int(value.a)", { a: "" }, "not an int"],
    ["int(value.a)", { a: "9".repeat(1_000_000) }, "not an int"],
    ["int(value.a)", { a: "9223372036854775808" }, "not an int"],
    ["uint(value.a)", { a: "18446744073709551616" }, "not a uint"],
    ["uint(value.a)", { a: "-1" }, "not a uint"],
    ["value.a.matches(value.b)", { a: "a", b: "(" }, "error parsing regexp: missing closing )"],
  ])("is an error of the record: %s, %#", ([text, value, why]) => {
    const failing = () => evaluate(text as string, value);
    expect(failing).toThrow(expect.objectContaining({ name: "DataError" }));
    expect(failing).toThrow(`The expression failed: ${why as string}`);
    expect(failing).toThrow(`It is: ${text as string}`);
  });

  test("does not print what the record has", () => {
    const secret = "s".repeat(100_000);
    const failing = () => evaluate("bool(value.a)", { a: secret });
    expect(failing).toThrow(/^The expression failed: Unable to convert [^]{1,300}$/);
    expect(failing).not.toThrow(expect.objectContaining({ cause: expect.anything() }));
  });
});

describe("what is refused with the configuration", () => {
  test.for([
    ["", "expecting"],
    ["value.a +", "line 1, column 9"],
    ["value.a\n  == ==", "line 2"],
    ["valu.a", "line 1, column 1: unknown variable valu; there are value, key"],
    ["value.a == PAID", "line 1, column 12: unknown variable PAID"],
    ["process.env", "unknown variable process"],
    ["this.constructor", "unknown variable this"],
    ["value.list.map(x, y)", "unknown variable y"],
    ["[1].all(x, x > 0) && x > 0", "unknown variable x"],
    ["eval('1')", "unknown function eval"],
    ["value.constructor('return 1')()", "line 1"],
    ["require('fs')", "unknown function require"],
    ["size(1, 2)", "function size is not called like this, but as"],
    ["value.list.all(x)", "unknown function all"],
    ["value.a.matches('(')", "missing closing )"],
    ["value.a.matches('a{1001}')", "invalid repeat count"],
    [`value.a.matches('${"a".repeat(1001)}')`, "may have 1000 characters"],
    ["google.protobuf.Timestamp{seconds: 1}", "unknown type google.protobuf.Timestamp"],
    ["@bounded(value)", "line 1, column 1"],
    [" ".repeat(MAX_LENGTH) + "1", `may have ${MAX_LENGTH}`],
    ["(".repeat(4000) + "1" + ")".repeat(4000), "nested too deeply"],
    ["[".repeat(3000) + "]".repeat(3000), "nested too deeply"],
  ])("%s", ([text, problem]) => {
    expect(expressionProblem(text!)).toContain(problem);
  });

  test.for([
    ["1", "must be a map"],
    ["{}", "the map is empty"],
    ["{topic: 1}", "must be a map with texts as names"],
    ["{'a': 1, 'a': 2}", "a is given twice"],
    ["{'a': b}", "line 1, column 7: unknown variable b"],
  ])("as a map of expressions: %s", ([text, problem]) => {
    expect(entriesProblem(text!)).toContain(problem);
  });

  test("and nothing else", () => {
    expect(
      expressionProblem("value.list.map(x, x * 2).exists(y, y > topic.size())"),
    ).toBeUndefined();
    expect(
      expressionProblem("type(value.a) == int ? [1, 2.5, null] : {'a': b'x'}"),
    ).toBeUndefined();
    expect(entriesProblem("{'a': value.b, \"c d\": 1}")).toBeUndefined();
  });
});

describe("the record is all there is", () => {
  test.for(["constructor", "__proto__", "toString", "hasOwnProperty", "size", "get"])(
    "%s is no field",
    (name) => {
      for (const value of [{}, new Map(), [], "text", 5]) {
        expect(evaluate(`has(value.${name})`, value)).toBe(false);
        expect(() => evaluate(`value.${name}`, value)).toThrow("there is no value.");
      }
      expect(() => evaluate(`value.${name}`, order(), ORDER)).toThrow("there is no value.");
      expect(() => evaluate(`value.list[0].${name}`, { list: [{}] })).toThrow(`not found: ${name}`);
    },
  );

  test("but a field of that name is one", () => {
    const value = JSON.parse('{"constructor": 1}') as object;
    expect(evaluate("value.constructor", value)).toBe(1n);
    expect(evaluate("value.__proto__", new Map([["__proto__", 2]]))).toBe(2n);
  });

  test("no variable comes from a prototype", () => {
    for (const name of ["constructor", "toString", "__proto__", "valueOf"]) {
      expect(expressionProblem(name)).toContain("unknown variable");
    }
  });

  test("it stays as it was", () => {
    const value = { list: [1, 2], map: { a: 1 } };
    evaluate("[value.list + [3], value.list.map(x, x + 1), value.list.filter(x, x > 1)]", value);
    expect(value).toEqual({ list: [1, 2], map: { a: 1 } });
  });
});

describe("an evaluation ends", () => {
  const long = Array.from({ length: 50_000 }, (_, i) => i);
  const value = { long, text: "ab".repeat(500_000), deep: nested(20_000) };

  test.for([
    "value.long.all(x, value.long.all(y, x + y >= 0))",
    "value.long.all(x, value.long.all(y, y.missing == x))",
    "value.long.exists(x, value.long.exists(y, y < 0)) || true",
    "value.long.exists_one(x, value.long.exists_one(y, y == x))",
    "size(value.long.map(x, value.long.map(y, y))) > 0",
    "size(value.long.filter(x, size(value.long.filter(y, y > x)) > 0)) > 0",
    "value.long.all(x, x in value.long)",
    "value.long.all(x, value.long == value.long.map(y, y))",
    "value.long.all(x, value.text.matches('(a|b)*a(a|b){900}[^ab]') == false)",
    "value.long.all(x, value.text.replace('a', 'b') != '')",
    "value.long.all(x, size(value.text) > 0)",
    "value.long.all(x, size(value.text.split('')) > 0)",
    "value.long.all(x, value.text + value.text != value.text)",
    `[value.long]${Array.from({ length: 40 }, (_, i) => `.map(a${i}, a${i} + a${i})`).join("")} == []`,
    `[value.text]${Array.from({ length: 40 }, (_, i) => `.map(a${i}, a${i} + a${i})`).join("")} == []`,
    "value.text.replace('a', value.text) != ''",
    "value.long.all(x, value.text.replace('a', 'b', 400000) != '')",
    "value.long.all(x, value.text.contains(value.text.substring(500000) + 'c') == false)",
    "value.long.all(x, value.text.lastIndexOf(value.text.substring(500000) + 'c') < 0)",
    "value.long.all(x, value.text.indexOf('c' + value.text.substring(500000)) < 0)",
  ])("%s", (text) => {
    expect(() => evaluate(text, value)).toThrow(`visits more than ${MAX_STEPS} elements`);
  });

  test("with a result where it is within bounds", () => {
    expect(elements(evaluate("value.long.map(x, x).filter(x, x > 49997)", value))).toEqual([
      49_998n,
      49_999n,
    ]);
    expect(evaluate("value.long.exists(x, x == 49999)", value)).toBe(true);
    expect(evaluate("value.long.exists_one(x, x == 49999)", value)).toBe(true);
    expect(evaluate("value.text.matches('(a+)+$')", value)).toBe(false);
    expect(evaluate("value.text.matches('^(a|b)*$')", value)).toBe(true);
  });

  test("with an error where it goes too deep", () => {
    expect(() => evaluate("value.deep == value.deep.map(x, x)", value)).toThrow(
      "The expression failed: Maximum call stack",
    );
  });

  test("and the next one has all of its budget again", () => {
    const expression = Expression.of("expression", "value.long.all(x, x >= 0)");
    for (let i = 0; i < 5; i++) expect(expression.evaluate(recordOf(value))).toBe(true);
  });

  test("and leaves the stacks of others as long as they were", () => {
    const before = Error.stackTraceLimit;
    expect(() => evaluate("value.missing")).toThrow("there is no value.missing");
    expect(Error.stackTraceLimit).toBe(before);
  });
});

function nested(depth: number): unknown[] {
  let list: unknown[] = [];
  for (let i = 0; i < depth; i++) list = [list];
  return list;
}

describe("texts", () => {
  test.for([
    ["'a-b'.split('-')[1]", "b"],
    ["'aXbX'.replace('X', '$&')", "a$&b$&"],
    ["'aXbX'.replace('X', '-', 1)", "a-bX"],
    ["'aXbX'.replace('X', '-', 0)", "aXbX"],
    ["'aXbX'.replace('X', '-', -1)", "a-b-"],
    ["'a😀'.replace('', '-')", "-a-😀-"],
    ["'a-b-c'.split('-', 2).join('|')", "a|b-c"],
    ["size('a-b-c'.split('-', 0))", 0n],
    ["'a😀'.split('').join('|')", "a|😀"],
    ["'ÄB'.lowerAscii()", "Äb"],
    ["' a '.trim()", "a"],
    ["'abc'.substring(1)", "bc"],
    ["['a', 'b'].join('-')", "a-b"],
    ["'%s is %d'.format(['x', 5])", "x is 5"],
    ["size('a😀')", 2n],
    ["'abc'.matches('^a.c$')", true],
    ["int('-9223372036854775808')", -(2n ** 63n)],
    ["uint('18446744073709551615') == uint(1) + uint('18446744073709551614')", true],
    ["string(1) + 'x'", "1x"],
    ["type(1) == int && type(1.5) != int && type([]) == list", true],
    ["'b' > 'a'", true],
  ])("%s", ([text, expected]) => {
    expect(evaluate(text as string)).toBe(expected);
  });
});
