import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { flags } from "./flags.ts";
import type { Peer } from "./peer.ts";
import { PEER_SCRIPTS } from "./places.ts";
import { runOwned } from "./run-owned.ts";
import type { WorkerKind } from "./worker-command.ts";

export const FILE_BENCHMARKS = ["file-source", "file-sink"] as const;
export type FileBenchmark = (typeof FILE_BENCHMARKS)[number];

export const CONVERTERS = ["string", "json", "json-schema"] as const;
export type ConverterName = (typeof CONVERTERS)[number];

/** Captures of a table's changes: its rows, one large transaction, single insertions. */
export const CDC_BENCHMARKS = ["pg-snapshot", "pg-stream", "pg-latency"] as const;
export type CdcBenchmark = (typeof CDC_BENCHMARKS)[number];

/** Insertions a second in pg-latency. */
const LATENCY_RATE = 100;

export interface BenchRequest {
  readonly benchmark: FileBenchmark | CdcBenchmark | "jdbc-sink";
  readonly converter: ConverterName;
  readonly records: number;
  readonly worker: WorkerKind;
  readonly url: string;
  readonly bootstrapServers: string;
  /** For input and output files: where both workers find the same ones. */
  readonly workFolder: string;
  /** A topic that is kept afterwards; without it a new one, which goes. */
  readonly topic?: string;
  readonly tasks?: number;
  readonly partitions?: number;
  /** Added to the connector's configuration. */
  readonly config?: Readonly<Record<string, string>>;
  /** The database of jdbc-sink and of those that capture changes. */
  readonly postgres?: { readonly port: number; readonly password: string };
}

/** What bench.py measures in one repetition. */
export interface Throughput {
  /** Records a second from before the connector is created until the last one is seen. */
  readonly rate: number;
  /** The same, counted from the first one that is seen. */
  readonly steadyRate: number;
  /** Processor time of the worker's process tree per record, in microseconds. */
  readonly cpuMicros: number;
  readonly peakRssMb: number;
  /** Of everything else on the machine meanwhile, the broker included: noise shows here. */
  readonly otherCpuSeconds: number;
  /** From an insertion's return until a consumer has its record, in ms; of pg-latency alone. */
  readonly latency?: { readonly p50: number; readonly p99: number };
}

/**
 * Measures one repetition against a worker's REST address.
 * @throws Error when a record is missing or one too many, or with what the script says
 */
export async function runBench(peer: Peer, request: BenchRequest): Promise<Throughput> {
  const { benchmark, converter, records, worker } = request;
  const what = `measuring ${benchmark} (${converter}) of ${worker}`;
  const password = request.postgres?.password;
  const env = { ...process.env, ...(password !== undefined && { PGPASSWORD: password }) };
  const stdout = await runOwned(peer.python, benchArguments(request), { what, env });
  const line = stdout.split("\n").find((line) => line.startsWith("{"));
  if (line === undefined) throw new Error(`${what}: bench.py gave no result:\n${stdout}`);
  return toThroughput(JSON.parse(line) as BenchLine, records, what);
}

function benchArguments(request: BenchRequest): string[] {
  const { benchmark, converter, records, worker, url, bootstrapServers, workFolder } = request;
  const { topic, tasks = 1, partitions = 1, config = {}, postgres } = request;
  return [
    join(PEER_SCRIPTS, "bench.py"),
    benchmark,
    ...flags({
      url,
      boot: bootstrapServers,
      label: worker,
      conv: converter,
      n: records,
      reps: 1,
      work: workFolder,
      out: join(workFolder, `lines-${randomBytes(4).toString("hex")}.jsonl`),
      tasks,
      partitions,
      ...(topic !== undefined && { topic }),
      ...(benchmark === "pg-latency" && { rate: LATENCY_RATE, seconds: records / LATENCY_RATE }),
      ...(postgres !== undefined && {
        pg: postgres.port,
        // Whose class and keys: Debezium's is the peer's, Confluent's ours.
        "jdbc-sink": worker === "java" ? "debezium" : "confluent",
      }),
    }),
    ...(topic === undefined ? [] : ["--keep-topic"]),
    ...Object.entries(config).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  ];
}

/** A line as bench.py writes it. */
interface BenchLine {
  readonly got: number;
  readonly rate_total: number;
  readonly rate_steady: number;
  readonly cpu_s: number;
  readonly cpu_us_per_rec: number;
  readonly peak_rss_mb: number;
  readonly host_cpu_s: number;
  readonly p50_ms?: number;
  readonly p99_ms?: number;
}

function toThroughput(line: BenchLine, records: number, what: string): Throughput {
  if (line.got !== records) {
    throw new Error(`${what}: ${line.got} records came instead of ${records}`);
  }
  return {
    rate: line.rate_total,
    steadyRate: line.rate_steady,
    cpuMicros: line.cpu_us_per_rec,
    peakRssMb: line.peak_rss_mb,
    otherCpuSeconds: Math.max(0, line.host_cpu_s - line.cpu_s),
    ...(line.p50_ms !== undefined &&
      line.p99_ms !== undefined && { latency: { p50: line.p50_ms, p99: line.p99_ms } }),
  };
}
