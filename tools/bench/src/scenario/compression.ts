import { startBroker } from "../harness/broker.ts";
import { type FileBenchmark, runBench, type Throughput } from "../harness/peer-bench.ts";
import { startWorker } from "../harness/worker.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import { filePluginAlone } from "../side-by-side/start-up.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 2_000_000;
const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;
const WORKERS: readonly WorkerKind[] = ["ours", "java"];

interface Step {
  readonly benchmark: FileBenchmark;
  readonly codec: string;
  readonly worker: WorkerKind;
  readonly topic: string;
}

/** Each worker writes a topic with each codec; then both read the one that Java wrote. */
export const compression: Scenario = {
  name: "compression",
  summary: "file-source and file-sink with gzip, snappy, lz4 and zstd, beside the Java worker",
  async run(context) {
    const { reps } = context;
    await using kafka = await startBroker();
    for (const codec of CODECS) {
      for (const benchmark of ["file-source", "file-sink"] as const) {
        const measured: Record<WorkerKind, Throughput[]> = { ours: [], java: [] };
        for (let rep = 1; rep <= reps; rep++) {
          for (const worker of WORKERS) {
            const writer = benchmark === "file-source" ? worker : "java";
            const step = { benchmark, codec, worker, topic: `${codec}-${writer}-${rep}` };
            measured[worker].push(await take(context, kafka.bootstrapServers, step, rep));
          }
        }
        reportCodec(context, `${codec} ${benchmark}`, measured);
      }
    }
  },
};

async function take(
  { peer, records = RECORDS, workFolder, say }: ScenarioContext,
  bootstrapServers: string,
  { benchmark, codec, worker, topic }: Step,
  rep: number,
): Promise<Throughput> {
  await using running = await startWorker({
    kind: worker,
    peer,
    bootstrapServers,
    pluginPath: filePluginAlone(peer, workFolder)[worker],
  });
  const measured = await runBench(peer, {
    benchmark,
    converter: "string",
    records,
    worker,
    url: running.url,
    bootstrapServers,
    workFolder,
    topic,
    config: benchmark === "file-source" ? { "producer.override.compression.type": codec } : {},
  });
  const rate = formatNumber(measured.rate, 0);
  const cpu = formatNumber(measured.cpuMicros, 2);
  say(`${benchmark} ${codec} ${worker} #${rep}: ${rate} records/s, ${cpu} µs CPU/record`);
  return measured;
}

function reportCodec(
  { report }: ScenarioContext,
  what: string,
  measured: Readonly<Record<WorkerKind, readonly Throughput[]>>,
): void {
  const median = (worker: WorkerKind, figure: "rate" | "cpuMicros") =>
    spreadOf(measured[worker].map((one) => one[figure])).median;
  const rate = median("ours", "rate");
  report({ figure: `${what}: rate`, value: rate, digits: 0, unit: "records/s" });
  const bar = "rate ÷ Java's";
  const ratio = rate / median("java", "rate");
  report({ figure: `${what}: ${bar}`, value: ratio, digits: 2, unit: "", bar });
  const cpu = median("ours", "cpuMicros") / median("java", "cpuMicros");
  report({ figure: `${what}: CPU ÷ Java's`, value: cpu, digits: 2, unit: "" });
}
