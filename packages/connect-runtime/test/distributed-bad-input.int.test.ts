import { Kafka, logLevel } from "kafkajs";
import { sharedKafka } from "@millrace/services";
import { describe, expect, onTestFinished, test } from "vitest";
import { ClusterUnderTest } from "./support/cluster-under-test.ts";
import { until } from "./support/until.ts";

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

async function kafka(): Promise<Kafka> {
  return new Kafka({ brokers: [await sharedKafka()], logLevel: logLevel.NOTHING });
}

async function createTopic(topic: string, numPartitions: number, cleanupPolicy: string) {
  const admin = (await kafka()).admin();
  await admin.connect();
  const configEntries = [{ name: "cleanup.policy", value: cleanupPolicy }];
  await admin.createTopics({
    topics: [{ topic, numPartitions, configEntries }],
    waitForLeaders: true,
  });
  await admin.disconnect();
}

describe("a worker does not start, and says in one line what to do,", () => {
  test.each<[string, string, number, string, RegExp]>([
    [
      "on a config topic that loses records",
      "configs",
      1,
      "delete",
      /config\.storage\.topic.*cleanup\.policy=delete.*kafka-configs\.sh/,
    ],
    [
      "on a config topic of two partitions",
      "configs",
      2,
      "compact",
      /config\.storage\.topic.*2 partitions/,
    ],
    [
      "on an offsets topic that loses records",
      "offsets",
      2,
      "compact,delete",
      /offset\.storage\.topic.*must be compact/,
    ],
    [
      "on a status topic that loses records",
      "status",
      2,
      "delete",
      /status\.storage\.topic.*must be compact/,
    ],
  ])("%s", async (_, topic, partitions, policy, message) => {
    const cluster = new ClusterUnderTest();
    await createTopic(`${cluster.name}-${topic}`, partitions, policy);
    const error: unknown = await cluster.add().catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("\n");
  });

  test("with more copies than there are brokers", async () => {
    const cluster = new ClusterUnderTest({ "config.storage.replication.factor": "3" });
    await expect(cluster.add()).rejects.toThrow(
      /set config\.storage\.replication\.factor to at most 1/,
    );
  });

  test("in a group of another kind", async () => {
    const cluster = new ClusterUnderTest();
    const consumer = (await kafka()).consumer({ groupId: cluster.name });
    onTestFinished(() => consumer.disconnect());
    await createTopic(`${cluster.name}-other`, 1, "delete");
    await consumer.connect();
    await consumer.subscribe({ topic: `${cluster.name}-other` });
    const joined = new Promise((resolve) => consumer.on("consumer.group_join", resolve));
    await consumer.run({ eachMessage: async () => undefined });
    await joined;
    await expect(cluster.add()).rejects.toThrow(/group\.id/);
  });

  test("without a broker", async () => {
    const cluster = new ClusterUnderTest({
      "bootstrap.servers": "127.0.0.1:1",
      "default.api.timeout.ms": "1000",
    });
    await expect(cluster.add()).rejects.toThrow(
      /Failed to connect to and describe Kafka cluster.*bootstrap\.servers=127\.0\.0\.1:1/,
    );
  });
});

test("garbage in its topics does not disturb a cluster", async () => {
  const cluster = new ClusterUnderTest();
  const first = await cluster.add();
  const producer = (await kafka()).producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const garbage = [
    { key: "connector-x", value: "{" },
    { key: "connector-y", value: `{"properties":7}` },
    { key: "commit-z", value: `{"tasks":-3}` },
    { key: "task-z-0", value: `[]` },
    { key: "task-z-nine", value: `{}` },
    { key: "target-state-z", value: `{"state":"SLEEPING"}` },
    { key: "session-key", value: `{"key":7}` },
    { key: "restart-connector-z", value: "null" },
    { key: "something-else", value: `{}` },
    { key: "status-task-z-0", value: `{"state":[]}` },
    { key: "status-connector-z", value: "-" },
    { key: `["z",{"a":`, value: "1" },
    { key: `["z"]`, value: `{}` },
    { key: Buffer.from([0xff, 0xfe, 0]), value: Buffer.from([0xff]) },
  ];
  for (const topic of ["configs", "offsets", "status"]) {
    await producer.send({ topic: `${cluster.name}-${topic}`, messages: garbage });
  }
  const second = await cluster.add();
  for (const [at, worker] of [first, second].entries()) {
    const name = `a${at}`;
    const created = await cluster.send(at, "POST", "/connectors", { name, config: SOURCE });
    expect(created.status).toBe(201);
    await until("it runs", async () => {
      const { body } = await cluster.send(at, "GET", `/connectors/${name}/status`);
      const { tasks } = body as { tasks?: { state: string }[] };
      return tasks?.map(({ state }) => state).join() === "RUNNING";
    });
    const skipped = worker.log.filter(({ level }) => level === "warn" || level === "error");
    const places = skipped.map(({ message }) => message).join("\n");
    for (const topic of ["configs", "offsets", "status"]) {
      expect(places).toContain(`${cluster.name}-${topic}`);
    }
  }
  const { body: names } = await cluster.send(0, "GET", "/connectors");
  expect(new Set(names as string[])).toEqual(new Set(["a0", "a1"]));
});

test("two clusters that share a config topic are told of it", async () => {
  const one = new ClusterUnderTest();
  const worker = await one.add();
  const other = new ClusterUnderTest({
    "config.storage.topic": `${one.name}-configs`,
    // Each new leader makes a key, as it does when the old one has served its time.
    "inter.worker.key.ttl.ms": "500",
  });
  const stranger = await other.add();
  const notices = () =>
    [worker, stranger].flatMap(({ log }) =>
      log.filter(({ message }) => message.includes("seem to share the topic")),
    );
  await until("one of them notices", () => notices().length > 0);
  expect(notices()[0]?.message).toMatch(/different group\.id.*its own config\.storage\.topic/);
});
