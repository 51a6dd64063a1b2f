import { startBroker } from "../harness/broker.ts";
import { runBench } from "../harness/peer-bench.ts";
import { startWorker } from "../harness/worker.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import { filePluginAlone } from "../side-by-side/start-up.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 1_000_000;
const WORKERS: readonly WorkerKind[] = ["ours", "java"];
const RUNS = ["without", "with"] as const;
type Run = (typeof RUNS)[number];

type Transform = readonly [alias: string, type: string, props: Readonly<Record<string, string>>];

/** Makes of each line what the chain needs: a struct with a timestamp. Both runs have it. */
const STRUCT: readonly Transform[] = [
  ["hoist", "HoistField$Value", { field: "line" }],
  ["time", "InsertField$Value", { "timestamp.field": "at" }],
];

/** What is measured. */
const CHAIN: readonly Transform[] = [
  [
    "insert",
    "InsertField$Value",
    { "topic.field": "topic", "static.field": "source", "static.value": "bench" },
  ],
  ["replace", "ReplaceField$Value", { exclude: "topic", renames: "source:origin" }],
  [
    "convert",
    "TimestampConverter$Value",
    { field: "at", "target.type": "string", format: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" },
  ],
];

/**
 * What three transforms add to the processor time of a record, in each worker: a run with them
 * less a run without. It is a small part of the whole, so the workers stay for all runs, warm
 * after the first, and runs take turns: what changes on the machine meets all.
 */
export const transforms: Scenario = {
  name: "transforms",
  summary: "what InsertField, ReplaceField and TimestampConverter add, beside the Java worker",
  async run(context) {
    const { peer, workFolder, reps } = context;
    await using kafka = await startBroker();
    const { bootstrapServers } = kafka;
    const pluginPath = filePluginAlone(peer, workFolder);
    const start = (kind: WorkerKind) =>
      startWorker({ kind, peer, bootstrapServers, pluginPath: pluginPath[kind] });
    await using ours = await start("ours");
    await using java = await start("java");
    const workers = { ours, java };
    const measured: Measured = {
      ours: { without: [], with: [] },
      java: { without: [], with: [] },
    };
    for (let rep = 0; rep <= reps; rep++) {
      for (const run of RUNS) {
        for (const worker of WORKERS) {
          const { url } = workers[worker];
          const micros = await take(context, { worker, url, bootstrapServers, run, rep });
          if (rep > 0) measured[worker][run].push(micros);
        }
      }
    }
    reportAdded(context, measured);
  },
};

type Measured = Readonly<Record<WorkerKind, Readonly<Record<Run, number[]>>>>;

interface Step {
  readonly worker: WorkerKind;
  readonly url: string;
  readonly bootstrapServers: string;
  readonly run: Run;
  /** 0 warms up. */
  readonly rep: number;
}

/** @returns microseconds of processor time for each record */
async function take(
  { peer, records = RECORDS, workFolder, say }: ScenarioContext,
  { worker, url, bootstrapServers, run, rep }: Step,
): Promise<number> {
  const { rate, cpuMicros } = await runBench(peer, {
    benchmark: "file-source",
    converter: "json-schema",
    records,
    worker,
    url,
    bootstrapServers,
    workFolder,
    config: configOf(run === "with" ? [...STRUCT, ...CHAIN] : STRUCT),
  });
  const which = rep === 0 ? "to warm up" : `#${rep}`;
  const perSecond = formatNumber(rate, 0);
  const cpu = formatNumber(cpuMicros, 2);
  say(`${run} the chain, ${worker} ${which}: ${perSecond} records/s, ${cpu} µs CPU/record`);
  return cpuMicros;
}

function configOf(chain: readonly Transform[]): Record<string, string> {
  const config: Record<string, string> = { transforms: chain.map(([alias]) => alias).join(",") };
  for (const [alias, type, props] of chain) {
    config[`transforms.${alias}.type`] = `org.apache.kafka.connect.transforms.${type}`;
    for (const [key, value] of Object.entries(props)) config[`transforms.${alias}.${key}`] = value;
  }
  return config;
}

/** The median of what each pair of runs shows. */
function reportAdded({ report }: ScenarioContext, measured: Measured): void {
  const added = (worker: WorkerKind, name: string): number => {
    const { without, with: through } = measured[worker];
    const value = spreadOf(through.map((micros, i) => micros - without[i]!)).median;
    const whole = spreadOf(without).median;
    report({ figure: `${name}: without the chain`, value: whole, digits: 2, unit: "µs CPU" });
    report({ figure: `${name}: added`, value, digits: 2, unit: "µs CPU" });
    return value;
  };
  const figure = "added CPU ÷ Java's";
  const value = added("ours", "Millrace") / added("java", "Java");
  report({ figure, value, digits: 2, unit: "", bar: figure });
}
