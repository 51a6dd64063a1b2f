import { setTimeout as sleep } from "node:timers/promises";
import { startDistributedWorker, startKafka, startPostgres } from "@millrace/services";
import { Client } from "pg";
import { expect, test } from "vitest";
import { CHURN_TABLE, Churn, churnRows, Rebuilt } from "./churn.ts";
import { endOf, readTopic } from "./topic.ts";
import { captureConfig, PLAIN_JSON } from "./worker-config.ts";

const MINUTES = Number(process.env["MILLRACE_CHECKSUM_MINUTES"] ?? 10);
const WRITERS = 8;
const TOPIC = "churned.public.churn";
const END_TOPIC = "churned.public.churn_end";

/** Makes the table again of its topic, by a client that is not ours. */
async function rebuild(bootstrapServers: string): Promise<{ table: Rebuilt; records: number }> {
  const table = new Rebuilt();
  const end = await endOf(bootstrapServers, TOPIC);
  await readTopic(bootstrapServers, TOPIC, (message) => {
    table.take(message);
    return Number(message.offset) >= end - 1;
  });
  return { table, records: end };
}

test(`the table rebuilt from its topic is the table, after ${MINUTES} minutes of writers and kills`, async () => {
  await using kafka = await startKafka();
  await using postgres = await startPostgres();
  await using worker = await startDistributedWorker({
    bootstrapServers: kafka.bootstrapServers,
    groupId: "checksum",
    properties: {
      "offset.flush.interval.ms": 500,
      ...PLAIN_JSON,
    },
  });
  const admin = new Client({ connectionString: postgres.url });
  admin.on("error", () => undefined);
  await admin.connect();
  await admin.query(CHURN_TABLE);
  const churn = new Churn(postgres.url, WRITERS);
  await worker.client.create("checksum", {
    ...captureConfig(postgres.url, "churned"),
    "table.include.list": "public.churn.*",
    "retriable.restart.connector.wait.ms": "1000",
  });
  const kills = { worker: 0, broker: 0, postgres: 0 };
  const until = Date.now() + MINUTES * 60_000;
  while (Date.now() < until) {
    await sleep(2000 + Math.random() * 8000);
    const whom = (["worker", "broker", "postgres"] as const)[Math.floor(Math.random() * 3)]!;
    const server = { worker, broker: kafka.brokers[0]!, postgres }[whom];
    await server.kill();
    await sleep(Math.random() * 1000);
    await server.start();
    kills[whom] += 1;
  }
  await churn.stop();
  const after = new Client({ connectionString: postgres.url });
  await after.connect();
  const { rows: position } = await after.query<{ lsn: string }>(
    "SELECT pg_current_wal_lsn() AS lsn",
  );
  const written = position[0]!.lsn;
  await after.query("INSERT INTO churn_end VALUES (1)");
  const deadline = Date.now() + 180_000;
  while ((await endOf(kafka.bootstrapServers, END_TOPIC)) === 0 && Date.now() < deadline) {
    await worker.client.throwIfFailed("checksum");
    await sleep(200);
  }
  // What is stored is let go: the slot has come past all that the writers have done.
  const isLetGo = async () => {
    const { rows } = await after.query<{ ok: boolean }>(
      "SELECT confirmed_flush_lsn >= $1::pg_lsn AS ok FROM pg_replication_slots",
      [written],
    );
    return rows[0]?.ok;
  };
  await expect.poll(isLetGo, { timeout: 60_000 }).toBe(true);
  const { table, records } = await rebuild(kafka.bootstrapServers);
  const rows = await churnRows(after);
  await after.end();
  console.log(
    `${churn.transactions} transactions, ${records} records, ${rows.length} rows; killed ${JSON.stringify(kills)}`,
  );
  expect(await endOf(kafka.bootstrapServers, END_TOPIC)).toBeGreaterThan(0);
  expect(table.sorted()).toEqual(rows);
});
