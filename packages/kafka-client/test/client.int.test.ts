import { setTimeout as delay } from "node:timers/promises";
import { startKafka, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";

import { KafkaClient, isKafkaError } from "../src/index.ts";
import { createTopic, kafkajs, uniqueName } from "./support/kafka.ts";

let kafka: Kafka;
beforeAll(async () => {
  kafka = await startKafka({ brokers: 2 });
});
afterAll(() => kafka.close());

const clientOf = (options: Partial<ConstructorParameters<typeof KafkaClient>[0]> = {}) =>
  new KafkaClient({ bootstrapServers: kafka.bootstrapServers.split(","), ...options });

test("the cluster, its brokers and its topics", async () => {
  const topic = await createTopic(kafka.bootstrapServers, {
    numPartitions: 3,
    replicationFactor: 2,
  });
  await using client = clientOf();
  expect(await client.clusterId()).toMatch(/^[\w-]{22}$/);
  expect(new Set(client.cache.brokers.keys())).toEqual(new Set([1, 2]));
  expect(client.partitionCount(topic)).toBeUndefined();
  const found = await client.metadata([topic, "no-such-topic"]);
  expect([...found.keys()]).toEqual([topic]);
  expect(client.partitionCount(topic)).toBe(3);
  const { partitions, topicId } = found.get(topic)!;
  expect(topicId).toMatch(/^[0-9a-f-]{36}$/);
  expect(partitions.map(({ partition, replicas }) => [partition, replicas.length])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  expect((await client.allTopics()).has(topic)).toBe(true);
});

test("a missing topic is made where that is allowed", async () => {
  await using client = clientOf();
  const topic = uniqueName("auto");
  expect((await client.metadata([topic])).size).toBe(0);
  const found = await client.metadata([topic], { allowAutoTopicCreation: true });
  expect(found.get(topic)?.partitions[0]?.leader).toBeGreaterThan(0);
});

test("a name that no topic can have is refused with the rule", async () => {
  await using client = clientOf();
  await expect(client.metadata(["a topic/name"])).rejects.toThrow(
    /a topic\/name: INVALID_TOPIC_EXCEPTION; names are 1 to 249/,
  );
});

test("every bootstrap server is tried", async () => {
  const servers = ["127.0.0.1:1", "no-such-host.invalid:9092", kafka.brokers[1]!.address];
  const warnings: string[] = [];
  await using client = clientOf({
    bootstrapServers: servers,
    log: (_level, message) => warnings.push(message),
  });
  expect(await client.clusterId()).toMatch(/^[\w-]{22}$/);
  expect(client.cache.brokers.size).toBe(2);
});

test("no broker within default.api.timeout.ms is an error that names the address", async () => {
  await using client = clientOf({ bootstrapServers: ["127.0.0.1:1"], apiTimeoutMs: 300 });
  await expect(client.clusterId()).rejects.toMatchObject({
    code: "DISCONNECTED",
    broker: "127.0.0.1:1",
    message: expect.stringMatching(/127.0.0.1:1 failed: connect ECONNREFUSED/) as string,
  });
});

test("a hundred lookups at once share a few requests", async () => {
  const topic = await createTopic(kafka.bootstrapServers);
  await using client = clientOf();
  await client.clusterId();
  const before = client.cache.version;
  await Promise.all(Array.from({ length: 100 }, () => client.metadata([topic])));
  expect(client.cache.version - before).toBeLessThanOrEqual(3);
});

test("metadata of topics in use grows fresh by itself", async () => {
  const topic = await createTopic(kafka.bootstrapServers);
  await using client = clientOf({ metadataMaxAgeMs: 100 });
  await client.metadata([topic]);
  const admin = kafkajs(kafka.bootstrapServers).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await admin.disconnect();
  await expect.poll(() => client.partitionCount(topic)).toBe(4);
});

test("idle connections are closed, and opened again when needed", async () => {
  await using client = clientOf({ connectionsMaxIdleMs: 500 });
  const first = await client.connection("any", "idle");
  expect(first.open).toBe(true);
  await expect.poll(() => first.open, { timeout: 5000 }).toBe(false);
  const second = await client.connection("any", "idle");
  expect(second.open).toBe(true);
});

test("a broker that hangs costs a request timeout, then another one is asked", async () => {
  const hanging = kafka.brokers[1]!;
  await using client = clientOf({ bootstrapServers: [hanging.address], requestTimeoutMs: 500 });
  await client.clusterId();
  process.kill(hanging.pid!, "SIGSTOP");
  try {
    const started = Date.now();
    await client.metadata([]);
    expect(Date.now() - started).toBeGreaterThan(450);
    expect(Date.now() - started).toBeLessThan(5000);
  } finally {
    process.kill(hanging.pid!, "SIGCONT");
  }
  const again = await client.connection(hanging.id, "general");
  expect(again.open).toBe(true);
});

test("a cluster that was replaced is found through the bootstrap servers", async () => {
  await using before = await startKafka();
  await using after = await startKafka();
  await after.brokers[0]!.stop();
  await using client = clientOf({
    bootstrapServers: [before.bootstrapServers, after.bootstrapServers],
  });
  const clusterId = await client.clusterId();
  await before.brokers[0]!.kill();
  await after.brokers[0]!.start();
  await client.metadata([]);
  expect(await client.clusterId()).not.toBe(clusterId);
});

test("what is in flight fails when the client is closed, and nothing is sent afterwards", async () => {
  const client = clientOf();
  await client.clusterId();
  const under = client.clusterId().then(
    () => "answered",
    (error: unknown) => (isKafkaError(error) ? error.code : error),
  );
  const metadata = client.metadata(["t"]).catch((error: unknown) => error);
  await client.close();
  expect(["answered", "CLOSED", "DISCONNECTED"]).toContain(await under);
  expect(await metadata).toMatchObject({ code: expect.stringMatching(/CLOSED|DISC/) as string });
  await expect(client.metadata(["t"])).rejects.toMatchObject({ code: "CLOSED" });
});

test("a wait ends with the caller's own signal", async () => {
  await using client = clientOf({ bootstrapServers: ["127.0.0.1:1"] });
  const stop = new AbortController();
  const reason = new Error("stop");
  const waiting = client.metadata(["t"], { signal: stop.signal });
  await delay(50);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
