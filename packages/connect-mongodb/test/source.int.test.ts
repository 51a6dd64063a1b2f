import { type Props, type SourceRecord, Struct } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { BSON, ObjectId } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MongoSourceConnector } from "../src/index.ts";
import { following } from "./following.ts";
import { hasReplicaSet, testDatabase, type TestDatabase } from "./mongo.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const isReplicaSet = await hasReplicaSet();

let collections = 0;
const collectionName = () => `c${++collections}`;

/** The stand-in for a server leaves the namespace out of its events. */
const withNamespace = (collection: string): string =>
  JSON.stringify([{ $addFields: { ns: { db: database.db.databaseName, coll: collection } } }]);

function propsFor(collection: string, props: Props = {}): Props {
  return {
    ...database.props,
    collection,
    pipeline: withNamespace(collection),
    "poll.await.time.ms": "50",
    ...props,
  };
}

const start = (collection: string, props: Props = {}, offsets = new MemoryOffsets()) =>
  startSource(MongoSourceConnector, propsFor(collection, props), { offsets });

const keys = (records: readonly SourceRecord[]) => records.map(({ key }) => key);
const values = (records: readonly SourceRecord[]) =>
  records.map(({ value }) => (value === null ? null : (JSON.parse(value as string) as unknown)));

describe("change stream", () => {
  test("events come in order, and a restart goes on behind the last committed", async () => {
    const name = collectionName();
    const offsets = new MemoryOffsets();
    {
      await using run = await start(name, {}, offsets);
      await following(run);
      await database
        .collection(name)
        .insertMany([1, 2, 3].map((id) => ({ _id: id as never, n: id })));
      const records = await run.take(3);
      expect(keys(records)).toEqual(['{"_id": 1}', '{"_id": 2}', '{"_id": 3}']);
      expect(records[0]).toMatchObject({ topic: `${database.db.databaseName}.${name}` });
      expect(values(records)[2]).toMatchObject({
        operationType: "insert",
        fullDocument: { _id: 3, n: 3 },
      });
      await run.commit();
      const committed = await offsets.offset(records[2]!.sourcePartition);
      expect(committed).toEqual({ _id: expect.stringMatching(/^\{"_data": "/) });
    }
    await database.collection(name).deleteOne({ _id: 2 as never });
    await database.collection(name).insertOne({ _id: 4 as never });
    await using again = await start(name, {}, offsets);
    const records = await again.take(2);
    expect(keys(records)).toEqual(['{"_id": 2}', '{"_id": 4}']);
    expect(values(records)[0]).toMatchObject({ operationType: "delete" });
  });

  test("documents only, with tombstones for deletes", async () => {
    const name = collectionName();
    const props = {
      "publish.full.document.only": "true",
      "publish.full.document.only.tombstone.on.delete": "true",
    };
    await using run = await start(name, props);
    await following(run);
    await database.collection(name).insertOne({ _id: 1 as never, a: 1 });
    await database.collection(name).deleteOne({ _id: 1 as never });
    const records = await run.take(2);
    expect(values(records)).toEqual([{ _id: 1, a: 1 }, null]);
    expect(records[1]).toMatchObject({ key: '{"_id": 1}', valueSchema: null });
  });

  test("BSON in keys and values is the documents' own", async () => {
    const name = collectionName();
    const props = {
      "output.format.key": "bson",
      "output.format.value": "bson",
      "publish.full.document.only": "true",
    };
    await using run = await start(name, props);
    await following(run);
    const _id = new ObjectId();
    await database
      .collection(name)
      .insertOne({ _id, l: BSON.Long.fromNumber(5), d: new BSON.Double(1) });
    const [record] = await run.take(1);
    expect(BSON.deserialize(record!.key as Uint8Array)).toEqual({ _id });
    const value = BSON.deserialize(record!.value as Uint8Array, { promoteValues: false });
    expect(value).toEqual({ _id, l: BSON.Long.fromNumber(5), d: new BSON.Double(1) });
  });

  test("Java's schemas, which have documents as texts", async () => {
    const name = collectionName();
    const props = { "output.format.key": "schema", "output.format.value": "schema" };
    await using run = await start(name, props);
    await following(run);
    await database.collection(name).insertOne({ _id: 1 as never, a: "x" });
    const [record] = await run.take(1);
    const [key, value] = [record!.key as Struct, record!.value as Struct];
    expect(key.schema.name).toBe("keySchema");
    expect(key.get("_id")).toMatch(/^\{"_data": "/);
    expect(value.schema.name).toBe("ChangeStream");
    expect(value.get("fullDocument")).toBe('{"_id": 1, "a": "x"}');
    expect(value.getStruct("ns")!.get("coll")).toBe(name);
    expect(value.get("updateDescription")).toBeNull();
  });

  test("what cannot be converted is skipped into the dead-letter topic, or fails the task", async () => {
    const name = collectionName();
    const schema = JSON.stringify({
      type: "record",
      name: "r",
      fields: [{ name: "n", type: "int" }],
    });
    const props = {
      "publish.full.document.only": "true",
      "output.format.value": "schema",
      "output.schema.value": schema,
    };
    const documents = [
      { _id: 1 as never, n: 1 },
      { _id: 2 as never, n: "text" },
      { _id: 3 as never, n: 3 },
    ];
    {
      const tolerant = {
        ...props,
        "mongo.errors.tolerance": "all",
        "mongo.errors.deadletterqueue.topic.name": "dead",
      };
      await using run = await start(name, tolerant);
      await following(run);
      await database.collection(name).insertMany(documents);
      const records = await run.take(3);
      expect(records.map(({ topic }) => topic.split(".").at(-1))).toEqual([name, "dead", name]);
      expect(records[1]).toMatchObject({
        key: '{"_id": 2}',
        value: expect.stringContaining('"n": "text"'),
      });
    }
    const strict = {
      ...props,
      "startup.mode": "timestamp",
      "startup.mode.timestamp.start.at.operation.time": "1",
    };
    await using run = await start(name, strict);
    await expect(run.take(3)).rejects.toThrow(/value was of type: string.*Key=\{"_id": 2\}/);
  });

  test("events of no topic are dropped; heartbeats say how far the stream is", async () => {
    const name = collectionName();
    await using run = await start(name, {
      pipeline: '[{"$project": {"ns": 0}}]',
      "heartbeat.interval.ms": "1",
    });
    await following(run);
    await database.collection(name).insertOne({ _id: 1 as never });
    const [record] = await run.take(1);
    expect(record).toMatchObject({
      topic: "__mongodb_heartbeats",
      value: null,
      key: expect.stringMatching(/^\{"_data": "/),
    });
    expect(record!.sourceOffset).toEqual({ _id: record!.key, HEARTBEAT: "true" });
  });

  test("an offset that a Java worker has written is gone on from", async () => {
    const name = collectionName();
    const first = await start(name);
    await following(first);
    await database.collection(name).insertMany([1, 2].map((id) => ({ _id: id as never })));
    const [one] = await first.take(2);
    await first.stop();
    const { ns } = one!.sourcePartition as { ns: string };
    expect(ns).toBe(
      `${database.url.replace(/\/?(\?.*)?$/, "")}/${database.db.databaseName}.${name}`,
    );
    for (const extra of [{}, { HEARTBEAT: "true" }]) {
      const offsets = new MemoryOffsets();
      offsets.set({ ns }, { ...one!.sourceOffset, ...extra });
      await using run = await start(name, {}, offsets);
      expect(keys(await run.take(1))).toEqual(['{"_id": 2}']);
    }
  });

  test("an offset that is none fails the task, by name", async () => {
    const offsets = new MemoryOffsets();
    offsets.set({ ns: "mine" }, { _id: "rubbish" });
    await using run = await start(collectionName(), { "offset.partition.name": "mine" }, offsets);
    await expect(run.take(1)).rejects.toThrow(/rubbish.*no resume token.*reset it/);
  });
});

describe("copy", () => {
  const copying = {
    "startup.mode": "copy_existing",
    "publish.full.document.only": "true",
    pipeline: "[]",
  };

  test("of a database: all collections but the server's own, each document once", async () => {
    await using own = await testDatabase();
    for (const name of ["a", "b", "skipped"]) {
      await own
        .collection(name)
        .insertMany([1, 2, 3, 4, 5].map((id) => ({ _id: `${name}${id}` as never })));
    }
    const props = {
      ...own.props,
      ...copying,
      "startup.mode.copy.existing.namespace.regex": String.raw`\.(a|b)$`,
      "poll.await.time.ms": "50",
    };
    await using run = await startSource(MongoSourceConnector, props);
    const records = await run.take(10);
    expect(keys(records).map(String).sort()).toEqual(
      ["a", "b"].flatMap((name) => [1, 2, 3, 4, 5].map((id) => `{"_id": "${name}${id}"}`)),
    );
  });

  test("goes on where it was after each stop, ids of any type, nothing twice", async () => {
    const name = collectionName();
    const ids = [
      null,
      1,
      2.5,
      "a",
      "b",
      { x: 1 },
      new ObjectId(),
      true,
      new Date(5),
      BSON.Long.fromNumber(7),
    ];
    await database.collection(name).insertMany(ids.map((_id) => ({ _id: _id as never })));
    const offsets = new MemoryOffsets();
    const found: unknown[] = [];
    while (found.length < ids.length) {
      await using run = await start(name, { ...copying, "poll.max.batch.size": "3" }, offsets);
      found.push(...keys(await run.take(Math.min(3, ids.length - found.length))));
      await run.commit();
    }
    expect(new Set(found).size).toBe(ids.length);
  });

  test("is followed by what happened meanwhile, then by the stream", async () => {
    const name = collectionName();
    await database.collection(name).insertMany([1, 2, 3].map((id) => ({ _id: id as never })));
    const props = { ...copying, pipeline: withNamespace(name), "poll.max.batch.size": "1" };
    await using run = await start(name, props);
    const copied = await run.take(2);
    await database.collection(name).insertOne({ _id: 4 as never });
    const rest = await run.take(2);
    expect(keys([...copied, ...rest])).toEqual([1, 2, 3, 4].map((id) => `{"_id": ${id}}`));
    expect(copied[1]!.sourceOffset).toMatchObject({
      _id: '{"_id": 2, "copyingData": true}',
      copy: "true",
    });
  });

  test("that is stopped is followed by what happened until it was started again", async () => {
    const name = collectionName();
    await database.collection(name).insertMany([1, 2, 3].map((id) => ({ _id: id as never })));
    const offsets = new MemoryOffsets();
    const props = { ...copying, pipeline: withNamespace(name), "poll.max.batch.size": "1" };
    {
      await using run = await start(name, props, offsets);
      await run.take(1);
      await run.commit();
    }
    await database.collection(name).deleteOne({ _id: 1 as never });
    await using run = await start(
      name,
      { ...props, "publish.full.document.only.tombstone.on.delete": "true" },
      offsets,
    );
    const records = await run.take(3);
    expect(keys(records)).toEqual([2, 3, 1].map((id) => `{"_id": ${id}}`));
    expect(records[2]!.value).toBeNull();
  });

  test("of an empty collection ends at once", async () => {
    const name = collectionName();
    await using run = await start(name, { ...copying, pipeline: withNamespace(name) });
    await following(run);
    await database.collection(name).insertOne({ _id: 1 as never });
    expect(keys(await run.take(1))).toEqual(['{"_id": 1}']);
  });

  test("Java's offset of a copy has it copied again", async () => {
    const name = collectionName();
    await database.collection(name).insertMany([1, 2].map((id) => ({ _id: id as never })));
    const offsets = new MemoryOffsets();
    offsets.set({ ns: "java" }, { _id: '{"_id": 1, "copyingData": true}', copy: "true" });
    await using run = await start(name, { ...copying, "offset.partition.name": "java" }, offsets);
    expect(keys(await run.take(2))).toEqual(['{"_id": 1}', '{"_id": 2}']);
  });
});

// mongo-java-server has none of these: there is nothing to test without a replica set.
describe.each(isReplicaSet ? ["on a replica set"] : [])("%s", () => {
  const whole = { pipeline: "[]" };

  test("updates, replaces and pre-images", async () => {
    const name = collectionName();
    await database.db.createCollection(name, { changeStreamPreAndPostImages: { enabled: true } });
    const props = {
      ...whole,
      "change.stream.full.document": "required",
      "change.stream.full.document.before.change": "required",
    };
    await using run = await start(name, props);
    await following(run);
    const collection = database.collection(name);
    await collection.insertOne({ _id: 1 as never, a: 1, b: 1 });
    await collection.updateOne({ _id: 1 as never }, { $set: { a: 2 }, $unset: { b: 1 } });
    await collection.replaceOne({ _id: 1 as never }, { z: 1 });
    await collection.deleteOne({ _id: 1 as never });
    const records = values(await run.take(4));
    expect(records).toMatchObject([
      { operationType: "insert" },
      {
        operationType: "update",
        updateDescription: { updatedFields: { a: 2 }, removedFields: ["b"] },
        fullDocument: { _id: 1, a: 2 },
        fullDocumentBeforeChange: { _id: 1, a: 1, b: 1 },
      },
      { operationType: "replace", fullDocument: { _id: 1, z: 1 } },
      { operationType: "delete", fullDocumentBeforeChange: { _id: 1, z: 1 } },
    ]);
  });

  test("an event larger than 16 MB is put together again", async () => {
    const name = collectionName();
    await database.db.createCollection(name, { changeStreamPreAndPostImages: { enabled: true } });
    const props = {
      ...whole,
      "change.stream.full.document": "updateLookup",
      "change.stream.full.document.before.change": "whenAvailable",
    };
    await using run = await start(name, props);
    await following(run);
    await database.collection(name).insertOne({ _id: 1 as never, x: "x".repeat(9 << 20) });
    await database
      .collection(name)
      .updateOne({ _id: 1 as never }, { $set: { x: "y".repeat(9 << 20) } });
    const [, update] = values(await run.take(2));
    expect(update).toMatchObject({
      operationType: "update",
      fullDocument: { _id: 1 },
      fullDocumentBeforeChange: { _id: 1 },
    });
  });

  test("a dropped and recreated collection goes on behind the invalidation", async () => {
    const name = collectionName();
    await database.collection(name).insertOne({ _id: 1 as never });
    await using run = await start(name, whole);
    await following(run);
    await database.collection(name).drop();
    await database.collection(name).insertOne({ _id: 2 as never });
    const events = values(await run.take(3)) as { operationType: string }[];
    expect(events.map(({ operationType }) => operationType)).toEqual([
      "drop",
      "invalidate",
      "insert",
    ]);
  });

  const gone = (choice: string) => {
    const offsets = new MemoryOffsets();
    offsets.set({ ns: "gone" }, { _id: '{"_data": "8200000001000000012B0229296E04"}' });
    const props = {
      ...whole,
      "offset.partition.name": "gone",
      "errors.tolerance": "all",
      "change.stream.history.lost": choice,
    };
    return { props, offsets };
  };

  test("a token that is gone fails the task, whatever is tolerated", async () => {
    const { props, offsets } = gone("fail");
    await using run = await start(collectionName(), props, offsets);
    await expect(run.take(1)).rejects.toThrow(/ResumeToken not found/);
  });

  test.each([
    ["copy_existing", ['{"_id": 1}', '{"_id": 2}']],
    ["latest", ['{"_id": 2}']],
  ])("a token that is gone: %s", async (choice, expected) => {
    const name = collectionName();
    await database.collection(name).insertOne({ _id: 1 as never });
    const { props, offsets } = gone(choice);
    await using run = await start(name, props, offsets);
    const early = await following(run);
    await database.collection(name).insertOne({ _id: 2 as never });
    const late = await run.take(expected.length - early.length);
    expect(keys([...early, ...late])).toEqual(expected);
  });
});
