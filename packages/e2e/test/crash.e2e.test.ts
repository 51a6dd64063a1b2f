import { once } from "node:events";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { readFile } from "node:fs/promises";
import {
  type ConnectWorker,
  startConnectWorker,
  startKafka,
  startPostgres,
} from "@millrace/services";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, readTopic } from "../src/read-topic.ts";

const ROWS = 1_000_000;
const KILLS = 20;
const TOPIC = "crash-events";

/** The sample pipeline of these tests: a PostgreSQL table through Kafka into a file. */
async function createPipeline(
  worker: ConnectWorker,
  postgresUrl: string,
  output: string,
): Promise<void> {
  const url = new URL(postgresUrl);
  await worker.client.create("events-source", {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
    "connection.user": url.username,
    "connection.password": url.password,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "events",
    "topic.prefix": "crash-",
    "poll.interval.ms": "100",
  });
  await worker.client.create("events-sink", {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    file: output,
    topics: TOPIC,
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
  });
}

async function fillTable(postgresUrl: string): Promise<void> {
  const client = new Client(postgresUrl);
  await client.connect();
  await client.query(
    `CREATE TABLE events AS SELECT generate_series(1, ${ROWS})::bigint AS id, md5(random()::text) AS payload`,
  );
  await client.query("ALTER TABLE events ADD PRIMARY KEY (id)");
  await client.end();
}

async function idsInFile(path: string): Promise<number[]> {
  const ids: number[] = [];
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  lines.on("line", (line) => {
    // A kill can leave a record half written, with the next one right behind it.
    for (const [, id] of line.matchAll(/\{"id":(\d+),"payload":"[0-9a-f]{32}"\}/g))
      ids.push(Number(id));
  });
  await once(lines, "close");
  return ids;
}

async function untilFileHas(path: string, distinct: number, timeoutMs: number): Promise<number[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const ids = await idsInFile(path);
    if (new Set(ids).size >= distinct || Date.now() > deadline) return ids;
    await sleep(1_000);
  }
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

const PROPERTIES = {
  "offset.flush.interval.ms": 500,
  "value.converter.schemas.enable": false,
  // A killed worker's partitions are free when its session is over.
  "consumer.session.timeout.ms": 6_000,
};

describe("a million rows", () => {
  it(`survive ${KILLS} kills of the worker`, async () => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    await fillTable(postgres.url);
    await using worker = await startConnectWorker({
      bootstrapServers: kafka.bootstrapServers,
      properties: PROPERTIES,
    });
    const output = join(worker.folder, "out.txt");
    const killedAt: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await createPipeline(worker, postgres.url, output);
      // Somewhere in the next thousands of records, so that all kills fall while rows travel.
      const until = (killedAt.at(-1) ?? 0) + Math.random() * (ROWS / KILLS);
      while ((await countRecords(kafka.bootstrapServers, TOPIC)) < until) await sleep(10);
      await worker.kill();
      killedAt.push(await countRecords(kafka.bootstrapServers, TOPIC));
      await worker.start();
    }
    await createPipeline(worker, postgres.url, output);
    const written = ascendingRuns(await untilFileHas(output, ROWS, 300_000));
    const sent = ascendingRuns(
      (await readTopic(kafka.bootstrapServers, TOPIC)).map(
        (value) => (JSON.parse(value) as { id: number }).id,
      ),
    );
    console.log({ killedAt, sent, written });
    expect(sent).toMatchObject({ distinct: ROWS, gaps: [] });
    expect(sent.rewinds).toBeLessThanOrEqual(KILLS);
    expect(written).toMatchObject({ distinct: ROWS, gaps: [] });
    expect(written.rewinds).toBeLessThanOrEqual(sent.rewinds + KILLS);
  });

  it("wait out a broker that is away for 30 seconds, in flat memory", async () => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    await fillTable(postgres.url);
    await using worker = await startConnectWorker({
      bootstrapServers: kafka.bootstrapServers,
      properties: PROPERTIES,
    });
    const output = join(worker.folder, "out.txt");
    await createPipeline(worker, postgres.url, output);
    while ((await countRecords(kafka.bootstrapServers, TOPIC)) < ROWS / 10) await sleep(50);
    const broker = kafka.brokers[0]!;
    await broker.stop();
    const rss: number[] = [];
    for (let second = 0; second < 30; second++) {
      await sleep(1_000);
      rss.push(Math.round(await rssMb(worker.pid!)));
    }
    await broker.start();
    const written = ascendingRuns(await untilFileHas(output, ROWS, 300_000));
    console.log({ rss, written });
    expect(written).toMatchObject({ count: ROWS, distinct: ROWS, rewinds: 0, gaps: [] });
    // What is held back is bounded; nothing grows while nobody answers.
    expect(Math.max(...rss.slice(10)) - rss[5]!).toBeLessThan(50);
    for (const name of ["events-source", "events-sink"]) await worker.client.waitFor(name);
  });
});
