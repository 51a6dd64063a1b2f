import { appendFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectWorker, startConnectWorker, startKafka } from "@millrace/services";
import { describe, expect, it } from "vitest";
import { countRecords, forEachRecord, otherClient } from "../src/read-topic.ts";

const SOURCE = "millrace.file.FileSourceConnector";
const SINK = "millrace.file.FileSinkConnector";
const STRINGS = "org.apache.kafka.connect.storage.StringConverter";
const KILLS = 8;
const PROPERTIES = {
  "offset.flush.interval.ms": 500,
  "consumer.session.timeout.ms": 6_000,
};

/** A log of numbered lines of a kilobyte that is renamed whenever it has grown by so many lines. */
class Log {
  readonly folder: string;
  readonly #linesPerFile: number;
  written = 0;
  #old = 0;

  constructor(folder: string, linesPerFile: number) {
    this.folder = folder;
    this.#linesPerFile = linesPerFile;
  }

  get path(): string {
    return join(this.folder, "app.log");
  }

  async write(lines: number): Promise<void> {
    const padding = "x".repeat(1010);
    const texts = Array.from({ length: lines }, (_, i) => `${this.written + i} ${padding}\n`);
    await appendFile(this.path, texts.join(""));
    const before = Math.floor(this.written / this.#linesPerFile);
    this.written += lines;
    if (Math.floor(this.written / this.#linesPerFile) === before) return;
    this.#old += 1;
    await rename(this.path, `${this.path}-20261127-${String(this.#old).padStart(4, "0")}`);
  }
}

/** How often each numbered line is in a topic. */
async function counts(bootstrapServers: string, topic: string, lines: number) {
  const seen = new Uint32Array(lines);
  await forEachRecord(bootstrapServers, topic, ({ value }) => {
    const number = Number.parseInt(value!.subarray(0, 12).toString(), 10);
    seen[number] = (seen[number] ?? 0) + 1;
  });
  return {
    missing: seen.filter((count) => count === 0).length,
    repeated: seen.filter((count) => count > 1).length,
  };
}

async function untilRecords(bootstrapServers: string, topic: string, least: number) {
  for (;;) {
    if ((await countRecords(bootstrapServers, topic)) >= least) return;
    await sleep(200);
  }
}

const start = (bootstrapServers: string): Promise<ConnectWorker> =>
  startConnectWorker({ bootstrapServers, properties: PROPERTIES });

const createSource = (worker: ConnectWorker, config: Record<string, string>, name = "source") =>
  worker.client.create(name, {
    "connector.class": SOURCE,
    topic: "lines",
    "value.converter": STRINGS,
    ...config,
  });

it("a gigabyte that is written and rotated within a minute comes once", async () => {
  await using kafka = await startKafka();
  await using worker = await start(kafka.bootstrapServers);
  const folder = join(worker.folder, "logs");
  await mkdir(folder);
  const log = new Log(folder, 50_000);
  await createSource(worker, { paths: join(folder, "app.log*") });
  const began = performance.now();
  const lines = 1_000_000;
  while (log.written < lines) {
    await log.write(1_000);
    await sleep(Math.max(0, (log.written / lines) * 60_000 - (performance.now() - began)));
  }
  await untilRecords(kafka.bootstrapServers, "lines", lines);
  const seconds = (performance.now() - began) / 1000;
  // What comes twice may come now.
  await sleep(3_000);
  const found = await counts(kafka.bootstrapServers, "lines", lines);
  console.log({ seconds, ...found, files: (await readdir(folder)).length });
  expect(found).toEqual({ missing: 0, repeated: 0 });
  expect(seconds).toBeLessThan(75);
});

it(`no line of a log that is rotated is lost in ${KILLS} kills of the worker`, async () => {
  await using kafka = await startKafka();
  await using worker = await start(kafka.bootstrapServers);
  const folder = join(worker.folder, "logs");
  await mkdir(folder);
  const log = new Log(folder, 5_000);
  const config = { paths: join(folder, "app.log*"), "rotate.wait.ms": "300" };
  await createSource(worker, config);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const until = log.written + 8_000 + Math.floor(Math.random() * 4_000);
    while (log.written < until) {
      await log.write(100);
      await sleep(Math.random() * 30);
    }
    await untilRecords(kafka.bootstrapServers, "lines", log.written / 2);
    await worker.kill();
    await log.write(3_000);
    await worker.start();
    await createSource(worker, config);
  }
  let found = await counts(kafka.bootstrapServers, "lines", log.written);
  for (const deadline = Date.now() + 60_000; found.missing > 0 && Date.now() < deadline;) {
    await sleep(1_000);
    found = await counts(kafka.bootstrapServers, "lines", log.written);
  }
  console.log({ written: log.written, ...found });
  expect(found.missing).toBe(0);
  // Only what was on its way to the brokers, or not committed yet, comes again.
  expect(found.repeated).toBeLessThan(log.written);
});

describe("the sink", () => {
  it(`writes each record once in ${KILLS} kills of the worker`, async () => {
    const records = 400_000;
    await using kafka = await startKafka();
    await using worker = await start(kafka.bootstrapServers);
    const producer = otherClient(kafka.bootstrapServers).producer();
    await producer.connect();
    for (let from = 0; from < records; from += 10_000) {
      const messages = Array.from({ length: 10_000 }, (_, i) => ({ value: `${from + i}` }));
      await producer.send({ topic: "numbers", messages });
    }
    await producer.disconnect();
    const folder = join(worker.folder, "out");
    const create = () =>
      worker.client.create("sink", {
        "connector.class": SINK,
        topics: "numbers",
        folder: join(folder, "${topic}"),
        format: "text",
        "rotate.records": "7000",
        "rotate.interval.ms": "2000",
        "value.converter": STRINGS,
      });
    await mkdir(join(folder, "numbers"), { recursive: true });
    const written = async () => {
      const names = await readdir(join(folder, "numbers"));
      const texts = names.map((name) => readFile(join(folder, "numbers", name), "utf8"));
      return (await Promise.all(texts)).flatMap((text) => text.split("\n").slice(0, -1));
    };
    for (let kill = 0; kill < KILLS; kill += 1) {
      await create();
      const before = (await written()).length;
      const least = Math.min(records, before + Math.random() * (records / KILLS));
      while ((await written()).length < least) await sleep(5);
      await worker.kill();
      await worker.start();
    }
    await create();
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(500)) {
      if ((await written()).length >= records) break;
    }
    const lines = await written();
    expect(lines).toHaveLength(records);
    expect(new Set(lines).size).toBe(records);
  });
});

it("50,000 files are read and watched in bounded memory and with few open", async () => {
  const files = 50_000;
  await using kafka = await startKafka();
  await using worker = await start(kafka.bootstrapServers);
  const folder = join(worker.folder, "many");
  await mkdir(folder);
  const path = (i: number) => join(folder, `${i}.log`);
  const all = async (act: (i: number) => Promise<void>) => {
    for (let from = 0; from < files; from += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, i) => act(from + i)));
    }
  };
  const status = async () => {
    const text = await readFile(`/proc/${worker.pid!}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
  };
  const open = async () => (await readdir(`/proc/${worker.pid!}/fd`)).length;
  // The same lines from two files first: what is compared is what the number of files costs, and not
  // what garbage two busy threads may leave.
  for (const name of ["a", "b"]) {
    const lines = Array.from({ length: files }, (_, i) => `${i} ${name}\n`).join("");
    await writeFile(join(folder, `${name}.txt`), lines);
  }
  const few = { paths: join(folder, "*.txt"), topic: "few", "tasks.max": "2" };
  await createSource(worker, few, "few");
  await untilRecords(kafka.bootstrapServers, "few", 2 * files);
  await sleep(3_000);
  const idle = { rss: await status(), open: await open() };
  await all((i) => writeFile(path(i), `${i} first\n`));
  await createSource(worker, { paths: join(folder, "*.log"), "tasks.max": "2" });
  const began = performance.now();
  await untilRecords(kafka.bootstrapServers, "lines", files);
  const first = performance.now() - began;
  await all((i) => appendFile(path(i), `${i + files} second\n`));
  await untilRecords(kafka.bootstrapServers, "lines", 2 * files);
  await sleep(3_000);
  const busy = { rss: await status(), open: await open() };
  const found = await counts(kafka.bootstrapServers, "lines", 2 * files);
  console.log({ firstMs: Math.round(first), idle, busy, ...found });
  expect(found).toEqual({ missing: 0, repeated: 0 });
  expect(busy.rss - idle.rss).toBeLessThan(700);
  expect(busy.open - idle.open).toBeLessThan(2 * 256 + 50);
});
