import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ConnectWorker,
  makeRunFolder,
  type RunFolder,
  sharedKafka,
  startConnectWorker,
} from "@millrace/services";
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: RunFolder;
let worker: ConnectWorker;
let admin: Admin;

beforeAll(async () => {
  const bootstrapServers = await sharedKafka();
  folder = makeRunFolder("topic-creation");
  await writeFile(join(folder.path, "in.txt"), "one\ntwo\n");
  worker = await startConnectWorker({ bootstrapServers });
  admin = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await worker?.close();
  await folder?.remove();
});

const source = (topic: string, more: Record<string, string>) => ({
  "connector.class": "FileStreamSource",
  file: join(folder.path, "in.txt"),
  topic,
  ...more,
});

it("a source's topic is created as its group wants it, before the first record", async () => {
  const topic = `created-${randomUUID()}`;
  await worker.client.create(topic, {
    ...source(topic, {
      "topic.creation.groups": "mine",
      "topic.creation.default.partitions": "1",
      "topic.creation.default.replication.factor": "1",
      "topic.creation.mine.include": "created-.*",
      "topic.creation.mine.partitions": "3",
      "topic.creation.mine.retention.ms": "1234567",
    }),
  });
  const end = async () => {
    const offsets = await admin.fetchTopicOffsets(topic).catch(() => []);
    return { partitions: offsets.length, records: offsets.reduce((n, o) => n + Number(o.high), 0) };
  };
  await expect.poll(end, { timeout: 30_000 }).toEqual({ partitions: 3, records: 2 });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ["retention.ms"] }],
  });
  expect(resources[0]?.configEntries[0]?.configValue).toBe("1234567");
});

it("a topic that exists is taken as it is", async () => {
  const topic = `existing-${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
  const counts = {
    "topic.creation.default.partitions": "5",
    "topic.creation.default.replication.factor": "1",
  };
  await worker.client.create(topic, source(topic, counts));
  await worker.client.waitFor(topic, "RUNNING", 30_000, 1);
  await expect
    .poll(async () => (await admin.fetchTopicOffsets(topic)).length, { timeout: 30_000 })
    .toBe(2);
});

it.each([
  ["tolerance none", {}],
  // Skipping one record after the other would only lose them all.
  ["tolerance all", { "errors.tolerance": "all" }],
])("a topic that cannot be created fails the task, which says why: %s", async (_, tolerance) => {
  const topic = `impossible-${randomUUID()}`;
  const counts = {
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "7",
  };
  await worker.client.create(topic, source(topic, { ...counts, ...tolerance }));
  const trace = async () => (await worker.client.status(topic))?.tasks[0]?.trace ?? "";
  await expect
    .poll(trace, { timeout: 30_000 })
    .toMatch(
      new RegExp(
        `failed to create new topic ${topic}.*INVALID_REPLICATION_FACTOR.*topic\\.creation`,
      ),
    );
  const { body } = await worker.client.request("GET", `/connectors/${topic}/offsets`);
  expect(body).toEqual({ offsets: [] });
});

it("keys that make no sense fail the task, by name", async () => {
  const topic = `senseless-${randomUUID()}`;
  await worker.client.create(topic, source(topic, { "topic.creation.default.partitions": "x" }));
  const trace = async () => (await worker.client.status(topic))?.tasks[0]?.trace ?? "";
  await expect.poll(trace, { timeout: 30_000 }).toMatch(/topic\.creation\.default\./);
});
