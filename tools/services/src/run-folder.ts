import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
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
  /** Lets the folder be when this process ends. */
  letGo(): Promise<void>;
  remove(): Promise<void>;
}

/** Marks a folder that its maker has let go. */
const KEPT = "kept";

/** Makes a folder for one service. It goes when this process ends. */
export function makeRunFolder(service: string): RunFolder {
  const name = `${service}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const path = join(cacheFolder(), "run", name);
  const logs = join(cacheFolder(), "logs");
  mkdirSync(path, { recursive: true });
  mkdirSync(logs, { recursive: true });
  removeLeftovers(logs);
  endWithUs(path);
  return {
    path,
    logFile: (part) => join(logs, `${name}-${part}.log`),
    async letGo() {
      await writeFile(join(path, KEPT), "");
      noLongerOurs(path);
    },
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
    const wanted = isAlive(owner) || existsSync(join(runs, run, KEPT));
    if (!wanted) rmSync(join(runs, run), { recursive: true, force: true });
  }
}
