import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectWorker,
  type Elasticsearch,
  startConnectWorker,
  startElasticsearch,
  startKafka,
} from "@millrace/services";
import type { Message } from "kafkajs";
import { expect, it } from "vitest";
import { otherClient } from "../src/read-topic.ts";

const TOPIC = "towns";
const PARTITIONS = 3;
const RECORDS = 60_000;
const KEYS = 3000;
const BATCH = 500;
const KILLS = 12;

type Model = Map<string, { n: number; text: string }>;

/** The same sequence for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes records of few keys, some without value, at the pace that the kills leave time for. */
async function produce(
  bootstrapServers: string,
  random: () => number,
  mayGoOn: (sent: number) => boolean,
): Promise<Model> {
  const producer = otherClient(bootstrapServers).producer();
  await producer.connect();
  const model: Model = new Map();
  for (let sent = 0; sent < RECORDS; sent += BATCH) {
    while (!mayGoOn(sent)) await sleep(50);
    const messages: Message[] = Array.from({ length: BATCH }, (_, i) => {
      const key = `town-${Math.floor(random() * KEYS)}`;
      if (random() < 0.2) {
        model.delete(key);
        return { key, value: null };
      }
      const value = { n: sent + i, text: "x".repeat(Math.floor(random() * 200)) };
      model.set(key, value);
      return { key, value: JSON.stringify(value) };
    });
    await producer.send({ topic: TOPIC, messages, acks: -1 });
  }
  await producer.disconnect();
  return model;
}

async function createSink(worker: ConnectWorker, url: string): Promise<void> {
  await worker.client.create("towns", {
    "connector.class": "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector",
    "tasks.max": "2",
    topics: TOPIC,
    "connection.url": url,
    "schema.ignore": "true",
    "behavior.on.null.values": "delete",
    "batch.size": "100",
    "max.retries": "1000000",
    "retry.backoff.ms": "20",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
  });
}

/** What the index holds, as far as the server answers. */
async function documents({ url }: Elasticsearch): Promise<Model> {
  const found: Model = new Map();
  await fetch(`${url}/${TOPIC}/_refresh`, { method: "POST" });
  for (let after: unknown[] | undefined; ;) {
    const response = await fetch(`${url}/${TOPIC}/_search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        size: 10_000,
        sort: [{ _seq_no: "asc" }],
        ...(after && { search_after: after }),
      }),
    });
    const { hits } = (await response.json()) as {
      hits?: { hits: { _id: string; _source: { n: number; text: string }; sort: unknown[] }[] };
    };
    for (const { _id, _source } of hits?.hits ?? []) found.set(_id, _source);
    after = hits?.hits.at(-1)?.sort;
    if (after === undefined) return found;
  }
}

it(`documents equal the records, after ${KILLS} kills of worker and server`, async () => {
  await using kafka = await startKafka({ properties: { "num.partitions": PARTITIONS } });
  await using elasticsearch = await startElasticsearch();
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: {
      "offset.flush.interval.ms": 500,
      "value.converter.schemas.enable": false,
      "consumer.session.timeout.ms": 6_000,
    },
  });
  const seed = Number(process.env["MILLRACE_SEED"] ?? Date.now() % 1_000_000);
  console.log({ seed });
  const random = randomFrom(seed);
  let kills = 0;
  // Records come all the time, so that every kill falls while some travel.
  const producing = produce(
    kafka.bootstrapServers,
    randomFrom(seed + 1),
    (sent) => sent < ((kills + 1) * RECORDS) / KILLS,
  );
  await createSink(worker, elasticsearch.url);
  for (; kills < KILLS; kills++) {
    await sleep(500 + random() * 4000);
    if (random() < 0.5) {
      await worker.kill();
      await worker.start();
      await createSink(worker, elasticsearch.url);
    } else {
      await elasticsearch[random() < 0.7 ? "kill" : "stop"]();
      await sleep(random() * 2000);
      await elasticsearch.start();
    }
  }
  const model = await producing;
  const deadline = Date.now() + 180_000;
  let found = await documents(elasticsearch);
  while (!same(found, model) && Date.now() < deadline) {
    await worker.client.throwIfFailed("towns");
    await sleep(500);
    found = await documents(elasticsearch);
  }
  expect(found).toEqual(model);
});

function same(found: Model, model: Model): boolean {
  if (found.size !== model.size) return false;
  return [...model].every(([key, { n }]) => found.get(key)?.n === n);
}
