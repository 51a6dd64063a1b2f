import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { counter, gauge, type Group } from "./group.ts";

const DELAY_RESOLUTION_MS = 50;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** The worker's process as it is now. */
export interface ProcessSubject {
  readonly cpu: NodeJS.CpuUsage;
  readonly memory: NodeJS.MemoryUsage;
  readonly heapLimitBytes: number;
  readonly startedSeconds: number;
  /** Of the main thread's event loop, in nanoseconds. */
  readonly delay: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** Names as Prometheus clients give them to processes, and to Node. */
export const PROCESS: Group<ProcessSubject> = {
  name: "process",
  doc: "The worker's process.",
  labels: {},
  attributes: {
    cpu_seconds_total: counter(
      "Processor time of all threads, in seconds.",
      ({ cpu }) => (cpu.user + cpu.system) / MICROSECONDS,
    ),
    resident_memory_bytes: gauge("Memory that the process has.", ({ memory }) => memory.rss),
    start_time_seconds: gauge(
      "When it was started, in seconds since 1970.",
      ({ startedSeconds }) => startedSeconds,
    ),
  },
};

export const NODE: Group<ProcessSubject> = {
  name: "nodejs",
  doc: "The main thread, which serves REST and steers what runs; plugins have threads of their own.",
  labels: {},
  attributes: {
    heap_size_used_bytes: gauge("JavaScript objects of the main thread.", (p) => p.memory.heapUsed),
    heap_size_total_bytes: gauge("Memory for those.", ({ memory }) => memory.heapTotal),
    heap_size_limit_bytes: gauge("How much that may become.", (p) => p.heapLimitBytes),
    external_memory_bytes: gauge(
      "Memory of the main thread outside its heap, Buffers included.",
      ({ memory }) => memory.external,
    ),
    eventloop_lag_mean_seconds: gauge(
      "Average delay of the main thread's event loop since it was asked last, in seconds.",
      ({ delay }) => seconds(delay.mean),
    ),
    eventloop_lag_p99_seconds: gauge("99th percentile of that delay, in seconds.", ({ delay }) =>
      seconds(delay.p99),
    ),
    eventloop_lag_max_seconds: gauge("Longest such delay, in seconds.", ({ delay }) =>
      seconds(delay.max),
    ),
  },
};

/** Looks at the process; the delay of its event loop is watched all the time. */
export class ProcessMonitor implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  /** The process until now, and its delays since the last look: readers take turns in them. */
  look(): ProcessSubject {
    const { mean, max, count } = this.#delay;
    const p99 = this.#delay.percentile(99);
    this.#delay.reset();
    return {
      cpu: process.cpuUsage(),
      memory: process.memoryUsage(),
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      startedSeconds: performance.timeOrigin / 1000,
      delay: count > 0 ? { mean, p99, max } : { mean: 0, p99: 0, max: 0 },
    };
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }
}

/** What the histogram counts as a delay contains the time that was to pass anyway. */
function seconds(nanoseconds: number): number {
  const plain = nanoseconds / NANOSECONDS - DELAY_RESOLUTION_MS / 1000;
  return Math.max(0, plain);
}
