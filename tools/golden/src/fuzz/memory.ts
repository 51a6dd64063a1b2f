import { execFileSync } from "node:child_process";
import { processTree } from "@millrace/services";

/** Bytes of memory that a process and its children hold. */
export function residentBytes(pid: number): number {
  const pids = processTree(pid).join(",");
  const lines = execFileSync("ps", ["-o", "rss=", "-p", pids], { encoding: "utf8" });
  const kilobytes = lines.trim().split(/\s+/).map(Number);
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024;
}
