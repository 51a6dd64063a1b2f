import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isAlive } from "./lock.ts";

/** A process and all that descend from it, parents first. */
export function processTree(root: number): number[] {
  const all = parents();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of all) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** Whether this process runs; one that has ended and waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  return hasProc ? (readStat(pid)?.state ?? "Z") !== "Z" : isAlive(pid);
}

/**
 * Tells a process from a later one that got the same id: when it started, in
 * whatever form the system has it. Undefined when it does not run.
 */
export function startTime(pid: number): string | undefined {
  if (hasProc) {
    const stat = readStat(pid);
    return stat === undefined || stat.state === "Z" ? undefined : stat.startTime;
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}

const hasProc = existsSync("/proc/self/stat");

/** Every process of this machine with its parent. */
function parents(): [pid: number, parent: number][] {
  return hasProc ? parentsFromProc() : parentsFromPs();
}

function parentsFromProc(): [number, number][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readStat(Number(name));
      return stat === undefined ? [] : [[Number(name), stat.parent] as [number, number]];
    });
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

function readStat(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // "pid (name) state parent …", where the name may hold anything. See proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), startTime: fields[19] ?? "" };
  } catch {
    return undefined; // has ended
  }
}

function parentsFromPs(): [number, number][] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return lines
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
}
