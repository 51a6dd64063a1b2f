import { setTimeout as delay } from "node:timers/promises";
import { startKafka, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";

import { KafkaClient, Producer, clientSettings } from "../src/index.ts";
import { createTopic } from "./support/kafka.ts";
import { expectExactlyOnce, underLoad } from "./support/load.ts";
import { PASSWORD, plain, token } from "./support/logins.ts";

let kafka: Kafka;
beforeAll(async () => {
  kafka = await startKafka({
    properties: { "connections.max.reauth.ms": 1000 },
    listeners: { PASSWORDS: { sasl: ["PLAIN"] }, TOKENS: { sasl: ["OAUTHBEARER"] } },
    users: { alice: PASSWORD },
  });
});
afterAll(() => kafka.close());

test.each([
  ["PASSWORDS", plain(PASSWORD)],
  ["TOKENS", token(3600)],
])(
  "sessions on %s that end under load are renewed without a failure or a duplicate",
  async (listener, login) => {
    const topic = await createTopic(kafka.bootstrapServers);
    const servers = { "bootstrap.servers": kafka.bootstrapServersOf(listener) };
    const warnings: string[] = [];
    await using client = new KafkaClient({
      ...clientSettings({ ...servers, ...login }, "admin").client,
      log: (_level, message) => warnings.push(message),
    });
    await client.metadata([topic]);
    await using producer = new Producer(client);
    const load = await underLoad(producer, topic, 1, () => delay(3500));
    expect(load.acked).toBeGreaterThan(1000);
    await expectExactlyOnce(kafka.bootstrapServers, load);
    expect(warnings).toEqual([]);
  },
);

test("a connection is replaced before its session ends, and closed once nothing is on it", async () => {
  const servers = { "bootstrap.servers": kafka.bootstrapServersOf("PASSWORDS") };
  const settings = clientSettings({ ...servers, ...plain(PASSWORD) }, "admin");
  await using client = new KafkaClient(settings.client);
  const first = await client.connection("any", "lane");
  expect(await client.connection("any", "lane")).toBe(first);
  await delay(960); // of 1000: renewal is due after 850 to 950
  expect(first.open).toBe(true);
  const second = await client.connection("any", "lane");
  expect(second).not.toBe(first);
  expect(first.open).toBe(false);
});
