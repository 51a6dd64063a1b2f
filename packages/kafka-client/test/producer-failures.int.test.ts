import { setTimeout as delay } from "node:timers/promises";
import { startKafka, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { KafkaClient, Producer } from "../src/index.ts";
import { clientOf, createTopic } from "./support/kafka.ts";
import { expectExactlyOnce, underLoad } from "./support/load.ts";

describe("one broker", () => {
  let kafka: Kafka;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka();
    client = clientOf(kafka.bootstrapServers);
  });
  afterAll(async () => {
    await client.close();
    await kafka.close();
  });

  test("away under load: memory stays bounded, and work goes on by itself", async () => {
    const topic = await createTopic(kafka.bootstrapServers);
    await client.metadata([topic]);
    const bufferMemory = 2_000_000;
    await using producer = new Producer(client, { bufferMemory });
    const load = await underLoad(
      producer,
      topic,
      1,
      async () => {
        await delay(200);
        await kafka.brokers[0]!.stop();
        await delay(2000);
        await kafka.brokers[0]!.start();
        await delay(1000);
      },
      { recordBytes: 1000 },
    );
    // The limit may be passed by what is appended between two looks at it, and by one buffer.
    expect(load.peakBytes).toBeGreaterThan(bufferMemory);
    expect(load.peakBytes).toBeLessThan(bufferMemory + 2 * producer.options.batchSize);
    await expectExactlyOnce(kafka.bootstrapServers, load);
  });

  test("hanging under load: what it took in and what was sent again are the same records", async () => {
    const topic = await createTopic(kafka.bootstrapServers);
    await using impatient = new KafkaClient({
      bootstrapServers: [kafka.bootstrapServers],
      requestTimeoutMs: 500,
    });
    await impatient.metadata([topic]);
    await using producer = new Producer(impatient);
    const { pid } = kafka.brokers[0]!;
    const load = await underLoad(producer, topic, 1, async () => {
      await delay(200);
      process.kill(pid!, "SIGSTOP");
      await delay(1500);
      process.kill(pid!, "SIGCONT");
      await delay(500);
    });
    expect(load.acked).toBeGreaterThan(1000);
    await expectExactlyOnce(kafka.bootstrapServers, load);
  });

  test("away for longer than delivery.timeout.ms: records fail and say why, later ones arrive", async () => {
    const topic = await createTopic(kafka.bootstrapServers);
    await client.metadata([topic]);
    await using producer = new Producer(client, { deliveryTimeoutMs: 1000 });
    const write = (value: string) => {
      const group = producer.group();
      group.append(topic, 0, -1, null, value);
      return group.send();
    };
    expect((await write("before")).error).toBeUndefined();
    await kafka.brokers[0]!.stop();
    const { error } = await write("lost");
    expect(error).toMatchObject({ code: "DELIVERY_TIMEOUT", topic, partition: 0 });
    expect(error?.message).toMatch(/not acknowledged within 1000 ms.*ECONNREFUSED/);
    await kafka.brokers[0]!.start();
    expect((await write("after")).error).toBeUndefined();
  });

  test("closing while the broker is away ends in time, and says what was lost", async () => {
    const topic = await createTopic(kafka.bootstrapServers);
    await client.metadata([topic]);
    const producer = new Producer(client);
    await kafka.brokers[0]!.stop();
    const group = producer.group();
    group.append(topic, 0, -1, null, "x");
    const delivery = group.send();
    const started = Date.now();
    await producer.close(500);
    expect((await delivery).error?.code).toBe("CLOSED");
    expect(Date.now() - started).toBeLessThan(2000);
    expect(() => producer.group().append(topic, 0, -1, null, "y")).toThrow(/closed/);
    await kafka.brokers[0]!.start();
  });
});
