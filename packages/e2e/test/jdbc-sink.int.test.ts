import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type ConnectWorker, sharedKafka, startConnectWorker } from "@millrace/services";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forEachRecord, otherClient } from "../src/read-topic.ts";
import { type JdbcDatabase, postgresDatabase } from "./support/jdbc-databases.ts";

const SCHEMA = {
  type: "struct",
  optional: false,
  name: "order",
  fields: [
    { field: "id", type: "int32", optional: false },
    { field: "size", type: "int32", optional: true },
  ],
};

let kafka: string;
let worker: ConnectWorker;
let database: JdbcDatabase;

beforeAll(async () => {
  kafka = await sharedKafka();
  database = await postgresDatabase();
  worker = await startConnectWorker({
    bootstrapServers: kafka,
    properties: { "offset.flush.interval.ms": 300 },
  });
});
afterAll(async () => {
  await worker?.close();
  await database?.[Symbol.asyncDispose]();
});

async function send(topic: string, rows: readonly { id: number; size: number | null }[]) {
  const producer = otherClient(kafka).producer();
  await producer.connect();
  await producer.send({
    topic,
    messages: rows.map((payload) => ({
      value: JSON.stringify({ schema: SCHEMA, payload }),
      headers: { origin: `order ${payload.id}` },
      partition: 0,
    })),
  });
  await producer.disconnect();
}

it("a record that the database refuses is dead-lettered, the others around it are rows", async () => {
  const topic = `orders-${randomUUID()}`;
  const letters = `${topic}-dead`;
  const admin = otherClient(kafka).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }, { topic: letters }] });
  await admin.disconnect();
  await database.sql("CREATE TABLE orders (id int PRIMARY KEY, size int CHECK (size <> 13))");
  await send(
    topic,
    Array.from({ length: 100 }, (_, id) => ({ id, size: id })),
  );
  // Confluent's class and keys, as they are posted to a Java worker.
  await worker.client.create(topic, {
    ...database.props,
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "tasks.max": "1",
    topics: topic,
    "insert.mode": "upsert",
    "pk.mode": "record_value",
    "pk.fields": "id",
    "table.name.format": "orders",
    "auto.create": "false",
    "auto.evolve": "false",
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": letters,
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
  });
  const count = async () => (await database.sql("SELECT count(*) FROM orders"))[0]?.[0];
  await expect.poll(count, { timeout: 60_000 }).toBe("99");
  const dead: Record<string, string>[] = [];
  const readLetters = async () => {
    dead.length = 0;
    await forEachRecord(kafka, letters, ({ value, headers }) => {
      const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
      dead.push({ value: String(value), ...Object.fromEntries(texts) });
    });
    return dead.length;
  };
  await expect.poll(readLetters, { timeout: 60_000 }).toBe(1);
  expect(dead[0]).toMatchObject({
    value: JSON.stringify({ schema: SCHEMA, payload: { id: 13, size: 13 } }),
    origin: "order 13",
    "__connect.errors.topic": topic,
    "__connect.errors.offset": "13",
    "__connect.errors.stage": "TASK_PUT",
    "__connect.errors.exception.message": expect.stringContaining("orders_size_check"),
  });
  await worker.client.ask("stop", topic);
  const end = async () =>
    /The task has ended: (.*?)"/.exec(await readFile(worker.logFile, "utf8"))?.[1];
  await expect
    .poll(end, { timeout: 30_000 })
    .toBe("read 100, written 99, filtered 0, skipped 0, dead-lettered 1, still held 0");
});

it.each(["JdbcSinkConnector", "JdbcSink", "io.aiven.connect.jdbc.JdbcSinkConnector"])(
  "%s names it, too, and validates against the database",
  async (name) => {
    const path = `/connector-plugins/${name}/config/validate`;
    const { status, body } = await worker.client.request<{ error_count: number }>("PUT", path, {
      ...database.props,
      name: "any",
      "connector.class": name,
      topics: "any",
    });
    expect({ status, errors: body.error_count }).toEqual({ status: 200, errors: 0 });
  },
);
