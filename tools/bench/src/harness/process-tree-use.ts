import { readFileSync } from "node:fs";
import { processTree } from "@millrace/services";

/** Of Linux: what `getconf` says on every machine that runs Node there. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const MIB = 1024 * 1024;

/** Resident memory of a process and its descendants, in MiB. */
export function residentMb(pid: number): number {
  return sum(pid, (one) => {
    const pages = Number(readFileSync(`/proc/${one}/statm`, "utf8").split(" ")[1]);
    return (pages * PAGE_BYTES) / MIB;
  });
}

/** Processor time that they have used so far, user and system, in seconds. */
export function cpuSeconds(pid: number): number {
  return sum(pid, (one) => {
    const stat = readFileSync(`/proc/${one}/stat`, "utf8");
    // "pid (name) state parent …", where the name may hold anything. See proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
}

function sum(pid: number, of: (pid: number) => number): number {
  let total = 0;
  for (const one of processTree(pid)) {
    try {
      total += of(one);
    } catch {
      // It ended between being listed and being looked at.
    }
  }
  return total;
}
