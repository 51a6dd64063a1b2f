import {
  FLOAT64_SCHEMA,
  Headers,
  INT32_SCHEMA,
  type Props,
  type RecordParts,
  SchemaBuilder,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { ExpressionPredicate } from "./expression-predicate.ts";
import { ExpressionRecord } from "./expression-record.ts";

function recordOf(parts: Partial<RecordParts>): SourceRecord {
  return new SourceRecord({
    topic: "orders",
    kafkaPartition: 1,
    timestamp: 5,
    sourcePartition: {},
    sourceOffset: null,
    ...parts,
  });
}

function transform(props: Props): ExpressionRecord {
  const made = new ExpressionRecord();
  made.configure(props);
  return made;
}

describe("Expression$Record", () => {
  test("sets topic, partition and timestamp", () => {
    const set = transform({
      topic: "topic + '-' + value.country.lowerAscii()",
      partition: "value.id % 4",
      timestamp: "timestamp(value.at)",
    });
    const value = { country: "DE", id: 7, at: "2024-01-01T00:00:00.5Z" };
    expect(set.apply(recordOf({ value }))).toMatchObject({
      topic: "orders-de",
      kafkaPartition: 3,
      timestamp: Date.UTC(2024, 0, 1) + 500,
      value,
    });
  });

  test("takes an int as the milliseconds of a timestamp", () => {
    const set = transform({ timestamp: "value" });
    expect(set.apply(recordOf({ value: 12_345 }))).toMatchObject({ timestamp: 12_345 });
  });

  test("sets, replaces and removes headers, each of the record as it was", () => {
    const headers = new Headers().addString("a", "1").addString("b", "2").addString("a", "3");
    const set = transform({
      headers: "{'a': headers.b, 'b': null, 'c': headers.a + topic, 'd': value.n, 'e': 5}",
      types: "e:int32",
    });
    const schema = SchemaBuilder.struct().field("n", FLOAT64_SCHEMA).build();
    const record = recordOf({ headers, valueSchema: schema, value: Struct.of(schema, [1]) });
    expect([...set.apply(record)!.headers]).toEqual([
      { key: "a", value: "2", schema: STRING_SCHEMA },
      { key: "c", value: "3orders", schema: STRING_SCHEMA },
      { key: "d", value: 1, schema: FLOAT64_SCHEMA },
      { key: "e", value: 5, schema: INT32_SCHEMA },
    ]);
    expect([...headers]).toHaveLength(3);
  });

  test("gives headers a type each, one record after the other", () => {
    const set = transform({ headers: "{'h': value}" });
    const types = [1, "x", true].map((value) => [...set.apply(recordOf({ value }))!.headers][0]!);
    expect(types.map(({ schema }) => schema!.type)).toEqual(["INT64", "STRING", "BOOLEAN"]);
  });

  test("leaves things as they are where the result is null, or drops the record", () => {
    const props = { topic: "has(value.t) ? value.t : null", timestamp: "null", partition: "null" };
    expect(transform(props).apply(recordOf({ value: {} }))).toMatchObject({
      topic: "orders",
      kafkaPartition: 1,
      timestamp: 5,
    });
    const dropping = transform({ topic: props.topic, "drop.null": "true" });
    expect(dropping.apply(recordOf({ value: {} }))).toBeNull();
    expect(dropping.apply(recordOf({ value: { t: "x" } }))).toMatchObject({ topic: "x" });
  });

  test.for<[Props, string]>([
    [{ topic: "''" }, "The expression of the topic failed: a topic must be a string"],
    [{ topic: "5" }, "a topic must be a string that is not empty. It is: 5"],
    [{ partition: "-1" }, "a partition must be an int that is not negative"],
    [{ partition: "2147483648" }, "a partition must be an int"],
    [{ partition: "1.0" }, "a partition must be an int"],
    [{ timestamp: "-1" }, "the milliseconds are out of range"],
    [{ timestamp: "'2024'" }, "it gives a string, which is no timestamp"],
    [{ headers: "{'h': []}" }, "The expression of h failed: nothing tells what its list is of"],
  ])("refuses records for %o", ([props, why]) => {
    const failing = () => transform(props).apply(recordOf({ value: {} }));
    expect(failing).toThrow(expect.objectContaining({ name: "DataError" }));
    expect(failing).toThrow(why);
  });

  test.for<[Props, string]>([
    [{}, "set this, partition, timestamp or headers"],
    [{ topic: "top" }, "configuration topic: line 1, column 1: unknown variable top"],
    [{ headers: "'h'" }, "configuration headers: it must be a map"],
    [{ headers: "{'h': 1}", types: "g:int8" }, "there are h, so write name:type"],
  ])("is not configured with %o", ([props, problem]) => {
    expect(() => transform(props)).toThrow(expect.objectContaining({ name: "ConfigError" }));
    expect(() => transform(props)).toThrow(problem);
  });
});

describe("the predicate", () => {
  const predicate = (expression: string) => {
    const made = new ExpressionPredicate();
    made.configure({ expression });
    return made;
  };

  test("is true where its expression is", () => {
    const paid = predicate("value.status == 'PAID' && value.total > 100");
    expect(paid.test(recordOf({ value: { status: "PAID", total: 100.5 } }))).toBe(true);
    expect(paid.test(recordOf({ value: { status: "PAID", total: 100 } }))).toBe(false);
    expect(paid.test(recordOf({ value: { status: "OPEN" } }))).toBe(false);
  });

  test("fails where that gives something else, or nothing", () => {
    const record = recordOf({ value: { n: null } });
    for (const text of ["1", "value.n", "'true'"]) {
      expect(() => predicate(text).test(record)).toThrow(
        `The condition failed: a condition must give true or false. It is: ${text}`,
      );
    }
    expect(() => predicate("value.x").test(record)).toThrow("there is no value.x");
  });

  test("is not configured without an expression, or with none", () => {
    expect(() => new ExpressionPredicate().configure({})).toThrow('"expression"');
    expect(() => predicate("topic ==")).toThrow("configuration expression: line 1, column");
  });
});
