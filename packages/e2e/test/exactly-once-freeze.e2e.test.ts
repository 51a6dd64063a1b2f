import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { partitionOfKey } from "@millrace/kafka-client";
import { type ConnectAnswer, makeRunFolder, startKafka } from "@millrace/services";
import { expect, it, onTestFinished } from "vitest";
import { ConnectCluster } from "../src/cluster/connect-cluster.ts";
import { overlaps } from "../src/count/journal.ts";
import { recordText } from "../src/count/stream-counts.ts";
import { readCommitted } from "../src/read-committed.ts";
import { countRecords, otherClient } from "../src/read-topic.ts";
import { journalSource } from "../src/soak/soak.ts";

const TOPIC = "numbers";
const TASKS = 6;
const PARTITIONS = TASKS;
/** Each goes to a partition of its own, which only one producer writes to: see `readCommitted`. */
const STREAMS = Array.from({ length: TASKS }, (_, partition) => streamOf(partition));
const FREEZES = 6;
const RECORDS_PER_TICK = 50;
const TICK_MS = 100;

const PROPERTIES = {
  "exactly.once.source.support": "enabled",
  // A frozen worker's tasks are free when its session is over.
  "session.timeout.ms": 3_000,
  "heartbeat.interval.ms": 700,
};

function streamOf(partition: number): string {
  for (let i = 0; ; i++) {
    const name = `stream-${i}`;
    if (partitionOfKey(Buffer.from(name), PARTITIONS) === partition) return name;
  }
}

/** How far the sources may count, higher and higher until it is told to end. */
class Limit {
  readonly #file: string;
  readonly #end = new AbortController();
  readonly #raising: Promise<void>;
  #value = 0;

  constructor(file: string) {
    this.#file = file;
    this.#raising = this.#raise();
  }

  /** @returns the last number of each stream */
  async end(): Promise<number> {
    this.#end.abort();
    await this.#raising;
    return this.#value;
  }

  async #raise(): Promise<void> {
    while (!this.#end.signal.aborted) {
      this.#value += RECORDS_PER_TICK;
      // Renamed, since tasks must not read half a number.
      await writeFile(`${this.#file}.new`, String(this.#value));
      await rename(`${this.#file}.new`, this.#file);
      await sleep(TICK_MS);
    }
  }
}

it(`tasks of a worker that was frozen ${FREEZES} times, and comes back each time, have written each record once`, async () => {
  const folder = makeRunFolder("exactly-once-freeze");
  onTestFinished(() => folder.remove());
  const journals = join(folder.path, "journals");
  await mkdir(journals);
  await using kafka = await startKafka({ properties: { "group.min.session.timeout.ms": 1_000 } });
  const { bootstrapServers } = kafka;
  const admin = otherClient(bootstrapServers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const limitFile = join(folder.path, "limit");
  await writeFile(limitFile, "0");
  await using cluster = await ConnectCluster.start({
    kind: "millrace",
    workers: 2,
    bootstrapServers,
    properties: PROPERTIES,
    plugins: [await journalSource("millrace", folder.path)],
  });
  await cluster.putConfig(TOPIC, {
    "connector.class": "test.JournalSource",
    "tasks.max": String(TASKS),
    topic: TOPIC,
    streams: STREAMS.join(","),
    journal: journals,
    "limit.file": limitFile,
    // A transaction is open nearly always, whenever the freeze comes.
    "transaction.boundary": "interval",
    "transaction.boundary.interval.ms": "300",
  });
  const expected = new Map([[TOPIC, { state: "RUNNING", tasks: TASKS } as const]]);
  await cluster.waitSettled(expected, { balanced: true });

  const limit = new Limit(limitFile);
  onTestFinished(async () => void (await limit.end()));
  const takenOver: number[] = [];
  for (let freeze = 0; freeze < FREEZES; freeze++) {
    const frozen = cluster.workers[freeze % 2]!;
    await sleep(Math.random() * 1_000);
    const before = await cluster.balance();
    takenOver.push(before.tasks.get(frozen.id)!);
    // Settled: all tasks run on the worker that is left.
    await frozen.freezeWhile(() => cluster.waitSettled(expected));
    await cluster.waitSettled(expected, { balanced: true });
  }
  const last = await limit.end();

  type Offsets = { offsets: { offset: { number: number } }[] };
  const positions = async () => {
    const path = `/connectors/${TOPIC}/offsets`;
    const { body }: ConnectAnswer<Offsets> = await cluster.request("GET", path);
    return body.offsets.map(({ offset }) => offset.number);
  };
  await expect
    .poll(positions, { timeout: 120_000, interval: 500 })
    .toEqual(STREAMS.map(() => last));

  const values = await readCommitted(bootstrapServers, TOPIC, PARTITIONS);
  const logs = await Promise.all(cluster.workers.map(({ logFile }) => readFile(logFile, "utf8")));
  const journalOf = (stream: string) => readFile(join(journals, stream), "utf8");
  const atOnce = await Promise.all(
    STREAMS.map(async (stream) => overlaps(stream, await journalOf(stream)).length),
  );
  console.log({
    takenOver,
    records: values.length,
    inLog: await countRecords(bootstrapServers, TOPIC),
    fencedOff: logs.map((log) => log.match(/was fenced off/g)?.length ?? 0),
    ranInBothAtOnce: atOnce.reduce((sum, n) => sum + n),
  });
  // Each time there was something to take over.
  expect(Math.min(...takenOver)).toBeGreaterThan(0);
  for (const stream of STREAMS) {
    // Each stream is one task's, and in one partition: its order is that of the topic.
    const found = values.filter((value) => value.startsWith(`@${stream}:`));
    const wrong = found.findIndex((value, i) => value !== recordText(stream, i + 1));
    expect([stream, wrong, found.length]).toEqual([stream, -1, last]);
  }
  expect(values).toHaveLength(STREAMS.length * last);
});
