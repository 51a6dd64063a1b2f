import { setTimeout as sleep } from "node:timers/promises";
import { isRetriable, RetriableError } from "@millrace/connect-api";
import { startSink, startSource, TestPartition } from "@millrace/connect-testkit";
import { expect, test } from "vitest";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";
import { testDatabase } from "./mongo.ts";
import { TcpProxy } from "./tcp-proxy.ts";

test("a source whose connections are cut misses nothing", async () => {
  await using database = await testDatabase();
  await using proxy = await TcpProxy.start(database.url);
  const props = {
    ...database.props,
    "connection.uri": proxy.url,
    collection: "c",
    pipeline: JSON.stringify([{ $addFields: { ns: { db: database.db.databaseName, coll: "c" } } }]),
    "startup.mode": "copy_existing",
    "startup.mode.copy.existing.queue.size": "3",
    "poll.max.batch.size": "5",
    "poll.await.time.ms": "20",
  };
  const documents = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ _id: (from + i) as never }));
  await database.collection("c").insertMany(documents(0, 50));
  await using run = await startSource(MongoSourceConnector, props);
  const keys: unknown[] = [];
  const take = async (count: number) => {
    keys.push(...(await run.take(count)).map(({ key }) => key));
  };
  await take(10);
  for (let round = 0; round < 5; round++) {
    proxy.cut();
    await database.collection("c").insertMany(documents(50 + round * 10, 60 + round * 10));
    await take(10);
  }
  // The copy may have read what the stream has as well.
  while (new Set(keys).size < 100) await take(1);
  expect([...new Set(keys)]).toEqual(documents(0, 100).map(({ _id }) => `{"_id": ${String(_id)}}`));
});

test("a source that is stopped while it opens its stream leaves no connection behind", async () => {
  // Somewhere among these it is at each step of it.
  await Promise.all([0, 50, 100, 200, 400, 800].map(stopAfter));
});

async function stopAfter(delayMs: number): Promise<void> {
  await using database = await testDatabase();
  await using proxy = await TcpProxy.start(database.url);
  const props = { ...database.props, "connection.uri": proxy.url, collection: "c" };
  const run = await startSource(MongoSourceConnector, props);
  const poll = new AbortController();
  const polled = run.tasks[0]!.poll(poll.signal);
  await sleep(delayMs);
  poll.abort();
  await polled;
  await run.stop();
  await expect.poll(() => proxy.open, { timeout: 30_000 }).toBe(0);
}

test("a server that is not there is waited for, and named without its password (I5)", async () => {
  const uri = "mongodb://u:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50";
  const props = { "connection.uri": uri, database: "d" };
  await using sink = await startSink(MongoSinkConnector, { ...props, topics: "t" });
  const record = new TestPartition("t").append({ value: "{}" });
  const written = sink.put([record], 0);
  await expect(written).rejects.toThrow(RetriableError);
  await expect(written).rejects.not.toThrow(/hunter2/);
  await using source = await startSource(MongoSourceConnector, props);
  const signal = new AbortController().signal;
  const error: unknown = await source.tasks[0]!.poll(signal).catch((thrown: unknown) => thrown);
  expect(isRetriable(error)).toBe(true);
});

test("a configuration that leads nowhere is refused, in Java's words", async () => {
  const uri = { "connection.uri": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50" };
  for (const connector of [new MongoSourceConnector(), new MongoSinkConnector()]) {
    const values = await connector.validate({ ...uri, database: "d", topics: "t" });
    const errors = values.filter((value) => value.errors.length > 0);
    expect(errors.map((value) => [value.name, value.errors])).toEqual([
      ["connection.uri", ["Unable to connect to the server."]],
    ]);
  }
  const tried = new MongoSourceConnector().testConnection({ ...uri });
  await expect(tried).rejects.toThrow(/No answer from mongodb:\/\/127.0.0.1:1\/.*ECONNREFUSED/);
});
