import { join } from "node:path";
import { startBroker } from "../harness/broker.ts";
import { fileSource } from "../harness/connectors.ts";
import { writeLines } from "../harness/lines.ts";
import { BENCH_PLUGINS, PACKAGES } from "../harness/places.ts";
import { countRecords, createTopic } from "../harness/topics.ts";
import { until } from "../harness/until.ts";
import { startWorker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Of each task. */
const RECORDS = 400_000;
const BUSY = {
  transforms: "busy",
  "transforms.busy.type": "millrace.bench.Busy",
  "transforms.busy.cpu.us": "20",
};

/**
 * One file source, then two of them, since a file source has one task whatever it is told. Two
 * tasks of a sink would do as well, but for the seconds until their group has shared out the
 * partitions. Counted from the first record that is seen: a start is no work.
 */
export const tasks: Scenario = {
  name: "tasks",
  summary: "two file sources against one, with a transformation that costs 20 µs a record",
  async run(context) {
    const { records = RECORDS, reps, workFolder, say, report } = context;
    const file = join(workFolder, "tasks-in.txt");
    await writeLines(file, records);
    await using kafka = await startBroker();
    const rates: Record<1 | 2, number[]> = { 1: [], 2: [] };
    for (let rep = 1; rep <= reps; rep++) {
      for (const count of [1, 2] as const) {
        const topic = `busy-${count}-${rep}`;
        const rate = await move(context, kafka.bootstrapServers, { file, topic, count, records });
        rates[count].push(rate);
        const tasks = count === 1 ? "task" : "tasks";
        say(`${count} ${tasks} #${rep}: ${formatNumber(rate, 0)} records/s`);
      }
    }
    const one = spreadOf(rates[1]).median;
    const two = spreadOf(rates[2]).median;
    report({ figure: "one task", value: one, digits: 0, unit: "records/s" });
    report({ figure: "two tasks", value: two, digits: 0, unit: "records/s" });
    const figure = "rate of two tasks ÷ of one";
    report({ figure, value: two / one, digits: 2, unit: "", bar: figure });
  },
};

interface Move {
  readonly file: string;
  readonly topic: string;
  readonly count: number;
  readonly records: number;
}

/** @returns records a second, of all tasks together */
async function move(
  { peer }: ScenarioContext,
  bootstrapServers: string,
  { file, topic, count, records }: Move,
): Promise<number> {
  await createTopic(bootstrapServers, topic, count);
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers,
    pluginPath: [PACKAGES, BENCH_PLUGINS],
    properties: { "task.threads": "2" },
  });
  const names = Array.from({ length: count }, (_, i) => `${topic}-${i}`);
  for (const name of names) {
    await worker.client.create(name, { ...fileSource(file, topic), ...BUSY });
  }
  let seen = 0;
  const moved = (enough: number) => async () => {
    for (const name of names) await worker.client.throwIfFailed(name);
    seen = (await countRecords(bootstrapServers, topic)) ?? 0;
    return seen >= enough;
  };
  await until("the first records are in the topic", moved(1), { everyMs: 20 });
  const start = performance.now();
  const first = seen;
  await until("all records are in the topic", moved(count * records), { everyMs: 100 });
  return ((seen - first) * 1000) / (performance.now() - start);
}
