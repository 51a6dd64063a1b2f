import type { Peer } from "../harness/peer.ts";
import { startBroker } from "../harness/broker.ts";
import { makeWorkFolder } from "../harness/bench-folder.ts";
import { ourMode, type WorkerMode } from "../harness/places.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { formatNumber } from "../report/figures.ts";
import type { Results, StartupLine, StartupPlugins, ThroughputLine } from "../report/results.ts";
import { fileBenchmarks, type SideBySideOptions, WAITS, workersOf } from "./plan.ts";
import { filePluginAlone, measureStartup } from "./start-up.ts";
import { allPlugins, measureThroughput } from "./throughput.ts";

type Wait = keyof (typeof WAITS)["settleMs"];

interface Run {
  readonly peer: Peer;
  readonly options: SideBySideOptions;
  readonly results: Results;
  readonly bootstrapServers: string;
  readonly workFolder: string;
  readonly wait: Wait;
}

/** Everything that was chosen, on one broker, A B A B; prints a line for each repetition. */
export async function runSideBySide(
  peer: Peer,
  options: SideBySideOptions,
  results: Results,
): Promise<void> {
  await using kafka = await startBroker();
  await using work = makeWorkFolder();
  const run: Run = {
    peer,
    options,
    results,
    bootstrapServers: kafka.bootstrapServers,
    workFolder: work.path,
    wait: options.quick ? "quick" : "full",
  };
  await runThroughput(run);
  if (options.benchmarks.includes("start-up")) await runStartups(run);
}

async function runThroughput(run: Run): Promise<void> {
  const { peer, options, results, bootstrapServers, workFolder, wait } = run;
  // Java's plugins cost it 5 s at each start, which a quick run has not got.
  const pluginPath = options.quick ? filePluginAlone(peer, workFolder) : allPlugins(peer);
  for (const [benchmark, converter] of fileBenchmarks(options)) {
    for (let rep = 1; rep <= options.reps; rep++) {
      for (const worker of workersOf(options)) {
        const line = await measureThroughput({
          peer,
          bootstrapServers,
          worker,
          benchmark,
          converter,
          records: options.records,
          workFolder,
          pluginPath,
          settleMs: WAITS.settleMs[wait],
        });
        results.add(line);
        printThroughput(line, rep);
      }
    }
  }
}

async function runStartups(run: Run): Promise<void> {
  const { options, wait, results } = run;
  for (const plugins of ["all", "file"] as const) {
    for (let rep = 1; rep <= options.reps; rep++) {
      for (const { worker, mode } of startupsOf(options)) {
        const line = await measureStartup({
          ...run,
          worker,
          plugins,
          mode,
          idleSeconds: WAITS.idleSeconds[wait],
        });
        results.add(line);
        printStartup(line, plugins, rep);
      }
    }
  }
}

/** The bars are for Java's distributed mode; the other is measured beside it. */
function startupsOf(
  options: SideBySideOptions,
): { readonly worker: WorkerKind; readonly mode: WorkerMode }[] {
  const javaModes: WorkerMode[] = options.quick ? ["distributed"] : ["distributed", "standalone"];
  return workersOf(options).flatMap((worker) => {
    const modes = worker === "ours" ? [ourMode()] : javaModes;
    return modes.map((mode) => ({ worker, mode }));
  });
}

function printThroughput(line: ThroughputLine, rep: number): void {
  const { benchmark, converter, worker, rate, cpuMicros, peakRssMb, otherCpuSeconds } = line;
  console.log(
    [
      `${benchmark} ${converter}`.padEnd(24),
      `${worker} #${rep}`.padEnd(8),
      `${formatNumber(rate, 0)} records/s`.padStart(20),
      `${formatNumber(cpuMicros, 2)} µs CPU/record`.padStart(20),
      `${formatNumber(peakRssMb, 0)} MB peak`.padStart(14),
      `(others used ${formatNumber(otherCpuSeconds, 0)} s CPU)`.padStart(26),
    ].join(""),
  );
}

function printStartup(line: StartupLine, plugins: StartupPlugins, rep: number): void {
  const { worker, mode, upSeconds, idleRssMb, stopSeconds } = line;
  console.log(
    [
      `start-up, ${plugins === "all" ? "all plugins" : "file alone"}`.padEnd(24),
      `${worker} #${rep} ${mode}`.padEnd(20),
      `${formatNumber(upSeconds, 2)} s`.padStart(8),
      `${formatNumber(idleRssMb, 0)} MB idle`.padStart(14),
      `${formatNumber(stopSeconds, 2)} s to stop`.padStart(18),
    ].join(""),
  );
}
