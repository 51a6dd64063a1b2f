import { writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { startBroker } from "../harness/broker.ts";
import { fileSource } from "../harness/connectors.ts";
import { BENCH_PLUGINS, PACKAGES } from "../harness/places.ts";
import { startWorker, type Worker } from "../harness/worker.ts";
import { quantile } from "../report/spread.ts";
import type { Scenario } from "./scenario.ts";

const CONNECTORS = 500;
const CREATED_AT_ONCE = 8;
const REQUESTS = 200;
const ROUNDS = 10;
/** Every connector and its task is to run by then. */
const UP_MS = 120_000;

/** Many clients ask for everything at once while a task spins. */
export const crowd: Scenario = {
  name: "crowd",
  summary: `${REQUESTS} requests at once for the statuses of ${CONNECTORS} connectors, while a task is in an endless loop`,
  async run({ peer, workFolder, say, report }) {
    await using kafka = await startBroker();
    await using worker = await startWorker({
      kind: "ours",
      peer,
      bootstrapServers: kafka.bootstrapServers,
      pluginPath: [PACKAGES, BENCH_PLUGINS],
      // The loop is to last as long as the measurement.
      properties: { "task.threads": "2", "task.thread.stuck.ms": "600000" },
    });
    const file = join(workFolder, "crowd.txt");
    await writeFile(file, "");
    await createAll(worker, file);
    await measured(worker); // compiled and cached by now
    const idle = await measured(worker);
    await worker.client.create("stuck", {
      "connector.class": "millrace.bench.StuckSource",
      "tasks.max": "1",
    });
    await worker.client.waitFor("stuck");
    const looping = await measured(worker);
    for (const [what, times] of [
      ["idle", idle],
      ["task loops", looping],
    ] as const) {
      const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
      say(`${what}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
      report({ figure: `p50, ${what}`, value: p50, digits: 0, unit: "ms" });
      const figure = `p99, ${what}`;
      const bar = times === looping ? { bar: figure } : {};
      report({ figure, value: p99, digits: 0, unit: "ms", ...bar });
    }
  },
};

async function createAll({ client }: Worker, file: string): Promise<void> {
  let next = 0;
  const creator = async () => {
    while (next < CONNECTORS) {
      const name = `crowd-${next++}`;
      await client.create(name, fileSource(file, "crowd"));
    }
  };
  await Promise.all(Array.from({ length: CREATED_AT_ONCE }, creator));
  for (let i = 0; i < CONNECTORS; i++) await client.waitFor(`crowd-${i}`, "RUNNING", UP_MS);
}

/** Milliseconds that each request took until its whole answer was there, sorted. */
async function measured({ url }: Worker): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS });
  const times: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const asked = Array.from({ length: REQUESTS }, () => timed(url, agent));
      times.push(...(await Promise.all(asked)));
    }
  } finally {
    agent.destroy();
  }
  return times.sort((a, b) => a - b);
}

function timed(url: string, agent: Agent): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    get(`${url}/connectors?expand=status`, { agent }, (incoming) => {
      if (incoming.statusCode !== 200) reject(new Error(`Answered ${incoming.statusCode}`));
      // Reading it is the client's work, and is not to be measured.
      incoming.on("data", () => undefined);
      incoming.on("end", () => resolve(performance.now() - start));
      incoming.on("error", reject);
    }).on("error", reject);
  });
}
