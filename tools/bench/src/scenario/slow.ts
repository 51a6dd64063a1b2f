import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startBroker } from "../harness/broker.ts";
import { fileSource, slowSink } from "../harness/connectors.ts";
import { writeLines } from "../harness/lines.ts";
import { MemoryWatch } from "../harness/memory-watch.ts";
import { BENCH_PLUGINS, PACKAGES } from "../harness/places.ts";
import { countRecords, createTopic } from "../harness/topics.ts";
import { until } from "../harness/until.ts";
import { startWorker } from "../harness/worker.ts";
import { spreadOf } from "../report/spread.ts";
import { growth } from "./growth.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 2_000_000;
const TOPIC = "slow";
const PUT_MS = 50;
const WATCHED_MS = 60_000;
/** What the first fetches and the compiler take belongs to every worker. */
const WARM_UP_MS = 10_000;

/** A sink that takes 50 ms for each put, with far more to read than it can take. */
export const slow: Scenario = {
  name: "slow",
  summary: "a sink that takes 50 ms for each put: memory over a minute",
  async run(context) {
    const { peer, say, report } = context;
    await using kafka = await startBroker();
    const { bootstrapServers } = kafka;
    await fill(context, bootstrapServers);
    await using worker = await startWorker({
      kind: "ours",
      peer,
      bootstrapServers,
      pluginPath: [PACKAGES, BENCH_PLUGINS],
    });
    await worker.client.create(TOPIC, slowSink(TOPIC, PUT_MS));
    await worker.client.waitFor(TOPIC);
    await sleep(WARM_UP_MS);
    using memory = new MemoryWatch(worker.pid!);
    await sleep(WATCHED_MS);
    await worker.client.throwIfFailed(TOPIC);
    const { min, median, max } = spreadOf(memory.samples);
    say(`RSS over ${WATCHED_MS / 1000} s: ${min.toFixed(0)} to ${max.toFixed(0)} MB`);
    report({ figure: "RSS", value: median, digits: 0, unit: "MB" });
    report({ figure: "peak RSS", value: max, digits: 0, unit: "MB" });
    const figure = "growth of RSS";
    const value = growth(memory.samples);
    report({ figure: `${figure}, last third ÷ first`, value, digits: 2, unit: "", bar: figure });
  },
};

/** By a worker that is gone before the one that is measured starts. */
async function fill(
  { peer, records = RECORDS, workFolder }: ScenarioContext,
  bootstrapServers: string,
): Promise<void> {
  const file = join(workFolder, "slow-in.txt");
  await writeLines(file, records);
  await createTopic(bootstrapServers, TOPIC);
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers,
    pluginPath: [PACKAGES],
  });
  await worker.client.create("fill", fileSource(file, TOPIC));
  await until("the topic is filled", async () => {
    await worker.client.throwIfFailed("fill");
    return ((await countRecords(bootstrapServers, TOPIC)) ?? 0) >= records;
  });
}
