import { createReadStream } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Arrivals } from "../harness/arrivals.ts";
import { startBroker } from "../harness/broker.ts";
import { fileSink, fileSource } from "../harness/connectors.ts";
import { type Latency, restLatency } from "../harness/latency.ts";
import { lineOf, numberOf } from "../harness/lines.ts";
import { BENCH_PLUGINS, PACKAGES } from "../harness/places.ts";
import { createTopic, readArrivals } from "../harness/topics.ts";
import { until } from "../harness/until.ts";
import { startWorker, type Worker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const TOPIC = "stuck-neighbour";
const STUCK_MS = 5_000;
const IDLE_MS = 8_000;
/** How long the neighbour is watched once the guilty task is gone. */
const AFTER_MS = 3_000;
/** A thread that is ended cannot leave its group, which then waits for its session (45 s) to end. */
const CATCH_UP_MS = 120_000;
const FEED_EVERY_MS = 100;
const FEED_LINES = 200;

/**
 * A task in an endless loop beside a file pipeline that is fed all the while. With two task
 * threads and three tasks, the loop shares its thread with one half of the pipeline.
 */
export const stuck: Scenario = {
  name: "stuck",
  summary: "a task in an endless loop: the REST API, the task's end, and what its neighbours lose",
  async run(context) {
    const { peer, workFolder, say } = context;
    await using kafka = await startBroker();
    const { bootstrapServers } = kafka;
    await createTopic(bootstrapServers, TOPIC);
    await using worker = await startWorker({
      kind: "ours",
      peer,
      bootstrapServers,
      pluginPath: [PACKAGES, BENCH_PLUGINS],
      properties: { "task.threads": "2", "task.thread.stuck.ms": String(STUCK_MS) },
    });
    const input = join(workFolder, "stuck-in.txt");
    const output = join(workFolder, "stuck-out.txt");
    await writeFile(input, "");
    await worker.client.create("neighbour-in", fileSource(input, TOPIC));
    await worker.client.create("neighbour-out", fileSink(output, TOPIC));
    await worker.client.waitFor("neighbour-in");
    await worker.client.waitFor("neighbour-out");

    const feeding = new AbortController();
    const fed = feed(input, feeding.signal);
    try {
      const idle = await restLatency(worker.client, AbortSignal.timeout(IDLE_MS));
      say(`REST before: ${latencyText(idle)}`);
      const [looping, seconds] = await loop(worker);
      say(
        `REST while the task loops: ${latencyText(looping)}; FAILED after ${seconds.toFixed(1)} s`,
      );
      reportLatencies(context, idle, looping, seconds);
      await sleep(AFTER_MS);
    } finally {
      feeding.abort();
    }
    const count = await fed;
    const fedUntil = performance.now();
    const inTopic = await topicArrivals(bootstrapServers, count);
    const inFile = await fileArrivals(output, count);
    const behind = (performance.now() - fedUntil) / 1000;
    say(
      `${formatNumber(count, 0)} lines were fed; the last was written ${behind.toFixed(1)} s later`,
    );
    const delay = "last record written after the last was fed";
    context.report({ figure: delay, value: behind, digits: 1, unit: "s" });
    const lost = Math.max(inTopic.missing, inFile.missing);
    context.report({ figure: "neighbours' records", value: count, digits: 0, unit: "" });
    context.report({
      figure: "records lost",
      value: lost,
      digits: 0,
      unit: "",
      bar: "records lost",
    });
    const repeated = inFile.repeated;
    context.report({ figure: "records written again", value: repeated, digits: 0, unit: "" });
  },
};

/** Appends numbered lines to the file, steadily; gives how many there are in the end. */
async function feed(file: string, signal: AbortSignal): Promise<number> {
  let next = 0;
  while (!signal.aborted) {
    const to = next + FEED_LINES;
    let text = "";
    for (; next < to; next++) text += lineOf(next);
    await appendFile(file, text);
    await sleep(FEED_EVERY_MS);
  }
  return next;
}

/** Starts the looping task, and measures until it is FAILED. */
async function loop({ client }: Worker): Promise<[Latency, seconds: number]> {
  const start = performance.now();
  await client.create("stuck", {
    "connector.class": "millrace.bench.StuckSource",
    "tasks.max": "1",
  });
  const failed = new AbortController();
  const [latency] = await Promise.all([
    restLatency(client, failed.signal),
    client.waitFor("stuck", "FAILED", 60_000).finally(() => failed.abort()),
  ]);
  return [latency, (performance.now() - start) / 1000];
}

async function topicArrivals(bootstrapServers: string, count: number): Promise<Arrivals> {
  let arrivals = new Arrivals(count);
  await until(
    "the neighbour's lines are in its topic",
    async () => {
      arrivals = await readArrivals(bootstrapServers, TOPIC, count);
      return arrivals.missing === 0;
    },
    { everyMs: 1_000, timeoutMs: CATCH_UP_MS },
  ).catch(tellByCount);
  return arrivals;
}

async function fileArrivals(file: string, count: number): Promise<Arrivals> {
  let arrivals = new Arrivals(count);
  await until(
    "the neighbour's lines are in its file",
    async () => {
      arrivals = new Arrivals(count);
      for await (const line of createInterface({ input: createReadStream(file) })) {
        arrivals.add(numberOf(line));
      }
      return arrivals.missing === 0;
    },
    { everyMs: 1_000, timeoutMs: CATCH_UP_MS },
  ).catch(tellByCount);
  return arrivals;
}

/** Lines that do not come are a figure of this scenario, and no failure of the measurement. */
function tellByCount(error: Error): void {
  console.error(error.message);
}

function reportLatencies(
  { report }: ScenarioContext,
  idle: Latency,
  looping: Latency,
  seconds: number,
): void {
  const added = looping.p99Ms - idle.p99Ms;
  report({ figure: "REST p50, idle", value: idle.p50Ms, digits: 1, unit: "ms" });
  report({ figure: "REST p99, idle", value: idle.p99Ms, digits: 1, unit: "ms" });
  report({ figure: "REST p50, task loops", value: looping.p50Ms, digits: 1, unit: "ms" });
  report({ figure: "REST p99, task loops", value: looping.p99Ms, digits: 1, unit: "ms" });
  report({ figure: "added REST p99", value: added, digits: 1, unit: "ms", bar: "added REST p99" });
  const figure = "time until FAILED";
  report({ figure, value: seconds, digits: 1, unit: "s", bar: figure });
}

const latencyText = ({ p50Ms, p99Ms, maxMs }: Latency): string =>
  `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, max ${maxMs.toFixed(1)} ms`;
