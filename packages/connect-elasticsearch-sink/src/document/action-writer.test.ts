import {
  BOOLEAN_SCHEMA,
  Float64,
  INT64_SCHEMA,
  type RecordParts,
  SchemaBuilder,
  SinkRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { type ActionOptions, ActionWriter } from "./action-writer.ts";
import { DocumentWriter } from "./document-writer.ts";

const record = (parts: Partial<RecordParts> = {}) =>
  new SinkRecord({
    topic: "Orders",
    kafkaOffset: 17,
    key: "k",
    value: { a: 1 },
    ...parts,
    kafkaPartition: 3,
  });

const KEY_SCHEMA = SchemaBuilder.struct().field("id", INT64_SCHEMA).build();
const documents = new DocumentWriter(true);
const actions = (options: Partial<ActionOptions> = {}) =>
  new ActionWriter({
    index: "orders",
    ids: "key",
    operation: "index",
    retryOnConflict: 5,
    versioning: { type: "external", versionOf: ({ kafkaOffset }) => kafkaOffset },
    pipeline: null,
    routingOf: undefined,
    documentOf: ({ valueSchema, value }) => documents.write(valueSchema, value),
    ...options,
  });

test("an insert carries the key and the offset as version", () => {
  expect(actions().write(record())).toMatchObject({
    id: "k",
    version: 17,
    lines:
      '{"index":{"_index":"orders","_id":"k","version":17,"version_type":"external"}}\n{"a":1}\n',
  });
});

test("an insert without key has the record's place in Kafka as id, and no version", () => {
  expect(actions({ ids: "place" }).write(record({ key: null }))).toMatchObject({
    id: "Orders+3+17",
    version: undefined,
    lines: '{"index":{"_index":"orders","_id":"Orders+3+17"}}\n{"a":1}\n',
  });
});

test("the place in Kafka is the one before transforms: topics merged into one keep their documents apart", () => {
  const renamed = record().newRecord({ topic: "all" });
  expect(actions({ ids: "place" }).write(renamed).id).toBe("Orders+3+17");
});

test("an insert whose id Elasticsearch makes has neither id nor version", () => {
  expect(actions({ ids: "generated" }).write(record({ key: { no: "id" } }))).toMatchObject({
    id: undefined,
    version: undefined,
    lines: '{"index":{"_index":"orders"}}\n{"a":1}\n',
  });
});

test("routing goes with every operation, a pipeline with what is written whole", () => {
  const options = { routingOf: ({ topic }: SinkRecord) => `r"${topic}`, pipeline: "p" };
  const meta = '{"_index":"orders","_id":"k","routing":"r\\"Orders"';
  const version = '"version":17,"version_type":"external"}}\n';
  expect(actions(options).write(record()).lines).toBe(
    `{"index":${meta},"pipeline":"p",${version}{"a":1}\n`,
  );
  expect(actions(options).delete(record()).lines).toBe(`{"delete":${meta},${version}`);
  expect(actions({ ...options, operation: "update" }).write(record()).lines).toMatch(
    `{"update":${meta},"retry_on_conflict":5}}`,
  );
});

test("a data stream is only added to, without versions", () => {
  expect(actions({ operation: "create" }).write(record())).toMatchObject({
    id: "k",
    version: undefined,
    lines: '{"create":{"_index":"orders","_id":"k"}}\n{"a":1}\n',
  });
});

test("an upsert merges, without version", () => {
  expect(actions({ operation: "update" }).write(record())).toMatchObject({
    id: "k",
    version: undefined,
    lines:
      '{"update":{"_index":"orders","_id":"k","retry_on_conflict":5}}\n{"doc":{"a":1},"doc_as_upsert":true}\n',
  });
});

test("an upsert refuses what would break the whole request", () => {
  expect(() => actions({ operation: "update" }).write(record({ value: "text" }))).toThrow(
    "write.method=upsert needs values that are structs, maps or JSON objects",
  );
});

test("a delete has a version beside inserts only", () => {
  expect(actions().delete(record()).lines).toBe(
    '{"delete":{"_index":"orders","_id":"k","version":17,"version_type":"external"}}\n',
  );
  expect(actions({ operation: "update" }).delete(record()).lines).toBe(
    '{"delete":{"_index":"orders","_id":"k"}}\n',
  );
});

test.each([
  ["text", STRING_SCHEMA, 'a"b', 'a"b'],
  ["whole number", INT64_SCHEMA, 12, "12"],
  ["large number", INT64_SCHEMA, 2n ** 60n, "1152921504606846976"],
  ["whole number without schema", null, -1, "-1"],
  ["struct of one field", KEY_SCHEMA, new Struct(KEY_SCHEMA).put("id", 7n), "7"],
  ["object of one field", null, { id: "a" }, "a"],
  ["object of several fields", null, { b: 'x"', a: 1 }, '[1,"x\\""]'],
  [
    "map of several fields",
    null,
    new Map([
      ["b", 2],
      ["a", 1],
    ]),
    "[1,2]",
  ],
])("a key that is a %s is the id", (_name, keySchema, key, id) => {
  const action = actions().write(record({ keySchema, key }));
  expect(action.id).toBe(id);
  expect(action.lines).toContain(`"_id":${JSON.stringify(id)}`);
});

test.each([
  ["null", null, null, "can not be null"],
  ["empty", STRING_SCHEMA, "", "can not be empty"],
  ["boolean", BOOLEAN_SCHEMA, true, "BOOLEAN is not supported as the document id"],
  ["float", null, 1.5, "number is not supported as the document id"],
  ["boxed float", null, new Float64(1), "FLOAT64 is not supported as the document id"],
  ["object of objects", null, { id: {} }, "has no fields"],
  ["list", null, [1], "object is not supported as the document id"],
  ["of fields with null", null, { a: 1, b: null }, "null is not supported as the document id"],
  ["too long", STRING_SCHEMA, "é".repeat(257), "has 514 bytes, ids have at most 512"],
])("a key that is %s is refused", (_name, keySchema, key, message) => {
  expect(() => actions().write(record({ keySchema, key }))).toThrow(message);
});

test("the longest id that Elasticsearch takes is taken", () => {
  expect(actions().write(record({ key: "é".repeat(256) })).id).toHaveLength(256);
});
