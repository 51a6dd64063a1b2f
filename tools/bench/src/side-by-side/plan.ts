import {
  CONVERTERS,
  type ConverterName,
  FILE_BENCHMARKS,
  type FileBenchmark,
} from "../harness/peer-bench.ts";
import type { WorkerKind } from "../harness/worker-command.ts";

export const BENCHMARKS = [...FILE_BENCHMARKS, "start-up"] as const;
export type BenchmarkName = (typeof BENCHMARKS)[number];

export interface SideBySideOptions {
  readonly benchmarks: readonly BenchmarkName[];
  readonly converters: readonly ConverterName[];
  readonly records: number;
  readonly reps: number;
  readonly only: WorkerKind | undefined;
  readonly quick: boolean;
}

export const DEFAULTS = { records: 5_000_000, reps: 3 };
export const QUICK = { records: 300_000, reps: 1 };

/** How long a fresh worker is left alone before it is measured, and how long it idles for its memory. */
export const WAITS = {
  settleMs: { full: 5_000, quick: 500 },
  idleSeconds: { full: 15, quick: 3 },
} as const;

/** A before B, again and again, so that what changes on the machine meets both. */
export const workersOf = ({ only }: Pick<SideBySideOptions, "only">): WorkerKind[] =>
  only === undefined ? ["ours", "java"] : [only];

export function fileBenchmarks({
  benchmarks,
  converters,
}: Pick<SideBySideOptions, "benchmarks" | "converters">): [FileBenchmark, ConverterName][] {
  return FILE_BENCHMARKS.filter((name) => benchmarks.includes(name)).flatMap((benchmark) =>
    CONVERTERS.filter((name) => converters.includes(name)).map(
      (converter) => [benchmark, converter] as [FileBenchmark, ConverterName],
    ),
  );
}
