import { randomUUID } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectWorker, sharedKafka, startConnectWorker } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, readTopic } from "../src/read-topic.ts";

const SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const STRING = "org.apache.kafka.connect.storage.StringConverter";

let kafka: string;
let worker: ConnectWorker;

beforeAll(async () => {
  kafka = await sharedKafka();
  worker = await startConnectWorker({
    bootstrapServers: kafka,
    properties: {
      "offset.flush.interval.ms": 500,
      // A killed worker's partitions are free when its session is over.
      "consumer.session.timeout.ms": 6_000,
      "value.converter": STRING,
      "key.converter": STRING,
    },
  });
});
afterAll(() => worker?.close());

interface Pipeline {
  readonly topic: string;
  readonly input: string;
  readonly output: string;
}

async function startPipeline(lines: number): Promise<Pipeline> {
  const topic = `lines-${randomUUID()}`;
  const input = join(worker.folder, `${topic}.in`);
  const output = join(worker.folder, `${topic}.out`);
  await writeFile(input, numberedLines(1, lines));
  await worker.client.create(`source-${topic}`, { "connector.class": SOURCE, file: input, topic });
  await worker.client.create(`sink-${topic}`, {
    "connector.class": SINK,
    file: output,
    topics: topic,
  });
  return { topic, input, output };
}

function numberedLines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i} of many ✓\n`).join("");
}

async function outputNumbers(output: string): Promise<number[]> {
  const text = await readFile(output, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line.endsWith(" of many ✓"))
    .map((line) => Number(line.split(" ")[1]));
}

async function untilOutputHas(
  output: string,
  lines: number,
  timeoutMs = 60_000,
): Promise<number[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const numbers = await outputNumbers(output);
    if (new Set(numbers).size >= lines || Date.now() > deadline) return numbers;
    await sleep(100);
  }
}

describe("a file through Kafka into a file", () => {
  it("arrives line by line, also what is added later", async () => {
    const { topic, input, output } = await startPipeline(5_000);
    expect(await untilOutputHas(output, 5_000)).toHaveLength(5_000);
    const metrics = await worker.client.metrics();
    const ofClient = (name: string, role: string, connector: string) =>
      metrics.value(
        `kafka_${role}_${name}{client_id="connector-${role}-${connector}-0",connector="${connector}",task="0"}`,
      );
    const produced = (name: string) =>
      ofClient(`producer_metrics_${name}`, "producer", `source-${topic}`);
    expect(produced("record_send_total")).toBe(5_000);
    expect(produced("record_error_total")).toBe(0);
    expect(produced("outgoing_byte_total")).toBeGreaterThan(5_000 * "line 1 of many ✓".length);
    expect(produced("request_latency_avg")).toBeGreaterThan(0);
    const consumed = (name: string) =>
      ofClient(`consumer_fetch_manager_metrics_${name}`, "consumer", `sink-${topic}`);
    expect(consumed("records_consumed_total")).toBe(5_000);
    expect(consumed("bytes_consumed_total")).toBeGreaterThanOrEqual(
      produced("outgoing_byte_total")!,
    );
    expect(consumed("fetch_latency_avg")).toBeGreaterThan(0);
    await appendFile(input, numberedLines(5_001, 5_003));
    expect(ascendingRuns(await untilOutputHas(output, 5_003))).toEqual({
      count: 5_003,
      distinct: 5_003,
      rewinds: 0,
      gaps: [],
    });
    expect((await readTopic(kafka, topic)).at(-1)).toBe("line 5003 of many ✓");
  });

  it("stops while it is paused, and goes on where it was", async () => {
    const { topic, input, output } = await startPipeline(100);
    await untilOutputHas(output, 100);
    const name = `source-${topic}`;
    await worker.client.request("PUT", `/connectors/${name}/pause`);
    await worker.client.waitFor(name, "PAUSED");
    await appendFile(input, numberedLines(101, 200));
    await sleep(1_500);
    expect(await countRecords(kafka, topic)).toBe(100);
    await worker.client.request("PUT", `/connectors/${name}/resume`);
    await worker.client.waitFor(name);
    expect(await untilOutputHas(output, 200)).toHaveLength(200);
  });

  it("repeats nothing after a graceful restart", async () => {
    const { topic, input, output } = await startPipeline(20_000);
    await untilOutputHas(output, 20_000);
    await worker.stop();
    await appendFile(input, numberedLines(20_001, 20_010));
    await worker.start();
    // A standalone worker keeps connectors in memory only.
    await worker.client.create(`source-${topic}`, {
      "connector.class": SOURCE,
      file: input,
      topic,
    });
    await worker.client.create(`sink-${topic}`, {
      "connector.class": SINK,
      file: output,
      topics: topic,
    });
    expect(ascendingRuns(await untilOutputHas(output, 20_010))).toMatchObject({
      count: 20_010,
      gaps: [],
    });
  });

  it("loses nothing when the worker is killed", async () => {
    const lines = 300_000;
    const { topic, input, output } = await startPipeline(lines);
    for (let kill = 0; kill < 3; kill++) {
      await sleep(300 + Math.random() * 700);
      await worker.kill();
      await worker.start();
      await worker.client.create(`source-${topic}`, {
        "connector.class": SOURCE,
        file: input,
        topic,
      });
      await worker.client.create(`sink-${topic}`, {
        "connector.class": SINK,
        file: output,
        topics: topic,
      });
    }
    const written = ascendingRuns(await untilOutputHas(output, lines));
    expect(written).toMatchObject({ distinct: lines, gaps: [] });
    const numbers = (await readTopic(kafka, topic)).map((line) => Number(line.split(" ")[1]));
    const sent = ascendingRuns(numbers);
    expect(sent).toMatchObject({ distinct: lines, gaps: [] });
    expect(sent.rewinds).toBeLessThanOrEqual(3);
  });
});
