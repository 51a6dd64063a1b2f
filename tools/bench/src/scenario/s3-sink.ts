import { randomUUID } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { pythonPackages, startSchemaRegistry } from "@millrace/services";
import { startBroker } from "../harness/broker.ts";
import { fileSink } from "../harness/connectors.ts";
import { MemoryWatch } from "../harness/memory-watch.ts";
import { PACKAGES, PEER_SCRIPTS } from "../harness/places.ts";
import { cpuSeconds } from "../harness/process-tree-use.ts";
import { runOwned } from "../harness/run-owned.ts";
import { until } from "../harness/until.ts";
import { startWorker, type Worker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import { fill } from "./s3-sink/fill.ts";
import { Place } from "./s3-sink/place.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 600_000;
const FLUSH_SIZE = 10_000;
/** Rows that are in memory for those that only write. */
const ROWS = 50_000;
const ROUNDS = 6;
const EVERY_MS = 50;
const HOURS = 24;
const PARTITIONS = 4;
const HOUR_MS = 3_600_000;
/** How often each partition completes its files. */
const BATCHES = 2;
const FIRST_HOUR = Date.parse("2026-01-01T00:00:00Z");

const FORMATS = "io.confluent.connect.s3.format";
const PARQUET = { "format.class": `${FORMATS}.parquet.ParquetFormat` };
const JSON_LINES = { "format.class": `${FORMATS}.json.JsonFormat` };

const WAYS = ["Parquet writer alone", "Parquet", "JSON lines", "file sink"] as const;
type Way = (typeof WAYS)[number];

interface Measured {
  readonly rate: number;
  readonly cpuMicros: number;
}

/** What the sink adds to the writing itself, and its memory with many open files. */
export const s3Sink: Scenario = {
  name: "s3-sink",
  summary: "Avro into Parquet beside the writer alone, JSON beside the file sink; 96 open files",
  async run(context) {
    await using kafka = await startBroker();
    await using registry = await startSchemaRegistry();
    const servers: Servers = {
      bootstrapServers: kafka.bootstrapServers,
      registryUrl: registry.url,
    };
    await rates(context, servers);
    await memory(context, servers);
  },
};

interface Servers {
  readonly bootstrapServers: string;
  readonly registryUrl: string;
}

async function rates(context: ScenarioContext, servers: Servers): Promise<void> {
  const { reps, records = RECORDS, say, report, workFolder } = context;
  await fill({ ...servers, topic: "orders", partitions: 1, records });
  const rows = join(workFolder, "rows.parquet");
  const measured = Object.fromEntries(WAYS.map((way) => [way, []])) as unknown as Record<
    Way,
    Measured[]
  >;
  for (let rep = 1; rep <= reps; rep++) {
    for (const way of WAYS) {
      const one = await take(way, context, servers, rows);
      measured[way].push(one);
      const cpu = formatNumber(one.cpuMicros, 2);
      say(`${way} #${rep}: ${formatNumber(one.rate, 0)} records/s, ${cpu} µs CPU/record`);
    }
  }
  const median = (way: Way, figure: keyof Measured) =>
    spreadOf(measured[way].map((one) => one[figure])).median;
  for (const way of WAYS) {
    report({ figure: `${way}: rate`, value: median(way, "rate"), digits: 0, unit: "records/s" });
    const cpu = median(way, "cpuMicros");
    report({ figure: `${way}: CPU`, value: cpu, digits: 2, unit: "µs/record" });
  }
  const alone = "Parquet: rate ÷ the writer's alone";
  const ofAlone = median("Parquet", "rate") / median("Parquet writer alone", "rate");
  report({ figure: alone, value: ofAlone, digits: 2, unit: "", bar: alone });
  const file = "JSON lines: rate ÷ the file sink's";
  const ofFile = median("JSON lines", "rate") / median("file sink", "rate");
  report({ figure: file, value: ofFile, digits: 2, unit: "", bar: file });
  await duckdb(context, rows);
}

function take(
  way: Way,
  context: ScenarioContext,
  servers: Servers,
  rows: string,
): Promise<Measured> {
  switch (way) {
    case "Parquet writer alone":
      return writerAlone(rows);
    case "Parquet":
      return s3(context, servers, PARQUET);
    case "JSON lines":
      return s3(context, servers, JSON_LINES);
    case "file sink":
      return file(context, servers);
  }
}

const WRITER_ALONE = fileURLToPath(new URL("s3-sink/writer-alone.ts", import.meta.url));

/** In a process of its own, and single-threaded, as a task is. */
async function writerAlone(rows: string): Promise<Measured> {
  const numbers = [ROWS, FLUSH_SIZE, ROUNDS].map(String);
  const args = [...process.execArgv, WRITER_ALONE, ...numbers, rows];
  const stdout = await runOwned(process.execPath, args, { what: "writing Parquet alone" });
  const { rates, cpuMicros } = JSON.parse(stdout) as { rates: number[]; cpuMicros: number };
  return { rate: spreadOf(rates).median, cpuMicros };
}

async function s3(
  context: ScenarioContext,
  servers: Servers,
  format: Record<string, string>,
): Promise<Measured> {
  const { records = RECORDS } = context;
  await using place = await Place.make();
  await using worker = await start(context, servers);
  const name = newName();
  await worker.client.create(name, {
    "connector.class": "io.confluent.connect.s3.S3SinkConnector",
    topics: "orders",
    "flush.size": String(FLUSH_SIZE),
    ...place.props,
    ...format,
    ...avro(servers),
  });
  const whole = Math.floor(records / FLUSH_SIZE);
  const objects = () => place.objects();
  return await rateOf(worker, name, objects, async (amount) => amount >= whole, whole * FLUSH_SIZE);
}

async function file(context: ScenarioContext, servers: Servers): Promise<Measured> {
  const { records = RECORDS, workFolder } = context;
  const path = join(workFolder, "orders.json");
  await using worker = await start(context, servers);
  const name = newName();
  await worker.client.create(name, {
    ...fileSink(path, "orders"),
    format: "json",
    ...avro(servers),
  });
  const bytes = async () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const isDone = async () =>
    ((await worker.client.metrics()).records(name)["written"] ?? 0) >= records;
  const measured = await rateOf(worker, name, bytes, isDone, records);
  rmSync(path);
  return measured;
}

/**
 * Records per second between the first moment at which there is something of them and the last.
 * @param amount of what there is, in any unit
 * @param records that there are in the end
 */
async function rateOf(
  worker: Worker,
  name: string,
  amount: () => Promise<number>,
  isDone: (amount: number) => Promise<boolean>,
  records: number,
): Promise<Measured> {
  let first: { amount: number; at: number; cpu: number } | undefined;
  for (;;) {
    const now = { amount: await amount(), at: performance.now(), cpu: cpuSeconds(worker.pid!) };
    if (now.amount > 0) first ??= now;
    if (first !== undefined && (await isDone(now.amount))) {
      // Nothing is to come any more: all of it is there.
      const last = await amount();
      const moved = records * (1 - first.amount / last);
      return {
        rate: (moved * 1000) / (now.at - first.at),
        cpuMicros: ((now.cpu - first.cpu) * 1e6) / moved,
      };
    }
    await worker.client.throwIfFailed(name);
    await sleep(EVERY_MS);
  }
}

/** The rows again, by DuckDB: what C++ makes of them. */
async function duckdb({ say, report, workFolder, reps }: ScenarioContext, rows: string) {
  const { command, env } = await pythonPackages("duckdb-2.0.1", ["duckdb==2.0.1"]);
  const program = join(PEER_SCRIPTS, "duckdb-copy.py");
  const stdout = await runOwned(command, [program, rows, workFolder, String(reps)], {
    what: "writing Parquet by DuckDB",
    env: { ...process.env, ...env },
  });
  const { one, all } = JSON.parse(stdout) as { one: number[]; all: number[] };
  const threads = { "one thread": one, "all cores": all };
  for (const [how, rates] of Object.entries(threads)) {
    const value = spreadOf(rates).median;
    say(`DuckDB's COPY, ${how}: ${formatNumber(value, 0)} records/s`);
    report({ figure: `DuckDB's COPY, ${how}: rate`, value, digits: 0, unit: "records/s" });
  }
}

/** Records of 24 hours at once, so that each Kafka partition has 24 open files. */
async function memory(context: ScenarioContext, servers: Servers): Promise<void> {
  const { records = RECORDS, say, report } = context;
  await fill({
    ...servers,
    topic: "hours",
    partitions: PARTITIONS,
    records,
    timestampOf: (number) =>
      FIRST_HOUR + (Math.floor(number / PARTITIONS) % HOURS) * HOUR_MS + (number % HOUR_MS),
  });
  for (const tasks of [1, PARTITIONS]) {
    await using place = await Place.make();
    await using worker = await start(context, servers);
    using watch = new MemoryWatch(worker.pid!);
    const name = newName();
    await worker.client.create(name, {
      "connector.class": "io.confluent.connect.s3.S3SinkConnector",
      topics: "hours",
      "tasks.max": String(tasks),
      "flush.size": String(records / PARTITIONS / BATCHES),
      "partitioner.class": "io.confluent.connect.storage.partitioner.HourlyPartitioner",
      locale: "en-US",
      timezone: "UTC",
      "timestamp.extractor": "Record",
      ...place.props,
      ...PARQUET,
      ...avro(servers),
    });
    const all = PARTITIONS * HOURS * BATCHES;
    await until("all objects are there", async () => {
      await worker.client.throwIfFailed(name);
      return (await place.objects()) >= all;
    });
    const how = tasks === 1 ? "one task" : `${tasks} tasks`;
    const figure = `${PARTITIONS} × ${HOURS} open files, ${how}: peak RSS`;
    const value = watch.peakMb;
    say(`${figure} ${formatNumber(value, 0)} MB`);
    report({ figure, value, digits: 0, unit: "MB", bar: "peak RSS" });
  }
}

/** Each has a consumer group of its own, and reads from the beginning. */
const newName = (): string => `sink-${randomUUID()}`;

function start({ peer }: ScenarioContext, { bootstrapServers }: Servers): Promise<Worker> {
  return startWorker({ kind: "ours", peer, bootstrapServers, pluginPath: [PACKAGES] });
}

const avro = ({ registryUrl }: Servers): Record<string, string> => ({
  "key.converter": "org.apache.kafka.connect.storage.StringConverter",
  "value.converter": "io.confluent.connect.avro.AvroConverter",
  "value.converter.schema.registry.url": registryUrl,
});
