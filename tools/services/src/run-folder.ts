import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { endWithUs, noLongerOurs } from "./death-watch.ts";
import { isAlive } from "./lock.ts";

const LOGS_KEPT_MS = 7 * 24 * 3600 * 1000;

/** Where one started service keeps its data, for as long as it is needed. */
export interface RunFolder {
  readonly path: string;
  /** The path of a new log file; logs stay for a week after the data went. */
  logFile(name: string): string;
  remove(): Promise<void>;
}

/**
 * Makes a folder for one service. It goes when this process ends, unless the
 * service is to outlive us.
 */
export function makeRunFolder(service: string, outlivesUs = false): RunFolder {
  const name = `${service}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const path = join(cacheFolder(), outlivesUs ? "up" : "run", name);
  const logs = join(cacheFolder(), "logs");
  mkdirSync(path, { recursive: true });
  mkdirSync(logs, { recursive: true });
  removeLeftovers(logs);
  if (!outlivesUs) endWithUs(path);
  return {
    path,
    logFile: (part) => join(logs, `${name}-${part}.log`),
    async remove() {
      await rm(path, { recursive: true, force: true });
      noLongerOurs(path);
    },
  };
}

/** Old logs, and data of processes that ended together with their watcher. */
function removeLeftovers(logs: string): void {
  for (const log of readdirSync(logs)) {
    const file = join(logs, log);
    const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modified > LOGS_KEPT_MS) rmSync(file, { force: true });
  }
  const runs = join(cacheFolder(), "run");
  mkdirSync(runs, { recursive: true });
  for (const run of readdirSync(runs)) {
    const owner = Number(run.split("-").at(-2));
    if (!isAlive(owner)) rmSync(join(runs, run), { recursive: true, force: true });
  }
}
