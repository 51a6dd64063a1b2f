import {
  INT64_SCHEMA,
  SchemaBuilder,
  SinkRecord,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { DocumentWriter } from "./document-writer.ts";
import { TimestampedDocuments } from "./timestamped.ts";

const write = (value: unknown, fields: string[] = [], timestamp: number | null = 17) => {
  const valueSchema = value instanceof Struct ? value.schema : null;
  const record = new SinkRecord({
    topic: "t",
    kafkaPartition: 0,
    kafkaOffset: 0,
    value,
    valueSchema,
    timestamp,
  });
  return new TimestampedDocuments(new DocumentWriter(true), fields).write(record);
};

const schema = SchemaBuilder.struct()
  .field("@timestamp", SchemaBuilder.int64().optional().build())
  .field("at", TIMESTAMP_SCHEMA)
  .field("text", STRING_SCHEMA)
  .field("n", INT64_SCHEMA)
  .build();
const struct = (own: bigint | null = null) =>
  new Struct(schema)
    .put("@timestamp", own)
    .put("at", new Date(5))
    .put("text", "2026-01-01")
    .put("n", 9_007_199_254_740_993n);
const REST = '"at":5,"text":"2026-01-01","n":9007199254740993}';

test.each<[string, unknown, string[], string]>([
  ["the record's timestamp", { a: 1 }, [], '{"@timestamp":17,"a":1}'],
  ["of an empty document too", {}, [], '{"@timestamp":17}'],
  ["its own", { a: 1, "@timestamp": "2026" }, [], '{"@timestamp":"2026","a":1}'],
  ["a field", { a: 1, at: 3 }, ["at"], '{"@timestamp":3,"a":1,"at":3}'],
  ["the first that is there", { b: 3, a: null }, ["a", "b"], '{"@timestamp":3,"b":3,"a":null}'],
  ["a field rather than its own", { "@timestamp": 1, b: 3 }, ["b"], '{"@timestamp":3,"b":3}'],
  ["of a map", new Map([["@timestamp", 1]]), [], '{"@timestamp":1}'],
  ["of a struct: the record's", struct(), [], `{"@timestamp":17,${REST}`],
  ["of a struct: its own", struct(4n), [], `{"@timestamp":4,${REST}`],
  ["of a struct: a date", struct(4n), ["at"], `{"@timestamp":5,${REST}`],
  ["of a struct: a text", struct(4n), ["no", "text"], `{"@timestamp":"2026-01-01",${REST}`],
])("@timestamp is %s", (_name, value, fields, json) => {
  expect(write(value, fields)).toBe(json);
  expect(Object.keys(JSON.parse(json) as object)[0]).toBe("@timestamp");
});

test.each<[unknown, string[], number | null, RegExp]>([
  ["text", [], 17, /made of structs, maps or JSON objects/],
  [[1], [], 17, /made of structs, maps or JSON objects/],
  [{ a: {} }, ["a"], 17, /field a is no time/],
  [{ a: 1 }, [], null, /has no timestamp, and data.stream.timestamp.field names no field/],
])("%j cannot be a document of a data stream", (value, fields, timestamp, message) => {
  expect(() => write(value, fields, timestamp)).toThrow(message);
});
