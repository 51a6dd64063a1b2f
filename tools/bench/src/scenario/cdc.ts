import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "@millrace/services";
import { startBroker } from "../harness/broker.ts";
import type { Peer } from "../harness/peer.ts";
import { type CdcBenchmark, runBench, type Throughput } from "../harness/peer-bench.ts";
import { PACKAGES } from "../harness/places.ts";
import { startWorker } from "../harness/worker.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const WORKERS: readonly WorkerKind[] = ["ours", "java"];
/** Of the superuser that `startPostgres` makes. */
const PASSWORD = "postgres";

interface Work {
  readonly name: string;
  readonly benchmark: CdcBenchmark;
  readonly records: number;
}

const WORKS: readonly Work[] = [
  { name: "snapshot", benchmark: "pg-snapshot", records: 1_000_000 },
  { name: "transaction", benchmark: "pg-stream", records: 500_000 },
  { name: "latency", benchmark: "pg-latency", records: 6000 },
];

/**
 * The same tables by the same class and configuration, ours and Debezium's in turn, each run
 * in a worker of its own that has nothing else to do.
 */
export const cdc: Scenario = {
  name: "cdc",
  summary: "changes of PostgreSQL, beside Debezium in the Java worker",
  async run(context) {
    await using kafka = await startBroker();
    await using postgres = await startPostgres({ settings: { max_wal_size: "4GB" } });
    for (const work of WORKS) {
      const measured: Record<WorkerKind, Throughput[]> = { ours: [], java: [] };
      for (let rep = 1; rep <= context.reps; rep++) {
        for (const worker of WORKERS) {
          const one = await take(context, work, kafka.bootstrapServers, postgres.port, worker);
          measured[worker].push(one);
          context.say(`${work.name}, ${worker} #${rep}: ${told(one)}`);
        }
      }
      report(context, work.name, measured);
    }
  },
};

function told({ rate, cpuMicros, peakRssMb, latency }: Throughput): string {
  const speed =
    latency === undefined
      ? `${formatNumber(rate, 0)} rows/s, ${formatNumber(cpuMicros, 2)} µs CPU/row`
      : `p50 ${formatNumber(latency.p50, 1)} ms, p99 ${formatNumber(latency.p99, 1)} ms`;
  return `${speed}, ${formatNumber(peakRssMb, 0)} MB`;
}

async function take(
  { peer, records, workFolder }: ScenarioContext,
  work: Work,
  bootstrapServers: string,
  port: number,
  kind: WorkerKind,
): Promise<Throughput> {
  const pluginPath = [pluginPathOf(kind, peer, workFolder)];
  await using worker = await startWorker({ kind, peer, bootstrapServers, pluginPath });
  return await runBench(peer, {
    benchmark: work.benchmark,
    converter: "json",
    records: records === undefined ? work.records : Math.min(records, work.records),
    worker: kind,
    url: worker.url,
    bootstrapServers,
    workFolder,
    postgres: { port, password: PASSWORD },
    config: { "database.password": PASSWORD },
  });
}

/** A folder with a link to the one connector. */
function pluginPathOf(kind: WorkerKind, peer: Peer, workFolder: string): string {
  const plugin =
    kind === "java"
      ? join(peer.plugins, "debezium-postgres")
      : join(PACKAGES, "connect-postgres-cdc");
  const folder = join(workFolder, `cdc-${kind}`);
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    symlinkSync(plugin, join(folder, "plugin"));
  }
  return folder;
}

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly digits: number;
  readonly of: (one: Throughput) => number;
}

const THROUGHPUT: readonly Figure[] = [
  { name: "rate", unit: "rows/s", digits: 0, of: (one) => one.rate },
  { name: "CPU", unit: "µs/row", digits: 2, of: (one) => one.cpuMicros },
  { name: "peak RSS", unit: "MB", digits: 0, of: (one) => one.peakRssMb },
];

const LATENCY: readonly Figure[] = [
  { name: "p50", unit: "ms", digits: 1, of: (one) => one.latency!.p50 },
  { name: "p99", unit: "ms", digits: 1, of: (one) => one.latency!.p99 },
];

function report(
  { report: note }: ScenarioContext,
  work: string,
  measured: Readonly<Record<WorkerKind, readonly Throughput[]>>,
): void {
  for (const { name, unit, digits, of } of work === "latency" ? LATENCY : THROUGHPUT) {
    const median = (worker: WorkerKind) => spreadOf(measured[worker].map(of)).median;
    for (const worker of WORKERS) {
      note({ figure: `${work}, ${worker}: ${name}`, value: median(worker), digits, unit });
    }
    const ratio = `${work}: ${name} ÷ Debezium's`;
    const value = median("ours") / median("java");
    note({ figure: ratio, value, digits: 2, unit: "", bar: ratio });
  }
}
