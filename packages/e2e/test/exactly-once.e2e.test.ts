import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectAnswer, makeRunFolder, startKafka } from "@millrace/services";
import { expect, it, onTestFinished } from "vitest";
import { ConnectCluster } from "../src/cluster/connect-cluster.ts";
import { readCommitted } from "../src/read-committed.ts";
import { countRecords } from "../src/read-topic.ts";

const LINES = 1_000_000;
const KILLS = 30;
/** After these kills the broker is started anew as well. */
const BROKER_RESTARTS: ReadonlySet<number> = new Set([7, 15, 23]);
const TOPIC = "lines";

const PROPERTIES = {
  "exactly.once.source.support": "enabled",
  // A killed worker's place in the group is free when its session is over.
  "session.timeout.ms": 2_000,
  "heartbeat.interval.ms": 500,
};

async function writeLines(path: string): Promise<number> {
  const file = await open(path, "w");
  try {
    for (let from = 0; from < LINES; from += 10_000) {
      const lines = Array.from({ length: 10_000 }, (_, i) => `line ${from + i}\n`);
      await file.write(lines.join(""));
    }
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

it(`a million lines are there once, in order, after ${KILLS} kills of the worker and ${BROKER_RESTARTS.size} of the broker`, async () => {
  const folder = makeRunFolder("exactly-once");
  onTestFinished(() => folder.remove());
  await using kafka = await startKafka({
    properties: { "group.min.session.timeout.ms": 1_000 },
  });
  const { bootstrapServers } = kafka;
  const file = join(folder.path, "in.txt");
  const size = await writeLines(file);
  await using cluster = await ConnectCluster.start({
    kind: "millrace",
    workers: 1,
    bootstrapServers,
    properties: PROPERTIES,
  });
  const worker = cluster.workers[0]!;
  const started = Date.now();
  await cluster.putConfig("lines", {
    "connector.class": "FileStreamSource",
    file,
    topic: TOPIC,
    "exactly.once.support": "required",
    "transaction.boundary": "poll",
    "batch.size": "500",
  });

  const killedAt: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    // Somewhere in the next thousands of records, and anywhere within a transaction.
    const until = (killedAt.at(-1) ?? 0) + Math.random() * (LINES / KILLS);
    while ((await countRecords(bootstrapServers, TOPIC)) <= until) await sleep(5);
    await sleep(Math.random() * 20);
    await worker.kill();
    killedAt.push(await countRecords(bootstrapServers, TOPIC));
    if (BROKER_RESTARTS.has(kill)) {
      const broker = kafka.brokers[0]!;
      await broker.kill();
      await broker.start();
    }
    await worker.start();
  }

  const position = async () => {
    const { body }: ConnectAnswer<{ offsets: { offset: { position: number } }[] }> =
      await cluster.request("GET", "/connectors/lines/offsets");
    return body?.offsets[0]?.offset.position;
  };
  await expect.poll(position, { timeout: 180_000, interval: 1_000 }).toBe(size);
  const seconds = (Date.now() - started) / 1000;

  const values = await readCommitted(bootstrapServers, TOPIC);
  const wrong = values.findIndex((value, i) => value !== `line ${i}`);
  const inLog = await countRecords(bootstrapServers, TOPIC);
  console.log({
    killedAt,
    seconds,
    committed: values.length,
    inLog,
    distinct: new Set(values).size,
  });
  expect(wrong).toBe(-1);
  expect(values).toHaveLength(LINES);
});
