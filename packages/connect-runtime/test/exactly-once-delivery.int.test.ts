import { randomUUID } from "node:crypto";
import { type Logger, SourceRecord, type SourceTask } from "@millrace/connect-api";
import { KafkaClient, Producer } from "@millrace/kafka-client";
import { sharedKafka } from "@millrace/services";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { ExactlyOnceDelivery } from "../src/source/delivery-exactly-once.ts";
import { TransactionalOffsets } from "../src/source/transactional-offsets.ts";
import { KafkaOffsetStore } from "../src/store/kafka-offset-store.ts";
import { newCounters } from "../src/task/counters.ts";
import { TaskMeasures } from "../src/task/measures.ts";
import { TaskLife } from "../src/task/life.ts";
import { createTopic, readRecords, uniqueName, writeRecords } from "./support/kafka-topics.ts";

const noop = () => {};
const logger: Logger = { trace: noop, debug: noop, info: noop, warn: noop, error: noop };
const PARTITION = { table: "t", db: "d" };

let servers: string;
beforeAll(async () => {
  servers = await sharedKafka();
});

/** A connector's topics on a real broker, the offset store of its worker, and tasks that write there. */
async function setting() {
  const topic = uniqueName("records");
  const offsetsTopic = uniqueName("offsets");
  const transactionalId = `group-${randomUUID()}-c-0`;
  await createTopic(servers, topic, 1, {});
  await createTopic(servers, offsetsTopic, 3, { "cleanup.policy": "compact" });
  const client = new KafkaClient({ bootstrapServers: [servers] });
  const store = new KafkaOffsetStore({
    client,
    topic: {
      kind: "offset",
      name: offsetsTopic,
      partitions: 3,
      replicationFactor: 1,
      settings: { "cleanup.policy": "compact" },
    },
    logger,
  });
  onTestFinished(async () => {
    await store.stop();
    await client.close();
  });

  /** As a task's thread has it; it lives on when nobody stops it, as a zombie does. */
  const task = async () => {
    const own = new KafkaClient({ bootstrapServers: [servers] });
    const producer = new Producer(own, { transactionalId });
    onTestFinished(async () => {
      await producer.close(0);
      await own.close();
    });
    const delivery = new ExactlyOnceDelivery({
      task: {} as SourceTask,
      producer,
      transactionalId,
      transactionTimeoutMs: 60_000,
      boundary: { kind: "connector" },
      appender: {
        append: (group, { value }) => {
          group.append(topic, 0, -1, null, String(value));
          return "appended";
        },
      },
      offsets: new TransactionalOffsets({
        connector: "c",
        topic: offsetsTopic,
        client: own,
        keysThere: (keys) => store.keysThere(keys),
        copy: undefined,
      }),
      isCurrent: async () => true,
      tolerance: { settled: async () => undefined },
      commitsFilteredOffsets: false,
      counters: newCounters(),
      measures: new TaskMeasures(),
      life: new TaskLife("STARTED"),
      logger,
    });
    await own.metadata([topic]);
    await delivery.start();
    return delivery;
  };
  const values = async () => (await readRecords(servers, topic)).map(({ value }) => value);
  return { topic, offsetsTopic, store, task, values };
}

function records(from: number, count: number): SourceRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const position = from + i;
    const sourceOffset = { position };
    return new SourceRecord({
      topic: "t",
      sourcePartition: PARTITION,
      sourceOffset,
      value: position,
    });
  });
}

const KEY = '["c",{"db":"d","table":"t"}]';

it("a task that is gone between records and commit leaves neither behind; the next one sends them", async () => {
  const { store, task, values } = await setting();
  await store.start();
  const first = await task();
  await first.send(records(0, 3));
  first.transactionContext!.commitTransaction();
  await first.send([]);
  // Sent, and never committed: its worker hangs.
  await first.send(records(3, 4));

  const second = await task();
  expect(await store.get([KEY])).toEqual(['{"position":2}']);
  second.transactionContext!.commitTransaction();
  await second.send(records(3, 4));
  expect(await store.get([KEY])).toEqual(['{"position":6}']);

  // The first one comes back to life.
  first.transactionContext!.commitTransaction();
  await expect(first.send(records(7, 1))).rejects.toThrow(/was fenced off/);
  await first.finish(true);
  expect(await values()).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
});

it("what a connector aborts is skipped: its records are not there, its offsets are", async () => {
  const { store, task, values } = await setting();
  await store.start();
  const delivery = await task();
  const batch = records(0, 6);
  delivery.transactionContext!.abortTransaction(batch[2]);
  delivery.transactionContext!.commitTransaction(batch[4]);
  await delivery.send(batch);
  expect(await values()).toEqual(["3", "4"]);
  expect(await store.get([KEY])).toEqual(['{"position":4}']);
  expect([...(await store.entries("c")).values()]).toEqual(['{"position":4}']);
});

it("an offset keeps the key, and with it the partition, that it has in the topic", async () => {
  const { store, task, offsetsTopic } = await setting();
  // As a Java connector may have written it: other fields first, and with blanks.
  const there = '["c",{"table":"t", "db":"d"}]';
  await writeRecords(servers, offsetsTopic, [{ key: there, value: '{"position":1}' }]);
  await store.start();
  const delivery = await task();
  delivery.transactionContext!.commitTransaction();
  await delivery.send(records(2, 2));
  const written = await readRecords(servers, offsetsTopic);
  expect(written.map(({ key, value }) => [key, value])).toEqual([
    [there, '{"position":1}'],
    [there, '{"position":3}'],
  ]);
  expect(new Set(written.map(({ partition }) => partition)).size).toBe(1);
});
