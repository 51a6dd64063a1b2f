import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Memory of a process and of all it started, in megabytes: the bin may be a wrapper. */
export async function rssMb(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  let sum = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  for (const child of children.split(" ").filter((id) => id !== ""))
    sum += await rssMb(Number(child));
  return sum;
}

/** The most it takes within so much time. */
export async function peakRssMb(pid: number, durationMs: number): Promise<number> {
  const deadline = Date.now() + durationMs;
  let peak = 0;
  while (Date.now() < deadline) {
    peak = Math.max(peak, await rssMb(pid));
    await sleep(100);
  }
  return peak;
}
