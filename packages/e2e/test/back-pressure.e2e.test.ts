import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startConnectWorker, startKafka } from "@millrace/services";
import { expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords } from "../src/read-topic.ts";
import { SlowProxy } from "./support/slow-proxy.ts";
import { peakRssMb } from "../src/worker-memory.ts";

const LINES = 5_000_000;
const LINE_BYTES = 100;
const TOPIC = "pressure";
const STRINGS = "org.apache.kafka.connect.storage.StringConverter";

async function writeLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let n = 1; n <= LINES; n += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, i) => `${n + i} `.padEnd(LINE_BYTES - 1, "."));
    if (!file.write(`${lines.join("\n")}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}

async function numbersIn(path: string): Promise<number[]> {
  const numbers: number[] = [];
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  lines.on("line", (line) => numbers.push(Number.parseInt(line, 10)));
  await once(lines, "close");
  return numbers;
}

it("five million lines in and out, over a broker that is away and then slow: flat, and once each", async () => {
  await using proxy = await SlowProxy.start();
  await using kafka = await startKafka({
    properties: { "advertised.listeners": `PLAINTEXT://127.0.0.1:${proxy.port}` },
  });
  proxy.targetPort = Number(kafka.bootstrapServers.split(":")[1]);
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    properties: { "key.converter": STRINGS, "value.converter": STRINGS },
  });
  const [input, output] = [join(worker.folder, "in.txt"), join(worker.folder, "out.txt")];
  await writeLines(input);
  await worker.client.create("lines-in", {
    "connector.class": "FileStreamSource",
    file: input,
    topic: TOPIC,
  });
  await worker.client.create("lines-out", {
    "connector.class": "FileStreamSink",
    file: output,
    topics: TOPIC,
    "consumer.override.metadata.max.age.ms": "1000",
  });
  while ((await countRecords(kafka.bootstrapServers, TOPIC)) < LINES / 20) await sleep(20);

  const broker = kafka.brokers[0]!;
  await broker.stop();
  const away = [];
  for (let i = 0; i < 3; i++) away.push(await peakRssMb(worker.pid!, 10_000));
  proxy.bytesPerSecond = 1_000_000;
  await broker.start();
  const slow = [];
  for (let i = 0; i < 2; i++) slow.push(await peakRssMb(worker.pid!, 10_000));
  proxy.bytesPerSecond = Infinity;
  const sizeOf = () =>
    stat(output).then(
      ({ size }) => size,
      () => 0,
    );
  const all = { timeout: 240_000, interval: 1000 };
  await expect.poll(sizeOf, all).toBeGreaterThanOrEqual(LINES * LINE_BYTES);
  console.log({ away, slow });

  expect(ascendingRuns(await numbersIn(output))).toEqual({
    count: LINES,
    distinct: LINES,
    rewinds: 0,
    gaps: [],
  });
  expect(await countRecords(kafka.bootstrapServers, TOPIC)).toBe(LINES);
  // Nothing grows while nobody answers, or answers slowly. Two tasks: one reads, one writes.
  expect(away.at(-1)! - away[0]!).toBeLessThan(50);
  expect(Math.max(...away, ...slow)).toBeLessThan(500);
});
