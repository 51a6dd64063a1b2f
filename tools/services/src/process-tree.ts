import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A process and all that descend from it, parents first. */
export function processTree(root: number): number[] {
  const all = parents();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of all) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** Every process of this machine with its parent. */
function parents(): [pid: number, parent: number][] {
  return existsSync("/proc/self/stat") ? parentsFromProc() : parentsFromPs();
}

function parentsFromProc(): [number, number][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readStat(name);
      // pid (name, which may hold anything) state parent …
      const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
      return parent === undefined ? [] : [[Number(name), Number(parent)] as [number, number]];
    });
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // ended between listing and reading
  }
}

function parentsFromPs(): [number, number][] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return lines
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
}
