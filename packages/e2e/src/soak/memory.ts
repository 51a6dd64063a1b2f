import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterWorker } from "../cluster/cluster-worker.ts";
import { rssMb } from "../worker-memory.ts";

/** What one process of a worker took, in megabytes. */
export interface MemoryReport {
  readonly worker: string;
  readonly pid: number;
  readonly seconds: number;
  /** Ten seconds after its start, or as soon as it was seen. */
  readonly startMb: number;
  readonly endMb: number;
  readonly peakMb: number;
}

const SAMPLE_MS = 1_000;
/** Classes and code are loaded by then. */
const WARM_MS = 10_000;

interface Samples {
  readonly worker: string;
  readonly since: number;
  until: number;
  start: number;
  end: number;
  peak: number;
}

/** Watches the memory of workers over their restarts, each process by itself. */
export class MemoryWatch implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  readonly #processes = new Map<number, Samples>();

  constructor(workers: readonly ClusterWorker[]) {
    this.#watching = this.#watch(workers);
  }

  report(): MemoryReport[] {
    return [...this.#processes].map(([pid, { worker, since, until, start, end, peak }]) => ({
      worker,
      pid,
      seconds: Math.round((until - since) / 1_000),
      startMb: start,
      endMb: end,
      peakMb: peak,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(workers: readonly ClusterWorker[]): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const { id, pid } of workers) if (pid !== undefined) await this.#sample(id, pid);
      await sleep(SAMPLE_MS);
    }
  }

  async #sample(worker: string, pid: number): Promise<void> {
    let mb: number;
    try {
      mb = await rssMb(pid);
    } catch {
      return; // It has just ended.
    }
    // One that has ended and is not yet reaped has no memory.
    if (!(mb > 0)) return;
    const now = Date.now();
    const known = this.#processes.get(pid);
    if (known === undefined) {
      const first = { worker, since: now, until: now, start: mb, end: mb, peak: mb };
      this.#processes.set(pid, first);
      return;
    }
    known.until = now;
    known.end = mb;
    known.peak = Math.max(known.peak, mb);
    if (now - known.since <= WARM_MS) known.start = mb;
  }
}
