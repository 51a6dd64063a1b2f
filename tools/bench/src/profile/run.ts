import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeWorkFolder } from "../harness/bench-folder.ts";
import { startBroker } from "../harness/broker.ts";
import type { Peer } from "../harness/peer.ts";
import { type ConverterName, type FileBenchmark, runBench } from "../harness/peer-bench.ts";
import { PACKAGES } from "../harness/places.ts";
import { startWorker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import { aggregate, type CpuProfile, type ThreadTimes } from "./cpu-profile.ts";

export interface ProfileRequest {
  readonly benchmark: FileBenchmark;
  readonly converter: ConverterName;
  readonly records: number;
  /** Gets the .cpuprofile files. */
  readonly folder: string;
}

export interface ProfiledThread extends ThreadTimes {
  readonly name: string;
  readonly file: string;
}

/**
 * Runs one repetition with V8's sampling profiler in each thread of our worker. Node writes a
 * thread's profile when the thread ends, also when it is terminated.
 */
export async function runProfile(peer: Peer, request: ProfileRequest): Promise<ProfiledThread[]> {
  const { benchmark, converter, records, folder } = request;
  const earlier = new Set(readdirSync(folder));
  await using kafka = await startBroker();
  await using work = makeWorkFolder();
  await using worker = await startWorker({
    kind: "ours",
    peer,
    bootstrapServers: kafka.bootstrapServers,
    pluginPath: [PACKAGES],
    env: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=500` },
  });
  const { rate, cpuMicros } = await runBench(peer, {
    benchmark,
    converter,
    records,
    worker: "ours",
    url: worker.url,
    bootstrapServers: kafka.bootstrapServers,
    workFolder: work.path,
  });
  console.log(
    `${benchmark} ${converter}, ${formatNumber(records, 0)} records: ${formatNumber(rate, 0)} records/s, ` +
      `${formatNumber(cpuMicros, 2)} µs CPU/record, while being profiled`,
  );
  await worker.stop();
  return readThreads(folder, (file) => !earlier.has(file));
}

function readThreads(folder: string, isNew: (file: string) => boolean): ProfiledThread[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".cpuprofile") && isNew(file));
  if (files.length === 0) throw new Error(`The worker left no profile in ${folder}`);
  return files
    .map((file) => {
      const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
      return { name: threadName(file), file, ...aggregate(profile) };
    })
    .sort((a, b) => busyMs(b) - busyMs(a));
}

export const busyMs = ({ totalMs, idleMs }: ThreadTimes): number => totalMs - idleMs;

/** `CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile` */
function threadName(file: string): string {
  const thread = file.split(".").at(-3);
  return thread === "0" ? "main thread" : `thread ${thread}`;
}
