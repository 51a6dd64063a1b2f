import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectWorker,
  startConnectWorker,
  startKafka,
  startPostgres,
} from "@millrace/services";
import { Client } from "pg";
import { expect, it } from "vitest";
import { otherClient } from "../src/read-topic.ts";

const TOPIC = "orders";
const PARTITIONS = 3;
const RECORDS = 200_000;
const WORKER_KILLS = 10;
const DATABASE_KILLS = 6;

const SCHEMA = {
  type: "struct",
  optional: false,
  fields: [
    { field: "id", type: "int32", optional: false },
    { field: "name", type: "string", optional: true },
  ],
};

async function fill(bootstrapServers: string): Promise<void> {
  const client = otherClient(bootstrapServers);
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  for (let from = 0; from < RECORDS; from += 5_000) {
    const messages = Array.from({ length: 5_000 }, (_, i) => ({
      value: JSON.stringify({
        schema: SCHEMA,
        payload: { id: from + i, name: `name ${from + i}` },
      }),
      partition: (from + i) % PARTITIONS,
    }));
    await producer.send({ topic: TOPIC, messages });
  }
  await producer.disconnect();
}

/** The same records twice: by upsert, and by plain inserts into a table without any key. */
async function createSinks(worker: ConnectWorker, postgresUrl: string): Promise<void> {
  const url = new URL(postgresUrl);
  const common = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
    "connection.user": url.username,
    "connection.password": url.password,
    "connection.backoff.ms": "100",
    "retry.backoff.ms": "100",
    "max.retries": "1000",
    "tasks.max": "2",
    topics: TOPIC,
  };
  await worker.client.create("by-upsert", {
    ...common,
    "table.name.format": "by_upsert",
    "insert.mode": "upsert",
    "pk.mode": "record_value",
    "pk.fields": "id",
  });
  await worker.client.create("exactly-once", {
    ...common,
    "table.name.format": "exactly_once",
    "offsets.table": "stored_offsets",
  });
}

async function query(postgresUrl: string, sql: string): Promise<unknown[][]> {
  const client = new Client(postgresUrl);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

const COUNTS =
  "SELECT (SELECT count(*) FROM by_upsert)::int, (SELECT count(*) FROM exactly_once)::int";

async function until(postgresUrl: string, rows: number, timeoutMs = 300_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const [[upserted, once] = []] = await query(postgresUrl, COUNTS);
    if (Number(upserted) >= rows && Number(once) >= rows) return;
    if (Date.now() > deadline)
      throw new Error(`Only ${String(upserted)} and ${String(once)} rows came`);
    await sleep(20);
  }
}

it(`rows are there once each after ${WORKER_KILLS} kills of the worker and ${DATABASE_KILLS} of the database`, async () => {
  await using kafka = await startKafka();
  await using postgres = await startPostgres();
  await fill(kafka.bootstrapServers);
  await query(postgres.url, "CREATE TABLE by_upsert (id int PRIMARY KEY, name text)");
  await query(postgres.url, "CREATE TABLE exactly_once (id int, name text)");
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: {
      "offset.flush.interval.ms": 500,
      "consumer.session.timeout.ms": 6_000,
      // Many transactions, for kills to fall into.
      "consumer.max.poll.records": 50,
    },
  });
  const kills = [
    ...Array.from({ length: WORKER_KILLS }, () => worker),
    ...Array.from({ length: DATABASE_KILLS }, () => postgres),
  ].sort(() => Math.random() - 0.5);
  await createSinks(worker, postgres.url);
  const killedAt: unknown[] = [];
  for (const [i, server] of kills.entries()) {
    await until(postgres.url, (RECORDS / (kills.length + 1)) * (i + Math.random() * 0.8));
    killedAt.push([
      server === worker ? "worker" : "database",
      ...(await query(postgres.url, COUNTS))[0]!,
    ]);
    await server.kill();
    if (server === postgres) await sleep(Math.random() * 1_000);
    await server.start();
    if (server === worker) await createSinks(worker, postgres.url);
  }
  await until(postgres.url, RECORDS);
  console.log(killedAt);
  const expected = [[RECORDS, RECORDS, true]];
  const check = (table: string) =>
    query(
      postgres.url,
      `SELECT count(*)::int, count(DISTINCT id)::int, bool_and(name = 'name ' || id) FROM ${table}`,
    );
  expect(await check("by_upsert")).toEqual(expected);
  expect(await check("exactly_once")).toEqual(expected);
});
