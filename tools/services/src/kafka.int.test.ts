import { Kafka, logLevel } from "kafkajs";
import { expect, test } from "vitest";
import { sharedKafka, startKafka } from "./index.ts";

const client = (brokers: string) =>
  new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING, retry: { retries: 0 } });

async function topicsOf(brokers: string): Promise<string[]> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(brokers: string, topic: string, replicationFactor = 1): Promise<void> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor }],
      waitForLeaders: false, // another broker may not have heard of the topic yet
    });
  } finally {
    await admin.disconnect();
  }
}

test("all who ask for the shared broker get the same one", async () => {
  const [one, two] = await Promise.all([sharedKafka(), sharedKafka()]);
  expect(one).toBe(two);
  await createTopic(one, "services-shared");
  expect(await topicsOf(two)).toContain("services-shared");
});

test("a broker keeps port and data over stop, kill and start", async () => {
  await using kafka = await startKafka();
  const [broker] = kafka.brokers;
  await createTopic(kafka.bootstrapServers, "kept");
  for (const end of ["stop", "kill"] as const) {
    await broker?.[end]();
    expect(broker?.pid).toBeUndefined();
    await expect(topicsOf(kafka.bootstrapServers)).rejects.toThrow(/ECONNREFUSED|Connection/);
    await broker?.start();
    expect(await topicsOf(kafka.bootstrapServers)).toContain("kept");
  }
});

test("a paused broker answers when it is resumed", async () => {
  await using kafka = await startKafka();
  const [broker] = kafka.brokers;
  broker?.pause();
  const topics = topicsOf(kafka.bootstrapServers);
  const first = await Promise.race([topics, new Promise((r) => setTimeout(r, 500, "silence"))]);
  expect(first).toBe("silence");
  broker?.resume();
  expect(await topics).toBeInstanceOf(Array);
});

test.each(["4.3.1", "3.9.2"])("three brokers of version %s replicate", async (version) => {
  await using kafka = await startKafka({ version, brokers: 3 });
  // A broker that has just started may not have heard yet of the others, nor of the controller.
  const created = () =>
    createTopic(kafka.bootstrapServers, "thrice", 3).then(
      () => "created",
      (error: unknown) => String(error),
    );
  await expect.poll(created, { timeout: 30_000 }).toBe("created");
  await kafka.brokers[0]?.kill();
  const others = kafka.bootstrapServers.split(",").slice(1).join(",");
  await expect.poll(() => topicsOf(others), { timeout: 30_000 }).toContain("thrice");
});

test("a property that the broker refuses is told with the end of its log", async () => {
  await expect(startKafka({ properties: { "log.retention.ms": "soon" } })).rejects.toThrow(
    /log\.retention\.ms/,
  );
});
