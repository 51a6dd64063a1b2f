import { randomUUID } from "node:crypto";
import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import { ConfigResourceTypes } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, otherClient, readTopic } from "../src/read-topic.ts";
import { Witness } from "./support/witness.ts";

const SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const LONG = { timeout: 60_000, interval: 100 };
const MB = 1_000_000;

let shared: string;
/** A broker that creates no topics, and takes large messages where a topic does. */
let strict: Kafka;
let witness: Witness;

beforeAll(async () => {
  shared = await sharedKafka();
  strict = await startKafka({ properties: { "auto.create.topics.enable": false }, heapMb: 512 });
  witness = await Witness.start({
    bootstrapServers: shared,
    properties: {
      "key.converter": "org.apache.kafka.connect.storage.StringConverter",
      "value.converter": "org.apache.kafka.connect.storage.StringConverter",
      "consumer.metadata.max.age.ms": 1000,
    },
  });
});
afterEach(() => witness.expectUndisturbed());
afterAll(async () => {
  await witness?.[Symbol.asyncDispose]();
  await strict?.close();
});

interface Counts {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly skipped: number;
  readonly held: number;
}

/** Ends a connector. @returns what its task says became of its records */
async function endOf(name: string): Promise<Counts> {
  expect((await witness.request("DELETE", `/connectors/${name}`)).status).toBe(204);
  const pattern =
    /has ended: read (\d+), written (\d+), filtered (\d+), skipped (\d+), still held (\d+)/;
  let found: RegExpExecArray | null | undefined;
  await expect
    .poll(async () => {
      const lines = (await witness.log()).split("\n").filter((line) => line.includes(name));
      found = lines.map((line) => pattern.exec(line)).findLast((match) => match !== null);
      return found;
    }, LONG)
    .toBeTruthy();
  const [read, written, filtered, skipped, held] = found!.slice(1).map(Number);
  return { read: read!, written: written!, filtered: filtered!, skipped: skipped!, held: held! };
}

async function createTopic(
  topic: string,
  configs: Record<string, string> = {},
  kafka = shared,
): Promise<void> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  await withAdmin(kafka, async (admin) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  });
}

async function withAdmin(
  kafka: string,
  use: (admin: ReturnType<ReturnType<typeof otherClient>["admin"]>) => Promise<unknown>,
): Promise<void> {
  const admin = otherClient(kafka).admin();
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const setMaxMessageBytes = (topic: string, bytes: number, kafka = shared) =>
  withAdmin(kafka, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: "max.message.bytes", value: String(bytes) }],
        },
      ],
    }),
  );

/** Lines that begin with their number and are as long as given. */
const numbered = (from: number, to: number, length = 20) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i} `.padEnd(length, ".") + "\n").join(
    "",
  );
const numberOf = (line: string) => Number(line.split(" ", 1)[0]);
const numbersIn = async (topic: string, kafka = shared) =>
  (await readTopic(kafka, topic)).map(numberOf);

interface Pipeline {
  readonly topic: string;
  readonly source: string;
  readonly input: string;
}

let pipelines = 0;

async function startSource(text: string, config: Record<string, string> = {}): Promise<Pipeline> {
  const topic = config["topic"] ?? `data-${++pipelines}-${randomUUID()}`;
  const pipeline = { topic, source: `source-${topic}`, input: join(witness.worker.folder, topic) };
  await writeFile(pipeline.input, text);
  const created = await witness.create(pipeline.source, {
    "connector.class": SOURCE,
    file: pipeline.input,
    topic,
    ...config,
  });
  expect(created.status).toBe(201);
  return pipeline;
}

const onStrict = () => ({ "producer.override.bootstrap.servers": strict.bootstrapServers });

/** As PUT …/config, without the old task's state in between: offsets stay with the name. */
async function reconfigure(
  { source, input, topic }: Pipeline,
  config: Record<string, string>,
): Promise<void> {
  await endOf(source);
  const created = await witness.create(source, {
    "connector.class": SOURCE,
    file: input,
    topic,
    ...config,
  });
  expect(created.status).toBe(201);
}

describe("a line of 50 MB", () => {
  const large = `${"x".repeat(50 * MB)}\n`;
  const text = numbered(1, 100) + large + numbered(101, 200);
  const position = 100 * 21 + large.length;

  it("fails the task, with the settings and the place; once they allow it, it comes out whole", async () => {
    const topic = `data-large-${randomUUID()}`;
    await createTopic(topic, {}, strict.bootstrapServers);
    const pipeline = await startSource(text, { ...onStrict(), topic });
    const trace = await witness.failure(pipeline.source);
    expect(trace).toMatch(/takes 500000\d\d bytes, more than max\.request\.size \(1048576\)/);
    expect(trace).toMatch(
      /and buffer\.memory \(33554432\); raise that, and .* max\.message\.bytes/,
    );
    expect(trace).toContain(`source partition ${pipeline.input}, offset ${position})`);
    expect(await countRecords(strict.bootstrapServers, topic)).toBe(100);

    await setMaxMessageBytes(topic, 60 * MB, strict.bootstrapServers);
    await reconfigure(pipeline, {
      ...onStrict(),
      "producer.override.max.request.size": String(60 * MB),
      "producer.override.buffer.memory": String(70 * MB),
    });
    await expect.poll(() => countRecords(strict.bootstrapServers, topic), LONG).toBe(201);

    const output = `${pipeline.input}.out`;
    const sink = await witness.create(`sink-${topic}`, {
      "connector.class": SINK,
      file: output,
      topics: topic,
      "consumer.override.bootstrap.servers": strict.bootstrapServers,
    });
    expect(sink.status).toBe(201);
    const sizeOf = () =>
      stat(output).then(
        ({ size }) => size,
        () => 0,
      );
    await expect.poll(sizeOf, LONG).toBe(text.length);
    expect((await readFile(output, "latin1")) === text).toBe(true);
    expect(await endOf(`sink-${topic}`)).toMatchObject({ read: 201, written: 201, held: 0 });
    expect(await endOf(pipeline.source)).toMatchObject({ read: 101, written: 101, held: 0 });
  });

  it("is skipped where errors are tolerated, and nothing else is", async () => {
    const { topic, source } = await startSource(text, { "errors.tolerance": "all" });
    await expect.poll(() => countRecords(shared, topic), LONG).toBe(200);
    expect(await endOf(source)).toEqual({
      read: 201,
      written: 200,
      filtered: 0,
      skipped: 1,
      held: 0,
    });
    expect(await numbersIn(topic)).toEqual(numbered(1, 200).trim().split("\n").map(numberOf));
    expect(await witness.log()).toMatch(new RegExp(`offset ${position}\\) is skipped`));
  });
});

describe("records larger than max.request.size among others", () => {
  const text = Array.from({ length: 100 }, (_, i) =>
    numbered(i + 1, i + 1, i % 20 === 10 ? 1.2 * MB : 1000),
  ).join("");

  it("fail the task at the first, and after a change of settings all arrive once", async () => {
    const pipeline = await startSource(text);
    expect(await witness.failure(pipeline.source)).toMatch(/max\.request\.size \(1048576\)/);
    expect(await numbersIn(pipeline.topic)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await setMaxMessageBytes(pipeline.topic, 2 * MB);
    await reconfigure(pipeline, { "producer.override.max.request.size": String(2 * MB) });
    await expect.poll(() => countRecords(shared, pipeline.topic), LONG).toBe(100);
    expect(ascendingRuns(await numbersIn(pipeline.topic))).toMatchObject({ count: 100, gaps: [] });
    expect(await endOf(pipeline.source)).toMatchObject({ read: 90, written: 90, held: 0 });
  });

  it("are skipped where errors are tolerated, and no others", async () => {
    const { topic, source } = await startSource(text, { "errors.tolerance": "all" });
    await expect.poll(() => countRecords(shared, topic), LONG).toBe(95);
    const good = Array.from({ length: 100 }, (_, i) => i + 1).filter((n) => (n - 1) % 20 !== 10);
    expect(await numbersIn(topic)).toEqual(good);
    expect(await endOf(source)).toMatchObject({ read: 100, written: 95, skipped: 5, held: 0 });
  });
});

describe("max.message.bytes of a topic lowered meanwhile", () => {
  it("splits batches that are too large by now, and refuses the one record that is", async () => {
    const pipeline = await startSource(numbered(1, 10));
    const { topic, source, input } = pipeline;
    await expect.poll(() => countRecords(shared, topic), LONG).toBe(10);
    await setMaxMessageBytes(topic, 10_000);
    await appendFile(input, numbered(11, 5000, 100));
    await expect.poll(() => countRecords(shared, topic), LONG).toBe(5000);
    await appendFile(input, numbered(5001, 5010) + numbered(5011, 5011, 20_000));
    expect(await witness.failure(source)).toMatch(
      /Unrecoverable exception from producer send callback[^]*source partition .*, offset \d+[^]*MESSAGE_TOO_LARGE[^]*max\.message\.bytes/,
    );
    await reconfigure(pipeline, { "errors.tolerance": "all" });
    await appendFile(input, numbered(5012, 5020));
    // Not by their number: what was written together with the refused record comes twice.
    await expect.poll(async () => (await numbersIn(topic)).at(-1), LONG).toBe(5020);
    const { written, skipped, held } = await endOf(source);
    expect({ skipped, held }).toEqual({ skipped: 1, held: 0 });
    const numbers = await numbersIn(topic);
    expect(numbers.slice(-written)).toEqual(numbers.slice(-written).toSorted((a, b) => a - b));
    expect(ascendingRuns(numbers)).toMatchObject({ distinct: 5019, gaps: [5012] });
  });
});

describe("a topic deleted in mid-stream", () => {
  it("is created again by the broker: the source goes on, all that was read is written", async () => {
    const { topic, source, input } = await startSource(numbered(1, 1000));
    await expect.poll(() => countRecords(shared, topic), LONG).toBe(1000);
    const growing = appendFile(input, numbered(1001, 200_000, 100));
    await withAdmin(shared, (admin) => admin.deleteTopics({ topics: [topic] }));
    await growing;
    await appendFile(input, numbered(200_001, 200_100));
    const last = async () => (await numbersIn(topic)).at(-1);
    await expect.poll(last, LONG).toBe(200_100);
    const numbers = await numbersIn(topic);
    // From where the topic is new on, without a gap.
    expect(ascendingRuns(numbers, numbers[0])).toMatchObject({ gaps: [], rewinds: 0 });
    expect(await endOf(source)).toMatchObject({ read: 200_100, written: 200_100, held: 0 });
  });

  it("stays away: the source waits, in bounded memory, and goes on when somebody creates it", async () => {
    const topic = `data-away-${randomUUID()}`;
    await createTopic(topic, {}, strict.bootstrapServers);
    const { source, input } = await startSource(numbered(1, 1000), { ...onStrict(), topic });
    await expect.poll(() => countRecords(strict.bootstrapServers, topic), LONG).toBe(1000);
    await withAdmin(strict.bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await appendFile(input, numbered(1001, 50_000, 100));
    await expect
      .poll(() => witness.log(), LONG)
      .toMatch(
        new RegExp(`Could not write to ${topic}: UNKNOWN_TOPIC_OR_PARTITION.*create the topic`),
      );
    await witness.worker.client.waitFor(source);
    await createTopic(topic, {}, strict.bootstrapServers);
    await expect.poll(() => countRecords(strict.bootstrapServers, topic), LONG).toBe(49_000);
    const numbers = await numbersIn(topic, strict.bootstrapServers);
    expect(ascendingRuns(numbers, 1001)).toMatchObject({ count: 49_000, gaps: [], rewinds: 0 });
    expect(await endOf(source)).toMatchObject({ read: 50_000, written: 50_000, held: 0 });
  });

  it("is gone for a sink, too: what it read is written, and it reads the new one", async () => {
    const topic = `data-sink-${randomUUID()}`;
    await createTopic(topic, {}, strict.bootstrapServers);
    const output = join(witness.worker.folder, `${topic}.out`);
    const sink = `sink-${topic}`;
    const write = async (from: number, to: number) => {
      const producer = otherClient(strict.bootstrapServers).producer();
      await producer.connect();
      const messages = numbered(from, to)
        .trim()
        .split("\n")
        .map((value) => ({ value }));
      await producer.send({ topic, messages });
      await producer.disconnect();
    };
    await write(1, 1000);
    const created = await witness.create(sink, {
      "connector.class": SINK,
      file: output,
      topics: topic,
      "consumer.override.bootstrap.servers": strict.bootstrapServers,
    });
    expect(created.status).toBe(201);
    const written = async () =>
      (await readFile(output, "utf8").catch(() => "")).trim().split("\n").map(numberOf);
    await expect.poll(async () => (await written()).length, LONG).toBe(1000);
    await withAdmin(strict.bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await witness.expectUndisturbed();
    await createTopic(topic, {}, strict.bootstrapServers);
    await write(1001, 1500);
    await expect.poll(async () => (await written()).length, LONG).toBe(1500);
    expect(ascendingRuns(await written())).toMatchObject({ count: 1500, gaps: [], rewinds: 0 });
    await witness.worker.client.waitFor(sink);
    expect(await endOf(sink)).toMatchObject({ read: 1500, written: 1500, held: 0 });
  });
});
