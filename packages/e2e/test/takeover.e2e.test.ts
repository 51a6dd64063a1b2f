import { randomUUID } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectorConfig,
  type ConnectWorker,
  makeRunFolder,
  type RunFolder,
  startDistributedWorker,
  startJavaConnect,
  startKafka,
} from "@millrace/services";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, readTopic } from "../src/read-topic.ts";

const SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";
/** Java Connect has it, and we do not. */
const FOREIGN = "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector";
const STRING = "org.apache.kafka.connect.storage.StringConverter";
const LINES = 1_000;

const WORKER = {
  "key.converter": STRING,
  "value.converter": STRING,
  "offset.flush.interval.ms": 1_000,
  "scheduled.rebalance.max.delay.ms": 0,
};

let folder: RunFolder;
beforeAll(() => {
  folder = makeRunFolder("takeover");
});
afterAll(() => folder.remove());

/** A file that grows, through a topic into another file. */
class Pipeline {
  readonly name: string;
  readonly #input: string;
  readonly #output: string;
  #lines = 0;

  constructor(name: string) {
    this.name = name;
    this.#input = join(folder.path, `${name}.in`);
    this.#output = join(folder.path, `${name}.out`);
  }

  get source(): ConnectorConfig {
    return { "connector.class": SOURCE, file: this.#input, topic: this.name };
  }

  get sink(): ConnectorConfig {
    return { "connector.class": SINK, file: this.#output, topics: this.name };
  }

  async create({ client }: ConnectWorker): Promise<void> {
    await writeFile(this.#input, "");
    await client.create(`${this.name}-source`, this.source);
    await client.create(`${this.name}-sink`, this.sink);
  }

  async append(lines: number): Promise<void> {
    const from = this.#lines + 1;
    this.#lines += lines;
    const numbers = Array.from({ length: lines }, (_, i) => from + i);
    await appendFile(this.#input, numbers.map((number) => `${number}\n`).join(""));
  }

  /** Waits for all lines. @returns all of the output, in order */
  async arrived(): Promise<number[]> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const text = await readFile(this.#output, "utf8").catch(() => "");
      const numbers = text.split("\n").slice(0, -1).map(Number);
      if (new Set(numbers).size >= this.#lines || Date.now() > deadline) return numbers;
      await sleep(100);
    }
  }

  /** Every line there was, once and in order. */
  get complete() {
    return { count: this.#lines, distinct: this.#lines, rewinds: 0, gaps: [] };
  }
}

async function body<T>({ client }: ConnectWorker, path: string): Promise<T> {
  const { status, body } = await client.request<T>("GET", path);
  expect(status).toBe(200);
  return body;
}

async function configs(worker: ConnectWorker): Promise<Record<string, ConnectorConfig>> {
  type Expanded = Record<string, { readonly info: { readonly config: ConnectorConfig } }>;
  const expanded = await body<Expanded>(worker, "/connectors?expand=info");
  return Object.fromEntries(
    Object.entries(expanded).map(([name, { info }]) => [name, info.config]),
  );
}

const offsets = (worker: ConnectWorker, connector: string) =>
  body<unknown>(worker, `/connectors/${connector}/offsets`);

/** What Java leaves behind: a pipeline, and a connector in each other state. */
async function createAll(java: ConnectWorker, first: Pipeline, kafka: string): Promise<void> {
  const { client } = java;
  await first.create(java);
  for (const name of ["paused", "stopped"]) {
    const file = join(folder.path, name);
    await writeFile(file, "at first\n");
    await client.create(name, { "connector.class": SOURCE, file, topic: name });
    await expect.poll(() => countRecords(kafka, name), { timeout: 30_000 }).toBe(1);
  }
  await client.ask("pause", "paused");
  await client.waitFor("paused", "PAUSED");
  await client.ask("stop", "stopped");
  await expect
    .poll(async () => (await client.status("stopped"))?.connector.state, { timeout: 30_000 })
    .toBe("STOPPED");
  await client.create("foreign", {
    "connector.class": FOREIGN,
    "source.cluster.alias": "here",
    "target.cluster.alias": "there",
    "source.cluster.bootstrap.servers": kafka,
    "target.cluster.bootstrap.servers": kafka,
    "heartbeats.topic.replication.factor": "1",
  });
  await client.waitFor("foreign");
}

async function expectStates(worker: ConnectWorker, foreign: "RUNNING" | "FAILED"): Promise<void> {
  const { client } = worker;
  for (const name of ["first-source", "first-sink"]) await client.waitFor(name);
  await client.waitFor("paused", "PAUSED");
  await client.waitFor("foreign", foreign);
  expect((await client.status("stopped"))?.connector.state).toBe("STOPPED");
  expect((await client.status("stopped"))?.tasks).toEqual([]);
}

it("a Java cluster is taken over, and given back, with everything in it", async () => {
  await using kafka = await startKafka();
  const { bootstrapServers } = kafka;
  const options = { bootstrapServers, groupId: `takeover-${randomUUID()}`, properties: WORKER };
  const [first, second] = [new Pipeline("first"), new Pipeline("second")];

  await using java = await startJavaConnect(options);
  await createAll(java, first, bootstrapServers);
  await first.append(LINES);
  expect(ascendingRuns(await first.arrived())).toEqual(first.complete);
  const configsOfJava = await configs(java);
  // What was read is committed when the worker stops; what comes now is nobody's yet.
  await java.stop();
  await first.append(LINES);
  for (const name of ["paused", "stopped"]) await appendFile(join(folder.path, name), "later\n");

  await using ours = await startDistributedWorker(options);
  await expectStates(ours, "FAILED");
  expect((await ours.client.status("foreign"))?.connector.trace).toContain(FOREIGN);
  expect(await configs(ours)).toEqual(configsOfJava);
  expect(ascendingRuns(await first.arrived())).toEqual(first.complete);
  await second.create(ours);
  await second.append(LINES);
  expect(ascendingRuns(await second.arrived())).toEqual(second.complete);
  const configsOfOurs = await configs(ours);
  await ours.stop();
  await first.append(LINES);
  await second.append(LINES);

  await java.start();
  await expectStates(java, "RUNNING");
  expect(await configs(java)).toEqual(configsOfOurs);
  for (const pipeline of [first, second]) {
    expect(ascendingRuns(await pipeline.arrived())).toEqual(pipeline.complete);
    const sent = await readTopic(bootstrapServers, pipeline.name);
    expect(ascendingRuns(sent.map(Number))).toEqual(pipeline.complete);
    const name = `${pipeline.name}-source`;
    await expect
      .poll(() => offsets(java, name), { timeout: 30_000 })
      .toEqual({
        offsets: [
          {
            partition: { filename: pipeline.source["file"] },
            offset: { position: Buffer.byteLength(sent.map((line) => `${line}\n`).join("")) },
          },
        ],
      });
  }
  // What was not running has read nothing, and goes on where it was.
  for (const name of ["paused", "stopped"]) {
    expect(await readTopic(bootstrapServers, name)).toEqual(["at first"]);
    await java.client.ask("resume", name);
    await expect.poll(() => countRecords(bootstrapServers, name), { timeout: 30_000 }).toBe(2);
    expect(await readTopic(bootstrapServers, name)).toEqual(["at first", "later"]);
  }
});
