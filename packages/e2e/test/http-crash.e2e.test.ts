import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectWorker, startConnectWorker, startKafka } from "@millrace/services";
import { expect, it } from "vitest";
import { otherClient, readTopic } from "../src/read-topic.ts";
import { HttpApi } from "./support/http-api.ts";

const RECORDS = 60_000;
const KEYS = 100;
const KILLS = 10;
const STRING = "org.apache.kafka.connect.storage.StringConverter";
const PROPERTIES = {
  "offset.flush.interval.ms": 300,
  "key.converter": STRING,
  "value.converter": STRING,
  // A killed worker's partitions are free when its session is over.
  "consumer.session.timeout.ms": 6_000,
};

/** Kills the worker while records travel, and starts it with the connector again. */
async function killTimes(
  worker: ConnectWorker,
  create: () => Promise<unknown>,
  done: () => Promise<number> | number,
  total: number,
): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    await create();
    const until = (await done()) + Math.random() * (total / KILLS / 2);
    while ((await done()) < until) await sleep(10);
    await worker.kill();
    await worker.start();
  }
  await create();
}

async function untilEnough(count: () => Promise<number> | number, enough: number): Promise<void> {
  const deadline = Date.now() + 180_000;
  while ((await count()) < enough && Date.now() < deadline) await sleep(200);
}

it(`a sink loses nothing and keeps keys in order over ${KILLS} kills`, async () => {
  await using kafka = await startKafka();
  await using api = await HttpApi.start();
  const topic = "to-http";
  const client = otherClient(kafka.bootstrapServers);
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  for (let from = 0; from < RECORDS; from += 5000) {
    const messages = Array.from({ length: 5000 }, (_, i) => {
      const key = `k${(from + i) % KEYS}`;
      return { key, value: `${key}#${from + i}` };
    });
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  // Now and then the server is busy, or has a record and breaks off.
  let requests = 0;
  api.answer = () => ({ status: ++requests % 50 === 0 ? 503 : 200 });
  const distinct = new Set<number>();
  const numbersOf = (body: string) => body.split(",").map((value) => Number(value.split("#")[1]));
  let counted = 0;
  const done = () => {
    for (; counted < api.received.length; counted++) {
      for (const number of numbersOf(api.received[counted]!.body)) distinct.add(number);
    }
    return distinct.size;
  };
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: PROPERTIES,
  });
  const create = () =>
    worker.client.create("http-sink", {
      "connector.class": "io.confluent.connect.http.HttpSinkConnector",
      topics: topic,
      "tasks.max": "2",
      "http.api.url": `${api.url}/in`,
      "batch.max.size": "20",
      ordering: "key",
      "retry.backoff.ms": "20",
      "consumer.override.auto.offset.reset": "earliest",
    });
  await killTimes(worker, create, done, RECORDS);
  await untilEnough(done, RECORDS);
  expect(done()).toBe(RECORDS);
  const latest = new Map<string, number>();
  let repeated = 0;
  const seen = new Set<number>();
  for (const { body } of api.received) {
    for (const value of body.split(",")) {
      const [key = "", text] = value.split("#");
      const number = Number(text);
      if (seen.has(number)) {
        repeated++;
        continue;
      }
      seen.add(number);
      // First deliveries of a key come in order.
      expect(number).toBeGreaterThan(latest.get(key) ?? -1);
      latest.set(key, number);
    }
  }
  console.log({ requests, repeated });
});

it(`a source loses nothing over ${KILLS} kills`, async () => {
  await using kafka = await startKafka();
  await using api = await HttpApi.start();
  const topic = "from-http";
  const total = 20_000;
  api.answer = ({ path }) => {
    const from = Number(new URL(path, api.url).searchParams.get("offset") ?? 0);
    const count = Math.max(0, Math.min(50, total - from));
    return { status: 200, body: JSON.stringify(Array.from({ length: count }, (_, i) => from + i)) };
  };
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: PROPERTIES,
  });
  const create = () =>
    worker.client.create("http-source", {
      "connector.class": "io.confluent.connect.http.HttpSourceConnector",
      url: `${api.url}/list?offset=\${offset}`,
      "topic.name.pattern": topic,
      "value.format": "string",
      "request.interval.ms": "100",
      "requests.per.second": "100",
    });
  // What was asked for; Kafka has a little less.
  const done = () => api.received.length * 50;
  await killTimes(worker, create, done, total);
  const numbers = async () => (await readTopic(kafka.bootstrapServers, topic)).map(Number);
  await untilEnough(async () => new Set(await numbers()).size, total);
  const read = await numbers();
  expect(new Set(read).size).toBe(total);
  console.log({ requests: api.received.length, repeated: read.length - total });
});
