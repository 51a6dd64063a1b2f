import { describe, expect, test } from "vitest";
import { Headers } from "./headers.ts";
import { SinkRecord, SourceRecord } from "./record.ts";
import { STRING_SCHEMA } from "./schema.ts";

const source = () =>
  new SourceRecord({
    sourcePartition: { file: "a" },
    sourceOffset: { position: 1 },
    topic: "t",
    keySchema: STRING_SCHEMA,
    key: "k",
    value: "v",
    timestamp: 5,
    headers: new Headers().addString("h", "1"),
  });

const sink = () =>
  new SinkRecord({ topic: "t", kafkaPartition: 3, kafkaOffset: 42, key: "k", value: "v" });

describe("a changed copy", () => {
  test("keeps what was not changed", () => {
    const record = source();
    const copy = record.newRecord({ topic: "u", value: null });
    expect(copy).toMatchObject({ topic: "u", value: null, key: "k", timestamp: 5 });
    expect(copy.keySchema).toBe(STRING_SCHEMA);
    expect(copy.sourcePartition).toBe(record.sourcePartition);
    expect(copy.sourceOffset).toBe(record.sourceOffset);
  });

  test("has null for what is given as undefined", () => {
    const { key, keySchema, value } = source().newRecord({ key: undefined, keySchema: undefined });
    expect([key, keySchema, value]).toEqual([null, null, "v"]);
  });

  test("has headers of its own unless it is given some", () => {
    const record = source();
    const copy = record.newRecord({ headers: undefined });
    copy.headers.addString("h", "2");
    expect([record.headers.size, copy.headers.size]).toEqual([1, 2]);
    const given = new Headers();
    expect(record.newRecord({ headers: given }).headers).toBe(given);
    expect(record.newRecord({ headers: null }).hasHeaders).toBe(false);
  });

  test("of a sink record remembers where it came from", () => {
    const copy = sink().newRecord({ topic: "u", kafkaPartition: 0 });
    expect(copy).toMatchObject({
      topic: "u",
      kafkaPartition: 0,
      kafkaOffset: 42,
      originalTopic: "t",
      originalKafkaPartition: 3,
      originalKafkaOffset: 42,
    });
    expect(copy.newRecord({ topic: "w" }).originalTopic).toBe("t");
    expect(copy.newRecord({ kafkaPartition: null }).kafkaPartition).toBe(0);
  });
});

test("a record without headers makes them when they are asked for", () => {
  const record = sink();
  expect(record.hasHeaders).toBe(false);
  record.headers.addString("h", "1");
  expect(record.hasHeaders).toBe(true);
  expect(record.headers.size).toBe(1);
});

test("what is left out is null", () => {
  const record = new SourceRecord({ sourcePartition: {}, sourceOffset: null, topic: "t" });
  const { kafkaPartition, keySchema, key, valueSchema, value, timestamp } = record;
  expect([kafkaPartition, keySchema, key, valueSchema, value, timestamp]).toEqual(
    Array.from({ length: 6 }, () => null),
  );
  expect(sink().timestampType).toBe("CreateTime");
});
