import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kafka } from "@millrace/services";
import { startBroker } from "../harness/broker.ts";
import { fileSource } from "../harness/connectors.ts";
import { writeLines } from "../harness/lines.ts";
import { MemoryWatch } from "../harness/memory-watch.ts";
import { PACKAGES } from "../harness/places.ts";
import { countRecords, createTopic, readArrivals } from "../harness/topics.ts";
import { until } from "../harness/until.ts";
import { startWorker } from "../harness/worker.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 5_000_000;
const AWAY_MS = 30_000;

/** The broker ends and comes back with its data, as in an upgrade; the connector knows nothing of it. */
export const outage: Scenario = {
  name: "outage",
  summary: "5,000,000 lines at full speed, with and without the broker stopped for 30 s meanwhile",
  async run(context) {
    const { records = RECORDS, workFolder } = context;
    const file = join(workFolder, "outage-in.txt");
    await writeLines(file, records);
    for (const broken of [false, true]) await travel(context, file, records, broken);
  },
};

async function travel(
  { peer, say, report }: ScenarioContext,
  file: string,
  records: number,
  broken: boolean,
): Promise<void> {
  await using kafka = await startBroker();
  const { bootstrapServers } = kafka;
  const topic = "outage";
  await createTopic(bootstrapServers, topic);
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers,
    pluginPath: [PACKAGES],
  });
  const start = performance.now();
  using memory = new MemoryWatch(worker.pid!);
  await worker.client.create(topic, fileSource(file, topic));
  if (broken) await breakInTheMiddle(kafka, topic, records, say);
  await until("all lines are in the topic", async () => {
    await worker.client.throwIfFailed(topic);
    return ((await countRecords(bootstrapServers, topic)) ?? 0) >= records;
  });
  const seconds = (performance.now() - start) / 1000;
  const { missing, repeated, strange } = await readArrivals(bootstrapServers, topic, records);
  const how = broken ? "broker away for 30 s" : "broker there";
  say(`${how}: ${seconds.toFixed(1)} s, ${memory.peakMb.toFixed(0)} MB at most`);
  report({ figure: `${how}: seconds`, value: seconds, digits: 1, unit: "s" });
  const peak = { value: memory.peakMb, digits: 0, unit: "MB", bar: "peak RSS" };
  report({ figure: `${how}: peak RSS`, ...peak });
  const wrong = { value: missing + repeated + strange, digits: 0, unit: "", bar: "lines wrong" };
  report({ figure: `${how}: lines missing or repeated`, ...wrong });
}

async function breakInTheMiddle(
  { bootstrapServers, brokers }: Kafka,
  topic: string,
  records: number,
  say: (text: string) => void,
): Promise<void> {
  const [broker] = brokers;
  let before = 0;
  await until(
    "half of the lines are in the topic",
    async () => {
      before = (await countRecords(bootstrapServers, topic)) ?? 0;
      return before >= records / 2;
    },
    { everyMs: 10 },
  );
  await broker!.stop();
  say(`the broker is stopped, after ${before} lines or a few more`);
  await sleep(AWAY_MS);
  await broker!.start();
}
