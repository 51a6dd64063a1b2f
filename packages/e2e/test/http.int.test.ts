import { randomUUID } from "node:crypto";
import { type ConnectWorker, sharedKafka, startConnectWorker } from "@millrace/services";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { forEachRecord, otherClient, readTopic } from "../src/read-topic.ts";
import { HttpApi } from "./support/http-api.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };
const STRING = "org.apache.kafka.connect.storage.StringConverter";

let kafka: string;
let worker: ConnectWorker;

beforeAll(async () => {
  kafka = await sharedKafka();
  worker = await startConnectWorker({
    bootstrapServers: kafka,
    properties: {
      "offset.flush.interval.ms": 500,
      "key.converter": STRING,
      "value.converter": STRING,
    },
  });
});
afterAll(() => worker?.close());

it("records reach a server in order per key, and those it rejects the dead-letter topic", async () => {
  await using api = await HttpApi.start();
  api.answer = ({ body }) =>
    body.includes("poison") ? { status: 422, body: "not to my taste" } : { status: 201 };
  const topic = `http-${randomUUID()}`;
  const messages = Array.from({ length: 500 }, (_, i) => ({
    key: `k${i % 7}`,
    value: i === 250 ? "poison" : `k${i % 7}#${i}`,
  }));
  const producer = otherClient(kafka).producer();
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
  await worker.client.create(topic, {
    "connector.class": "io.confluent.connect.http.HttpSinkConnector",
    topics: topic,
    "http.api.url": `${api.url}/in/\${topic}`,
    "batch.max.size": "20",
    ordering: "key",
    "behavior.on.error": "ignore",
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": `dlq-${topic}`,
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
    "consumer.override.auto.offset.reset": "earliest",
  });
  const values = () => api.received.flatMap(({ body }) => body.split(","));
  await vi.waitFor(() => expect(values().length).toBeGreaterThanOrEqual(499), PATIENCE);
  for (let key = 0; key < 7; key++) {
    const numbers = values().flatMap((value) =>
      value.startsWith(`k${key}#`) ? [Number(value.split("#")[1])] : [],
    );
    const sent = messages.flatMap((_message, i) => (i % 7 === key && i !== 250 ? [i] : []));
    expect(numbers).toEqual(sent);
  }
  expect(new Set(api.received.map(({ path }) => path))).toEqual(new Set([`/in/${topic}`]));
  const letters: string[] = [];
  const reason = "__connect.errors.exception.message";
  await vi.waitFor(async () => {
    letters.length = 0;
    await forEachRecord(kafka, `dlq-${topic}`, ({ value, headers }) =>
      letters.push(`${value?.toString()}: ${headers?.[reason]?.toString()}`),
    );
    expect(letters).toHaveLength(1);
  }, PATIENCE);
  expect(letters[0]).toBe(
    `poison: POST ${api.url}/in/${topic} answers 422: not to my taste (record ${topic}-0@250)`,
  );
  await worker.client.request("DELETE", `/connectors/${topic}`);
});

it("an API's records reach Kafka page by page, and go on after a restart", async () => {
  await using api = await HttpApi.start();
  const ids = Array.from({ length: 25 }, (_, i) => i + 1);
  api.answer = ({ path }) => {
    const query = new URL(path, api.url).searchParams;
    const from = Number(query.get("cursor") ?? 0);
    const items = ids.slice(from, from + 10).map((id) => ({ id }));
    const next = from + 10 < ids.length ? String(from + 10) : null;
    return { status: 200, body: JSON.stringify({ items, next }) };
  };
  const topic = `http-${randomUUID()}`;
  await worker.client.create(topic, {
    "connector.class": "millrace.http.HttpSourceConnector",
    url: `${api.url}/list`,
    topic,
    "records.path": "$.items",
    "record.key.path": "$.id",
    "value.format": "string",
    pagination: "cursor",
    "pagination.parameter": "cursor",
    "pagination.path": "$.next",
    "pagination.at.end": "keep",
    "poll.interval.ms": "50",
  });
  const read = async () =>
    (await readTopic(kafka, topic)).map((value) => (JSON.parse(value) as { id: number }).id);
  await vi.waitFor(async () => expect(await read()).toEqual(ids), PATIENCE);
  await worker.client.request("POST", `/connectors/${topic}/restart?includeTasks=true`);
  await worker.client.waitFor(topic);
  ids.push(26, 27);
  await vi.waitFor(async () => expect(await read()).toEqual(ids), PATIENCE);
  await worker.client.request("DELETE", `/connectors/${topic}`);
});
