import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "@millrace/services";
import { startBroker } from "../harness/broker.ts";
import type { Peer } from "../harness/peer.ts";
import { runBench, type Throughput } from "../harness/peer-bench.ts";
import { PACKAGES } from "../harness/places.ts";
import { startWorker } from "../harness/worker.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const RECORDS = 500_000;
const WORKERS: readonly WorkerKind[] = ["ours", "java"];
/** Of the superuser that `startPostgres` makes. */
const PASSWORD = "postgres";

/** The same records into the same table: ours as Confluent's class, the Java worker with Debezium's. */
export const jdbcSink: Scenario = {
  name: "jdbc-sink",
  summary: "upserts into PostgreSQL, beside Debezium's JDBC sink in the Java worker",
  async run(context) {
    await using kafka = await startBroker();
    await using postgres = await startPostgres();
    const measured: Record<WorkerKind, Throughput[]> = { ours: [], java: [] };
    for (let rep = 1; rep <= context.reps; rep++) {
      for (const worker of WORKERS) {
        const one = await take(context, kafka.bootstrapServers, postgres.port, worker);
        measured[worker].push(one);
        const rate = formatNumber(one.rate, 0);
        const cpu = formatNumber(one.cpuMicros, 2);
        const rss = formatNumber(one.peakRssMb, 0);
        context.say(`${worker} #${rep}: ${rate} rows/s, ${cpu} µs CPU/row, ${rss} MB`);
      }
    }
    report(context, measured);
  },
};

async function take(
  { peer, records = RECORDS, workFolder }: ScenarioContext,
  bootstrapServers: string,
  port: number,
  kind: WorkerKind,
): Promise<Throughput> {
  const pluginPath = [pluginPathOf(kind, peer, workFolder)];
  await using worker = await startWorker({ kind, peer, bootstrapServers, pluginPath });
  return await runBench(peer, {
    benchmark: "jdbc-sink",
    converter: "json-schema",
    records,
    worker: kind,
    url: worker.url,
    bootstrapServers,
    workFolder,
    postgres: { port, password: PASSWORD },
    config: { "connection.password": PASSWORD },
  });
}

/** A folder with a link to the one connector. */
function pluginPathOf(kind: WorkerKind, peer: Peer, workFolder: string): string {
  const plugin =
    kind === "java" ? join(peer.plugins, "debezium-jdbc") : join(PACKAGES, "connect-jdbc-sink");
  const folder = join(workFolder, `jdbc-sink-${kind}`);
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    symlinkSync(plugin, join(folder, "plugin"));
  }
  return folder;
}

function report(
  { report: note }: ScenarioContext,
  measured: Readonly<Record<WorkerKind, readonly Throughput[]>>,
): void {
  const median = (worker: WorkerKind, figure: "rate" | "cpuMicros" | "peakRssMb") =>
    spreadOf(measured[worker].map((one) => one[figure])).median;
  for (const worker of WORKERS) {
    note({ figure: `${worker}: rate`, value: median(worker, "rate"), digits: 0, unit: "rows/s" });
    note({
      figure: `${worker}: CPU`,
      value: median(worker, "cpuMicros"),
      digits: 2,
      unit: "µs/row",
    });
    note({
      figure: `${worker}: peak RSS`,
      value: median(worker, "peakRssMb"),
      digits: 0,
      unit: "MB",
    });
  }
  const rate = "rate ÷ Java's";
  note({
    figure: rate,
    value: median("ours", "rate") / median("java", "rate"),
    digits: 2,
    unit: "",
    bar: rate,
  });
  const cpu = "CPU ÷ Java's";
  note({
    figure: cpu,
    value: median("ours", "cpuMicros") / median("java", "cpuMicros"),
    digits: 2,
    unit: "",
    bar: cpu,
  });
}
