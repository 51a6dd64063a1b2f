import { setTimeout as delay } from "node:timers/promises";
import { startKafka } from "@millrace/services";
import { expect, test } from "vitest";

import { Producer } from "../src/index.ts";
import { clientOf, createTopic } from "./support/kafka.ts";
import { expectExactlyOnce, underLoad } from "./support/load.ts";

test("killed twice in the middle of sending: nothing lost, nothing twice, in order", async () => {
  await using kafka = await startKafka();
  await using client = clientOf(kafka.bootstrapServers);
  const topic = await createTopic(kafka.bootstrapServers, { numPartitions: 2 });
  await client.metadata([topic]);
  await using producer = new Producer(client);
  const load = await underLoad(producer, topic, 2, async ({ acked }) => {
    expect(acked).toBe(0);
    for (let i = 0; i < 2; i++) {
      await delay(300 + 400 * Math.random());
      await kafka.brokers[0]!.kill();
      await kafka.brokers[0]!.start();
    }
    await delay(300);
  });
  expect(load.acked).toBeGreaterThan(1000);
  await expectExactlyOnce(kafka.bootstrapServers, load);
});
