import type { Struct } from "@millrace/connect-api";
import { BSON } from "mongodb";
import { expect, test } from "vitest";
import type { Document } from "../bson/document.ts";
import { silent } from "../silent-logger.ts";
import { readConfig } from "./config.ts";
import { EventRecords } from "./event-records.ts";

const offset = { _id: "{}" };

function make(event: Document, props: Record<string, string> = {}) {
  return new EventRecords(readConfig(props), { ns: "x" }, silent).make(event, offset);
}

/** An event of a mongod, as the driver gives it where numbers keep their types. */
const update = {
  _id: { _data: "8263" },
  operationType: "update",
  clusterTime: new BSON.Timestamp({ t: 7, i: 8 }),
  wallTime: new Date(5),
  ns: { db: "d", coll: "c" },
  documentKey: { _id: new BSON.Int32(1), shard: "s" },
  updateDescription: {
    updatedFields: { a: new BSON.Int32(2) },
    removedFields: ["b"],
    truncatedArrays: [{ field: "l", newSize: new BSON.Int32(1) }],
  },
  fullDocument: { _id: new BSON.Int32(1), a: new BSON.Int32(2) },
};

test("an update as JSON, byte for byte", () => {
  expect(make(update)).toMatchObject({
    topic: "d.c",
    key: '{"_id": 1, "shard": "s"}',
    value:
      '{"_id": {"_data": "8263"}, "operationType": "update", "clusterTime": {"$timestamp": {"t": 7, "i": 8}}, "wallTime": {"$date": 5}, "ns": {"db": "d", "coll": "c"}, "documentKey": {"_id": 1, "shard": "s"}, "updateDescription": {"updatedFields": {"a": 2}, "removedFields": ["b"], "truncatedArrays": [{"field": "l", "newSize": 1}]}, "fullDocument": {"_id": 1, "a": 2}}',
    sourceOffset: offset,
  });
});

test("an update in Java's schema", () => {
  const value = make(update, { "output.format.value": "schema" })!.value as Struct;
  expect(value.get("documentKey")).toBe('{"_id": 1, "shard": "s"}');
  expect(value.get("clusterTime")).toBe('{"$timestamp": {"t": 7, "i": 8}}');
  const description = value.getStruct("updateDescription")!;
  expect(description.get("updatedFields")).toBe('{"a": 2}');
  expect(description.get("removedFields")).toEqual(["b"]);
  const [truncated] = description.get("truncatedArrays") as Struct[];
  expect(truncated!.values).toEqual(["l", 1]);
});

test("the key is the event's id where it has no document, or the document's is not wanted", () => {
  const { documentKey: _none, ...drop } = { ...update, operationType: "drop" };
  expect(make(drop)).toMatchObject({ key: '{"_id": {"_data": "8263"}}' });
  const props = { "change.stream.document.key.as.key": "false" };
  expect(make(update, props)).toMatchObject({ key: '{"_id": {"_data": "8263"}}' });
});

test("documents only: events without one are dropped, or tombstones", () => {
  const only = { "publish.full.document.only": "true" };
  expect(make(update, only)).toMatchObject({ value: '{"_id": 1, "a": 2}' });
  const { fullDocument: _gone, ...deletion } = { ...update, operationType: "delete" };
  expect(make(deletion, only)).toBeUndefined();
  const tombstones = { ...only, "publish.full.document.only.tombstone.on.delete": "true" };
  expect(make(deletion, tombstones)).toMatchObject({ value: null, valueSchema: null });
});

test("an update whose document was gone by the time it was looked up is no delete", () => {
  const props = {
    "publish.full.document.only": "true",
    "publish.full.document.only.tombstone.on.delete": "true",
  };
  expect(make({ ...update, fullDocument: null }, props)).toBeUndefined();
});
