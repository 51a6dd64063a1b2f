import { MemoryOffsets, startSink, startSource, TestPartition } from "@millrace/connect-testkit";
import { type SinkRecord, TopicPartitionMap } from "@millrace/connect-api";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";
import { type Document, testDatabase, type TestDatabase } from "./mongo.ts";
import { Random } from "./random.ts";

const KEYS = 50;

/**
 * Puts random writes and deletes of some keys through the sink, which is killed again and again
 * and goes on from what was committed, and gives the collection and a model to compare.
 */
export async function checkSink(seed: number, operations: number, props: Record<string, string>) {
  await using database = await testDatabase();
  const random = new Random(seed);
  const [records, model] = randomLog(random, operations);
  let committed = 0;
  while (committed < records.length) {
    const run = await startSink(MongoSinkConnector, {
      ...database.props,
      topics: "log",
      collection: "dst",
      "delete.on.null.values": "true",
      ...props,
    });
    let at = committed;
    for (let puts = 1 + random.below(20); puts > 0 && at < records.length; puts--) {
      const batch = records.slice(at, at + 1 + random.below(500));
      await run.put(batch);
      at += batch.length;
      if (random.chance(30)) committed = lastOf(await run.commit());
    }
    if (random.chance(50)) await run.crash();
    else {
      await run.stop();
      committed = lastOf(run.committed);
    }
  }
  return { found: await database.documents("dst"), expected: model };
}

/** Records, and the documents that they leave. */
function randomLog(random: Random, operations: number): [SinkRecord[], Document[]] {
  const partition = new TestPartition("log");
  const model = new Map<number, Document>();
  const records: SinkRecord[] = [];
  for (let i = 0; i < operations; i++) {
    const _id = random.below(KEYS);
    const document = random.chance(20) ? undefined : { _id, i, text: `v${random.below(1000)}` };
    if (document === undefined) model.delete(_id);
    else model.set(_id, document);
    const value = document === undefined ? null : JSON.stringify(document);
    records.push(partition.append({ key: `{"_id": ${_id}}`, value }));
  }
  return [records, [...model.values()].sort((a, b) => Number(a["_id"]) - Number(b["_id"]))];
}

function lastOf(offsets: TopicPartitionMap<number>): number {
  return offsets.get({ topic: "log", partition: 0 }) ?? 0;
}

/**
 * Writes random inserts and deletes while a source copies and follows the collection, which is
 * killed again and again, and gives what its records add up to and the collection to compare.
 */
export async function checkSource(seed: number, operations: number) {
  await using database = await testDatabase();
  const random = new Random(seed);
  const offsets = new MemoryOffsets();
  const seen = new Map<string, unknown>();
  await write(database, random, Math.floor(operations / 4));
  const props = {
    ...database.props,
    collection: "src",
    "startup.mode": "copy_existing",
    "poll.await.time.ms": "20",
    "heartbeat.interval.ms": "1",
    "poll.max.batch.size": "200",
    pipeline: JSON.stringify([
      { $addFields: { ns: { db: database.db.databaseName, coll: "src" } } },
    ]),
  };
  let left = operations;
  let idle = 0;
  while (left > 0 || idle < 2) {
    await using run = await startSource(MongoSourceConnector, props, { offsets });
    await run.takeFor(20); // the stream is open before more is written
    const count = Math.min(left, 1 + random.below(Math.ceil(operations / 10)));
    left -= count;
    await write(database, random, count);
    let records = await run.takeFor(30 + random.below(50));
    let taken = 0;
    // Now and then what is taken is lost with the worker, before it is committed.
    while (records.length > 0) {
      const pending = records;
      if (left > 0 && random.chance(20)) break;
      for (const { topic, key, value } of pending) {
        if (topic !== "__mongodb_heartbeats") apply(seen, String(key), String(value));
      }
      taken += pending.filter(({ topic }) => topic !== "__mongodb_heartbeats").length;
      await run.commit();
      records = await run.takeFor(40);
    }
    idle = left > 0 || taken > 0 ? 0 : idle + 1;
  }
  const documents = await database.documents("src");
  const expected = documents.map((document) => [`{"_id": ${String(document["_id"])}}`, document]);
  return { found: Object.fromEntries(seen), expected: Object.fromEntries(expected) as unknown };
}

async function write(database: TestDatabase, random: Random, count: number): Promise<void> {
  const operations = Array.from({ length: count }, (_, i) => {
    const filter = { _id: random.below(KEYS) as never };
    // A replacement is a delete and an insert here: the stand-in for a server tells no replacement.
    return random.chance(40)
      ? [{ deleteOne: { filter } }]
      : [{ deleteOne: { filter } }, { insertOne: { document: { ...filter, i } } }];
  });
  if (count > 0) await database.collection("src").bulkWrite(operations.flat());
}

function apply(seen: Map<string, unknown>, key: string, value: string): void {
  const event = JSON.parse(value) as { operationType: string; fullDocument: unknown };
  if (event.operationType === "delete") seen.delete(key);
  else seen.set(key, event.fullDocument);
}
