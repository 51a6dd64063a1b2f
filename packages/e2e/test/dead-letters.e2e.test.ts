import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectWorker, startConnectWorker, startKafka } from "@millrace/services";
import type { KafkaMessage, Message } from "kafkajs";
import { expect, it } from "vitest";
import { forEachRecord, otherClient, readTopic } from "../src/read-topic.ts";

const TOPIC = "mixed";
const DEAD_LETTERS = "mixed-dead-letters";
const PARTITIONS = 2;

/** Every so many-th record cannot be read. */
const poisonEvery = (every: number) => (n: number) => n % every === 37;

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

async function fill(
  bootstrapServers: string,
  count: number,
  message: (n: number) => Message,
): Promise<void> {
  const admin = otherClient(bootstrapServers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = otherClient(bootstrapServers).producer();
  await producer.connect();
  for (let from = 0; from < count; from += 5_000) {
    const messages = Array.from({ length: 5_000 }, (_, i) => from + i).map((n) => ({
      ...message(n),
      partition: n % PARTITIONS,
    }));
    await producer.send({ topic: TOPIC, messages });
  }
  await producer.disconnect();
}

function createSink(worker: ConnectWorker, file: string): Promise<void> {
  return worker.client.create("mixed-sink", {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    file,
    topics: TOPIC,
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": DEAD_LETTERS,
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
  });
}

/** Of all whole lines, in order. */
async function numbersIn(file: string): Promise<number[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return Array.from(text.matchAll(/\{n=(\d+)\}/g), ([, n]) => Number(n));
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

it("of a million records, one in a thousand poisoned, each is written or dead-lettered once", async () => {
  const count = 1_000_000;
  const isPoison = poisonEvery(1_000);
  await using kafka = await startKafka();
  const { bootstrapServers } = kafka;
  await fill(bootstrapServers, count, (n) =>
    isPoison(n)
      ? { key: `key ${n}`, value: `poison ${n}`, headers: { origin: `o ${n}`, more: "m" } }
      : { value: `{"n":${n}}` },
  );
  await using worker = await startConnectWorker({
    bootstrapServers,
    properties: {
      "offset.flush.interval.ms": 1_000,
      "key.converter": "org.apache.kafka.connect.storage.StringConverter",
      "value.converter.schemas.enable": false,
    },
  });
  const file = join(worker.folder, "out.txt");
  const started = Date.now();
  await createSink(worker, file);

  type Offsets = { readonly offsets: readonly { readonly offset: { kafka_offset: number } }[] };
  const committed = async () => {
    const path = "/connectors/mixed-sink/offsets";
    const { body } = await worker.client.request<Offsets>("GET", path);
    return body.offsets.reduce((sum, { offset }) => sum + offset.kafka_offset, 0);
  };
  await expect.poll(committed, { timeout: 180_000, interval: 500 }).toBe(count);
  console.log({ seconds: (Date.now() - started) / 1000 });

  const all = numbers(count);
  const written = await numbersIn(file);
  expect(written).toHaveLength(all.length - all.filter(isPoison).length);
  expect(new Set(written).size).toBe(written.length);
  expect(written.findIndex(isPoison)).toBe(-1);

  type Letter = Pick<KafkaMessage, "key" | "value" | "headers">;
  const letters: Letter[] = [];
  await forEachRecord(bootstrapServers, DEAD_LETTERS, (letter) => letters.push(letter));
  expect(letters).toHaveLength(count / 1_000);
  const byValue = new Map(letters.map((letter) => [String(letter.value), letter]));
  for (const n of all.filter(isPoison)) {
    const letter = byValue.get(`poison ${n}`);
    const entries = Object.entries(letter?.headers ?? {}).map(([name, text]) => [
      name,
      text?.toString(),
    ]);
    const { "__connect.errors.exception.stacktrace": stack, ...others } = Object.fromEntries(
      entries,
    ) as Record<string, string>;
    expect([String(letter?.key), others]).toEqual([
      `key ${n}`,
      {
        origin: `o ${n}`,
        more: "m",
        "__connect.errors.topic": TOPIC,
        "__connect.errors.partition": String(n % PARTITIONS),
        "__connect.errors.offset": String(Math.floor(n / PARTITIONS)),
        "__connect.errors.connector.name": "mixed-sink",
        "__connect.errors.task.id": "0",
        "__connect.errors.stage": "VALUE_CONVERTER",
        "__connect.errors.class.name": "org.apache.kafka.connect.json.JsonConverter",
        "__connect.errors.exception.class.name": "org.apache.kafka.connect.errors.DataException",
        "__connect.errors.exception.message":
          "Converting byte[] to Kafka Connect data failed due to serialization error: ",
      },
    ]);
    expect(stack).toContain("org.apache.kafka.connect.errors.DataException");
  }

  await worker.client.ask("stop", "mixed-sink");
  const end = async () => /The task has ended: (.*?)"/.exec(await readFile(worker.logFile, "utf8"));
  await expect
    .poll(async () => (await end())?.[1], { timeout: 30_000 })
    .toBe("read 1000000, written 999000, filtered 0, skipped 0, dead-lettered 1000, still held 0");
});

it("every record is in the file or in the dead-letter topic, after 5 kills of the worker", async () => {
  const count = 400_000;
  const isPoison = poisonEvery(100);
  await using kafka = await startKafka();
  await fill(kafka.bootstrapServers, count, (n) => ({
    value: isPoison(n) ? `poison ${n}` : `{"n":${n}}`,
  }));
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: {
      "offset.flush.interval.ms": 100,
      "value.converter.schemas.enable": false,
      // A killed worker's partitions are free when its session is over.
      "consumer.session.timeout.ms": 6_000,
      "consumer.max.poll.records": 100,
    },
  });
  const file = join(worker.folder, "out.txt");
  const distinct = async () => new Set(await numbersIn(file)).size;
  const killedAt: number[] = [];
  for (let kill = 0; kill < 5; kill++) {
    await createSink(worker, file);
    const before = await sizeOf(file);
    while ((await sizeOf(file)) === before) await sleep(5);
    await sleep(Math.random() * 300);
    await worker.kill();
    killedAt.push(await distinct());
    await worker.start();
  }
  await createSink(worker, file);
  const poison = numbers(count).filter(isPoison);
  await expect.poll(distinct, { timeout: 120_000, interval: 500 }).toBe(count - poison.length);
  const letters = new Set(await readTopic(kafka.bootstrapServers, DEAD_LETTERS));
  console.log({ killedAt });
  expect(poison.map((n) => `poison ${n}`).filter((value) => !letters.has(value))).toEqual([]);
  expect(letters.size).toBe(poison.length);
});
