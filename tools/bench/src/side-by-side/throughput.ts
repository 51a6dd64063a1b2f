import { setTimeout as sleep } from "node:timers/promises";
import type { Peer } from "../harness/peer.ts";
import { PACKAGES } from "../harness/places.ts";
import { type ConverterName, type FileBenchmark, runBench } from "../harness/peer-bench.ts";
import { startWorker } from "../harness/worker.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import type { ThroughputLine } from "../report/results.ts";

export interface ThroughputRequest {
  readonly peer: Peer;
  readonly bootstrapServers: string;
  readonly worker: WorkerKind;
  readonly benchmark: FileBenchmark;
  readonly converter: ConverterName;
  readonly records: number;
  readonly workFolder: string;
  /** Plugin paths of both; each worker uses its own. */
  readonly pluginPath: Readonly<Record<WorkerKind, readonly string[]>>;
  readonly settleMs: number;
}

/** All plugins that each has. */
export const allPlugins = (peer: Peer): Record<WorkerKind, readonly string[]> => ({
  ours: [PACKAGES],
  java: [peer.plugins],
});

/** One repetition on a worker of its own, whose peak memory holds nothing of an earlier one. */
export async function measureThroughput(request: ThroughputRequest): Promise<ThroughputLine> {
  const { peer, bootstrapServers, worker, benchmark, converter, records, workFolder } = request;
  await using running = await startWorker({
    kind: worker,
    peer,
    bootstrapServers,
    pluginPath: request.pluginPath[worker],
  });
  await sleep(request.settleMs);
  const figures = await runBench(peer, {
    benchmark,
    converter,
    records,
    worker,
    url: running.url,
    bootstrapServers,
    workFolder,
    // Both read the very same topic; a source writes one of its own.
    ...(benchmark === "file-sink" && { topic: `sink-${converter}-${records}` }),
  });
  return { kind: "throughput", worker, benchmark, converter, records, ...figures };
}
