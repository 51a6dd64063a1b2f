import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ConnectWorker, type Kafka, startConnectWorker, startKafka } from "@millrace/services";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, readTopic } from "../src/read-topic.ts";
import { SlowProxy } from "./support/slow-proxy.ts";
import { peakRssMb, rssMb } from "../src/worker-memory.ts";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const PLUGIN = fileURLToPath(new URL("fixtures/huge-polls", import.meta.url));
const LONG = { timeout: 60_000, interval: 200 };
/** What two producers may hold, the plugin's own records, and what a collector leaves lying about. */
const ALLOWED_MB = 300;

let proxy: SlowProxy;
let kafka: Kafka;
let worker: ConnectWorker;

beforeAll(async () => {
  proxy = await SlowProxy.start();
  kafka = await startKafka({
    properties: { "advertised.listeners": `PLAINTEXT://127.0.0.1:${proxy.port}` },
  });
  proxy.targetPort = Number(kafka.bootstrapServers.split(":")[1]);
  worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: {
      "plugin.path": `${PACKAGES},${PLUGIN}`,
      "key.converter": "org.apache.kafka.connect.storage.StringConverter",
      "value.converter": "org.apache.kafka.connect.storage.StringConverter",
      "offset.flush.interval.ms": 200,
    },
  });
});
afterAll(async () => {
  await worker?.close();
  await kafka?.close();
  await proxy?.[Symbol.asyncDispose]();
});

async function startSource(records: number, bytes: number): Promise<string> {
  const topic = `huge-${randomUUID()}`;
  await createSource(topic, records, bytes);
  return topic;
}

const createSource = (topic: string, records: number, bytes: number) =>
  worker.client.create(topic, {
    "connector.class": "test.HugePollsSource",
    topic,
    records: String(records),
    bytes: String(bytes),
  });
const count = (topic: string) => countRecords(kafka.bootstrapServers, topic);
const ended = async () =>
  (await readFile(worker.logFile, "utf8")).match(/has ended: .*still held 0/g) ?? [];

/** With the broker stopped. */
async function whileAway<T>(work: () => Promise<T>): Promise<T> {
  const broker = kafka.brokers[0]!;
  await broker.stop();
  try {
    return await work();
  } finally {
    await broker.start();
  }
}

it("polls of hundreds of megabytes, with the broker away meanwhile: bounded, and all arrives once", async () => {
  const before = await rssMb(worker.pid!);
  const topics = [await startSource(300, 900_000), await startSource(100_000, 2000)];
  await expect.poll(() => count(topics[1]!), LONG).toBeGreaterThan(0);
  const peak = await whileAway(async () => {
    const highest = await peakRssMb(worker.pid!, 4000);
    const { read, written, held } = (await worker.client.metrics()).records(topics[1]!);
    expect(held).toBeGreaterThan(0);
    expect(written! + held!).toBe(read);
    return highest;
  });
  expect(peak).toBeLessThan(before + ALLOWED_MB);
  await expect.poll(() => count(topics[0]!), LONG).toBe(300);
  await expect.poll(() => count(topics[1]!), LONG).toBe(100_000);
  const settled = { filtered: 0, skipped: 0, dead_lettered: 0, held: 0 };
  const books = async (topic: string) => (await worker.client.metrics()).records(topic);
  await expect
    .poll(() => books(topics[1]!), LONG)
    .toEqual({ read: 100_000, written: 100_000, ...settled });
  const keys = await readTopic(kafka.bootstrapServers, topics[1]!, "key");
  expect(ascendingRuns(keys.map(Number), 0)).toMatchObject({ gaps: [], rewinds: 0 });
  for (const topic of topics) await worker.client.request("DELETE", `/connectors/${topic}`);
  await expect.poll(ended, LONG).toHaveLength(2);
});

it("a task that is stopped while it waits for room ends in time, and goes on behind what Kafka has", async () => {
  const topic = await startSource(60_000, 2000);
  await expect.poll(() => count(topic), LONG).toBeGreaterThan(0);
  await whileAway(async () => {
    await sleep(500);
    const stopped = await worker.client.request("DELETE", `/connectors/${topic}`);
    expect(stopped.status).toBe(204);
  });
  await createSource(topic, 60_000, 2000);
  await expect
    .poll(async () => new Set(await readTopic(kafka.bootstrapServers, topic, "key")).size, LONG)
    .toBe(60_000);
  const keys = await readTopic(kafka.bootstrapServers, topic, "key");
  expect(ascendingRuns(keys.map(Number), 0)).toMatchObject({ gaps: [] });
  await worker.client.request("DELETE", `/connectors/${topic}`);
});

it("a slow way to the broker slows both directions down, in flat memory", async () => {
  proxy.bytesPerSecond = 4_000_000;
  const before = await rssMb(worker.pid!);
  const topic = await startSource(40_000, 1000);
  const file = join(worker.folder, `${topic}.out`);
  await worker.client.create(`sink-${topic}`, {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    topics: topic,
    file,
    "consumer.override.metadata.max.age.ms": "500",
  });
  const peak = await peakRssMb(worker.pid!, 4000);
  expect(peak).toBeLessThan(before + ALLOWED_MB);
  proxy.bytesPerSecond = Infinity;
  await expect.poll(() => count(topic), LONG).toBe(40_000);
  await expect
    .poll(
      () =>
        stat(file).then(
          ({ size }) => size,
          () => 0,
        ),
      LONG,
    )
    .toBe(40_000 * 1001);
});
