import { setTimeout as delay } from "node:timers/promises";
import { startKafka, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Producer, type KafkaClient } from "../src/index.ts";
import { clientOf, createTopic } from "./support/kafka.ts";
import { expectExactlyOnce, underLoad } from "./support/load.ts";

describe("three brokers", () => {
  let kafka: Kafka;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, properties: { "min.insync.replicas": 2 } });
    client = clientOf(kafka.bootstrapServers);
  });
  afterAll(async () => {
    await client.close();
    await kafka.close();
  });

  test("the leader killed in the middle of sending: nothing lost, nothing twice, in order", async () => {
    const topic = await createTopic(kafka.bootstrapServers, { replicationFactor: 3 });
    await client.metadata([topic]);
    await using producer = new Producer(client);
    const load = await underLoad(producer, topic, 1, async () => {
      await delay(500);
      const leader = client.cache.partition(topic, 0)!.leader;
      const killed = kafka.brokers.find(({ id }) => id === leader)!;
      await killed.kill();
      await expect
        .poll(() => client.cache.partition(topic, 0)!.leader, { timeout: 30_000 })
        .not.toBe(leader);
      await delay(500);
      await killed.start();
    });
    expect(load.acked).toBeGreaterThan(1000);
    await expectExactlyOnce(kafka.bootstrapServers, load);
  });
});
