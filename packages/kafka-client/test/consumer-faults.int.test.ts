import { startKafka } from "@millrace/services";
import type { Kafka } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Fetcher } from "../src/fetcher.ts";
import { TestConsumer, until } from "./support/group.ts";
import {
  clientOf,
  createTopic,
  numbers,
  offsetsOf,
  produceNumbers,
  readRecords,
  uniqueName,
  valuesOf,
} from "./support/kafka.ts";
import type { FetchedRecords } from "../src/record-batch/decode.ts";

let kafka: Kafka;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.close());

test("a broker killed under a poll: reading goes on where it was", async () => {
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers);
  await produceNumbers(kafka.bootstrapServers, topic, 0, 100);
  await using reader = new Fetcher(client, { offsetReset: "earliest" });
  reader.assign([{ topic, partition: 0 }]);
  const chunks: FetchedRecords[] = await readRecords(reader, 30, 10_000, 10);
  const [broker] = kafka.brokers;
  const waiting = readRecords(reader, 70);
  await broker?.kill();
  await broker?.start();
  chunks.push(...(await waiting));
  await produceNumbers(kafka.bootstrapServers, topic, 100, 10);
  chunks.push(...(await readRecords(reader, 10)));
  expect(valuesOf(chunks)).toEqual(numbers(0, 110));
  expect(offsetsOf(chunks)).toEqual(numbers(0, 110).map(Number));
});

test("a broker that hangs and comes back: the group goes on, nothing is read twice", async () => {
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { numPartitions: 2 });
  const groupId = uniqueName("group");
  await using one = new TestConsumer(client, { groupId, topics: [topic] }).run();
  await using two = new TestConsumer(client, { groupId, topics: [topic] }).run();
  await until(() => one.assignment.length === 1 && two.assignment.length === 1);
  await produceNumbers(kafka.bootstrapServers, topic, 0, 10, 0);
  await until(() => one.values.length + two.values.length === 10);
  const [broker] = kafka.brokers;
  broker?.pause();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  broker?.resume();
  await produceNumbers(kafka.bootstrapServers, topic, 10, 10, 0);
  await produceNumbers(kafka.bootstrapServers, topic, 20, 10, 1);
  await until(() => one.values.length + two.values.length === 30);
  expect([...one.values, ...two.values].map(Number).sort((a, b) => a - b)).toEqual(
    numbers(0, 30).map(Number),
  );
  expect([...one.errors, ...two.errors]).toEqual([]);
});

test("the coordinator restarted: members are members again, commits are kept", async () => {
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { numPartitions: 2 });
  const groupId = uniqueName("group");
  await produceNumbers(kafka.bootstrapServers, topic, 0, 10);
  await using one = new TestConsumer(client, { groupId, topics: [topic] }).run();
  await until(() => one.values.length === 10);
  await one.consumer.commit([{ topic, partition: 0, offset: 4 }]);
  const [broker] = kafka.brokers;
  await broker?.kill();
  // A commit while it is away is repeated until it is there again.
  const commit = one.consumer.commit([{ topic, partition: 0, offset: 10 }]);
  await broker?.start();
  await commit;
  expect(await one.consumer.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 10 }]);
  await produceNumbers(kafka.bootstrapServers, topic, 10, 5);
  await until(
    () => one.values.length >= 15,
    () => one.values,
  );
  expect(one.values).toEqual(numbers(0, 15));
  expect(one.errors).toEqual([]);
});

test("no broker at all: polls return nothing, and work once there is one", async () => {
  const topic = await createTopic(kafka.bootstrapServers);
  await produceNumbers(kafka.bootstrapServers, topic, 0, 3);
  const [broker] = kafka.brokers;
  await broker?.stop();
  await using client = clientOf(kafka.bootstrapServers);
  await using reader = new Fetcher(client, { offsetReset: "earliest" });
  reader.assign([{ topic, partition: 0 }]);
  await using one = new TestConsumer(client, { groupId: uniqueName("group"), topics: [topic] });
  expect(await reader.poll(10, 300)).toEqual([]);
  expect(await one.consumer.poll(10, 300)).toEqual([]);
  await broker?.start();
  expect(valuesOf(await readRecords(reader, 3))).toEqual(numbers(0, 3));
  one.run();
  await until(() => one.values.length === 3);
  expect(one.errors).toEqual([]);
});

test("closing does not wait for a broker that hangs", async () => {
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers);
  const options = { groupId: uniqueName("group"), topics: [topic] };
  const member = await new TestConsumer(client, options).joined();
  const [broker] = kafka.brokers;
  broker?.pause();
  try {
    const joining = new TestConsumer(client, options);
    const poll = joining.consumer.poll(1, 60_000).catch((error: unknown) => error);
    const started = performance.now();
    await Promise.all([member.close(), joining.close()]);
    expect(performance.now() - started).toBeLessThan(8000);
    expect(await poll).toMatchObject({ code: "CLOSED" });
    expect(member.events.map(({ kind }) => kind)).toEqual(["assigned", "revoked"]);
  } finally {
    broker?.resume();
  }
});
