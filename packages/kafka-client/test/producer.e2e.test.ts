import { setTimeout as delay } from "node:timers/promises";
import { startKafka } from "@millrace/services";
import { expect, test } from "vitest";

import { Producer, isKafkaError, type KafkaClient } from "../src/index.ts";
import { clientOf, createTopic, uniqueName } from "./support/kafka.ts";
import { expectExactlyOnce, underLoad } from "./support/load.ts";
import { endOffsets, readAll } from "./support/read-back.ts";

test("50 concurrent idempotent sends of 10 records, 100 times: all 500 land each time", async () => {
  await using kafka = await startKafka();
  await using client = clientOf(kafka.bootstrapServers);
  for (let run = 0; run < 100; run++) {
    const topic = await createTopic(kafka.bootstrapServers);
    await client.metadata([topic]);
    await using producer = new Producer(client);
    const sends = Array.from({ length: 50 }, () => {
      const group = producer.group();
      for (let i = 0; i < 10; i++) group.append(topic, 0, -1, null, `${i}`);
      return group.send();
    });
    for (const { error } of await Promise.all(sends)) expect(error).toBeUndefined();
    expect(await endOffsets(kafka.bootstrapServers, topic)).toEqual([500]);
  }
});

test("a broker killed 20 times in the middle of sending: nothing lost, nothing twice, in order", async () => {
  await using kafka = await startKafka();
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { numPartitions: 3 });
  await client.metadata([topic]);
  await using producer = new Producer(client);
  const load = await underLoad(producer, topic, 3, async () => {
    for (let i = 0; i < 20; i++) {
      await delay(1000 * Math.random());
      await kafka.brokers[0]!.kill();
      await kafka.brokers[0]!.start();
    }
    await delay(500);
  });
  expect(load.acked).toBeGreaterThan(10_000);
  await expectExactlyOnce(kafka.bootstrapServers, load);
});

test("a broker stopped for 30 s under load: memory stays bounded, work goes on by itself", async () => {
  await using kafka = await startKafka();
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers);
  await client.metadata([topic]);
  const bufferMemory = 8_000_000;
  await using producer = new Producer(client, { bufferMemory });
  const load = await underLoad(
    producer,
    topic,
    1,
    async () => {
      await delay(1000);
      await kafka.brokers[0]!.stop();
      await delay(3000);
      const early = process.memoryUsage().rss;
      await delay(27_000);
      expect(process.memoryUsage().rss - early).toBeLessThan(20_000_000);
      await kafka.brokers[0]!.start();
      await delay(3000);
    },
    { recordBytes: 1000 },
  );
  expect(load.peakBytes).toBeLessThan(bufferMemory + 2 * producer.options.batchSize);
  await expectExactlyOnce(kafka.bootstrapServers, load);
});

test("the leader of three killed, again and again: nothing lost, nothing twice, in order", async () => {
  await using kafka = await startKafka({ brokers: 3, properties: { "min.insync.replicas": 2 } });
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { replicationFactor: 3 });
  await client.metadata([topic]);
  await using producer = new Producer(client);
  const load = await underLoad(producer, topic, 1, async () => {
    for (let i = 0; i < 5; i++) {
      await delay(1000);
      const { leader } = client.cache.partition(topic, 0)!;
      const killed = kafka.brokers.find(({ id }) => id === leader)!;
      await killed.kill();
      await expect
        .poll(() => client.cache.partition(topic, 0)!.leader, { timeout: 60_000 })
        .not.toBe(leader);
      await killed.start();
      await inSync(client, topic, 3);
    }
  });
  await expectExactlyOnce(kafka.bootstrapServers, load);
});

test("transactions while brokers are killed: what was committed is read, once, and nothing else", async () => {
  await using kafka = await startKafka({ brokers: 3, properties: { "min.insync.replicas": 2 } });
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { replicationFactor: 3 });
  await client.metadata([topic]);
  await using producer = new Producer(client, { transactionalId: uniqueName("tx") });
  await producer.initTransactions();
  const committed: string[] = [];
  const stop = new AbortController();
  const writing = (async () => {
    for (let i = 0; !stop.signal.aborted; i++)
      committed.push(...(await transaction(producer, topic, i)));
  })();
  for (let i = 0; i < 6; i++) {
    await delay(1000);
    const killed = kafka.brokers[i % 3]!;
    await killed.kill();
    await delay(1000);
    await killed.start();
    await inSync(client, topic, 3);
  }
  stop.abort();
  await writing;
  const end = await transaction(producer, topic, -1, true);
  expect(committed.length).toBeGreaterThan(100);
  const read = await readAll(kafka.bootstrapServers, topic, { markers: 1, timeoutMs: 120_000 });
  expect(read.map(({ value }) => String(value))).toEqual([...committed, ...end]);
});

/** One transaction of three records, every fifth aborted. @returns what it committed */
async function transaction(
  producer: Producer,
  topic: string,
  n: number,
  commit = n % 5 !== 4,
): Promise<string[]> {
  const values = [`${n}a`, `${n}b`, `${n}c`];
  await producer.beginTransaction();
  try {
    const group = producer.group();
    for (const value of values) group.append(topic, 0, -1, null, value);
    void group.send();
    if (commit) {
      await persistently(() => producer.commitTransaction());
      return values;
    }
  } catch (error) {
    // Refused for good: the transaction can only be aborted.
    if (!isKafkaError(error) || error.fatal) throw error;
  }
  await persistently(() => producer.abortTransaction());
  return [];
}

async function persistently(action: () => Promise<void>): Promise<void> {
  for (;;)
    try {
      await action();
      return;
    } catch (error) {
      if (!isKafkaError(error) || !error.retriable) throw error;
    }
}

async function inSync(client: KafkaClient, topic: string, replicas: number): Promise<void> {
  await expect
    .poll(async () => (await client.metadata([topic])).get(topic)?.partitions[0]?.isr.length, {
      timeout: 60_000,
      interval: 200,
    })
    .toBe(replicas);
}
