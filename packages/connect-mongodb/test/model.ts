import { isDeepStrictEqual } from "node:util";
import { MemoryOffsets, startSink, startSource, TestPartition } from "@millrace/connect-testkit";
import { type SinkRecord, type SourceRecord, TopicPartitionMap } from "@millrace/connect-api";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";
import { following } from "./following.ts";
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
 * killed again and again, until its records have had each insert and add up to the collection.
 * @throws {Error} when no more records come and they do not
 */
export async function checkSource(seed: number, operations: number): Promise<void> {
  await using database = await testDatabase();
  const random = new Random(seed);
  const offsets = new MemoryOffsets();
  const writer = new Writer(database, random);
  const reader = new Reader();
  await writer.write(Math.floor(operations / 4));
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
  // Of those written before, the copy has the last ones.
  const first = writer.inserts;
  for (let left = operations; left > 0;) {
    await using run = await startSource(MongoSourceConnector, props, { offsets });
    let records = await following(run);
    const count = Math.min(left, 1 + random.below(Math.ceil(operations / 10)));
    left -= count;
    await writer.write(count);
    records.push(...(await run.takeFor(30 + random.below(50))));
    // Now and then what is taken is lost with the worker, before it is committed.
    while (records.length > 0 && !random.chance(20)) {
      reader.apply(records);
      await run.commit();
      records = await run.takeFor(40);
    }
  }
  const documents = await database.documents("src");
  const expected = new Map(documents.map((document) => [keyText(document["_id"]), document]));
  // The rest, as long as there is any.
  const quiet = { ...props, "heartbeat.interval.ms": "0" };
  await using run = await startSource(MongoSourceConnector, quiet, { offsets });
  reader.apply(await following(run));
  while (!reader.hasAll(first, writer.inserts) || !isDeepStrictEqual(reader.documents, expected)) {
    reader.apply(await run.take(1));
  }
}

const keyText = (id: unknown): string => `{"_id": ${String(id)}}`;

/** Inserts and deletes documents of some keys; the inserts are numbered. */
class Writer {
  readonly #database: TestDatabase;
  readonly #random: Random;
  inserts = 0;

  constructor(database: TestDatabase, random: Random) {
    this.#database = database;
    this.#random = random;
  }

  async write(count: number): Promise<void> {
    const operations = Array.from({ length: count }, () => {
      const filter = { _id: this.#random.below(KEYS) as never };
      // A replacement is a delete and an insert here: the stand-in for a server tells no replacement.
      return this.#random.chance(40)
        ? [{ deleteOne: { filter } }]
        : [
            { deleteOne: { filter } },
            { insertOne: { document: { ...filter, i: this.inserts++ } } },
          ];
    });
    if (count > 0) await this.#database.collection("src").bulkWrite(operations.flat());
  }
}

/** What records add up to. */
class Reader {
  readonly documents = new Map<string, unknown>();
  readonly #inserts = new Set<number>();

  apply(records: readonly SourceRecord[]): void {
    for (const { topic, key, value } of records) {
      if (topic === "__mongodb_heartbeats") continue;
      const event = JSON.parse(String(value)) as {
        operationType: string;
        fullDocument: { i: number };
      };
      if (event.operationType === "delete") this.documents.delete(String(key));
      else {
        this.documents.set(String(key), event.fullDocument);
        this.#inserts.add(event.fullDocument.i);
      }
    }
  }

  /** Whether each insert from the first number to before the last was seen. */
  hasAll(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (!this.#inserts.has(i)) return false;
    return true;
  }
}
