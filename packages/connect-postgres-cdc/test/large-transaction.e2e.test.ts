import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startConnectWorker, startKafka, startPostgres } from "@millrace/services";
import { Client } from "pg";
import { expect, test } from "vitest";
import { endOf } from "./topic.ts";
import { captureConfig, PLAIN_JSON } from "./worker-config.ts";

const ROWS = Number(process.env["MILLRACE_TRANSACTION_ROWS"] ?? 10_000_000);
const TOPIC = "large.public.t";

/** The most memory that the process has had, in MB. */
async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
}

test(`a transaction of ${ROWS} rows goes through the worker in less than 500 MB`, async () => {
  await using kafka = await startKafka();
  await using postgres = await startPostgres();
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: {
      "producer.compression.type": "lz4",
      ...PLAIN_JSON,
    },
  });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query("CREATE TABLE t (id int PRIMARY KEY, a int, b int, v char(84))");
  await worker.client.create("large", {
    ...captureConfig(postgres.url, "large"),
    "table.include.list": "public.t",
    "snapshot.mode": "no_data",
  });
  const isStreaming = async () => {
    const { rows } = await client.query("SELECT FROM pg_replication_slots WHERE active");
    return rows.length;
  };
  await expect.poll(isStreaming, { timeout: 60_000 }).toBe(1);
  const before = await peakMb(worker.pid!);
  await client.query(
    `INSERT INTO t SELECT i, i, i, md5(i::text) FROM generate_series(1, ${ROWS}) i`,
  );
  await client.end();
  const committedAt = performance.now();
  let end = 0;
  for (let last = -1, at = Date.now(); end < ROWS; await sleep(200)) {
    end = await endOf(kafka.bootstrapServers, TOPIC);
    if (end > last) [last, at] = [end, Date.now()];
    else if (Date.now() - at > 300_000) throw new Error(`It stands still at ${end} records`);
    await worker.client.throwIfFailed("large");
  }
  const seconds = (performance.now() - committedAt) / 1000;
  const peak = await peakMb(worker.pid!);
  console.log(
    `${end} records in ${seconds.toFixed(0)} s after the commit; peak RSS ${peak.toFixed(0)} MB, ${before.toFixed(0)} MB before`,
  );
  expect(end).toBe(ROWS);
  expect(peak).toBeLessThan(500);
});
