import { startDistributedWorker } from "@millrace/services";
import { fuzz, type FuzzResult } from "./fuzz.ts";
import { residentBytes } from "./memory.ts";

export interface WorkerFuzz extends FuzzResult {
  /** The worker's memory when it had had half as many requests, and after all. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/**
 * Sends odd requests to a worker of its own, in a process of its own.
 * @throws {Error} when the worker does not run any more, or is not well
 */
export async function fuzzWorker(
  bootstrapServers: string,
  requests: number,
  seed: number,
): Promise<WorkerFuzz> {
  const groupId = `fuzz-${process.pid}-${seed}`;
  await using worker = await startDistributedWorker({ bootstrapServers, groupId });
  const { pid, url } = worker;
  // What is loaded on first use is there after these, and the heap has the size that load needs:
  // what grows from here on is what is kept.
  const warm = await fuzz({ url, requests: Math.ceil(requests / 2), seed: seed + 1 });
  const beforeBytes = residentBytes(pid!);
  const result = await fuzz({ url, requests, seed });
  const afterBytes = residentBytes(pid!);
  if (worker.pid !== pid) throw new Error(`The worker ended: see ${worker.logFile}`);
  const health = await fetch(`${url}/health`);
  if (health.status !== 200) throw new Error(`The worker is ${await health.text()}`);
  return { ...result, defects: [...warm.defects, ...result.defects], beforeBytes, afterBytes };
}
