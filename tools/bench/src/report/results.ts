import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../harness/environment.ts";
import type { ConverterName, FileBenchmark, Throughput } from "../harness/peer-bench.ts";
import type { Startup } from "../harness/peer-startup.ts";
import type { WorkerKind } from "../harness/worker-command.ts";

export type StartupPlugins = "all" | "file";

/** Begins what one command has measured; the lines up to the next one belong to it. */
export interface RunLine {
  readonly kind: "run";
  /** As it can be repeated: `pnpm bench --reps 3`. */
  readonly command: string;
  /** Fewer records or plugins: not to be held against the bars, nor mixed with full runs. */
  readonly quick: boolean;
  readonly environment: Environment;
}

export interface ThroughputLine extends Throughput {
  readonly kind: "throughput";
  readonly worker: WorkerKind;
  readonly benchmark: FileBenchmark;
  readonly converter: ConverterName;
  readonly records: number;
}

export interface StartupLine extends Startup {
  readonly kind: "startup";
  readonly worker: WorkerKind;
  readonly mode: string;
  readonly plugins: StartupPlugins;
}

/** One figure of a scenario, already the median where it ran several times. */
export interface ScenarioLine {
  readonly kind: "scenario";
  readonly scenario: string;
  /** What of it: "idle REST p99", "gzip: rate ÷ Java's". */
  readonly figure: string;
  readonly value: number;
  readonly digits: number;
  readonly unit: string;
  /** The name of its bar in bars.ts, where it has one. */
  readonly bar?: string;
}

export type ResultLine = RunLine | ThroughputLine | StartupLine | ScenarioLine;

/** The lines that belong to quick runs. */
export function quickLines(lines: readonly ResultLine[]): ReadonlySet<ResultLine> {
  const quick = new Set<ResultLine>();
  let inQuickRun = false;
  for (const line of lines) {
    if (line.kind === "run") inQuickRun = line.quick;
    if (inQuickRun) quick.add(line);
  }
  return quick;
}

/** JSON lines in a folder: runs add to what is there, so that a table can be made of several. */
export class Results {
  readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, "results.jsonl");
  }

  add(line: ResultLine): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  all(): ResultLine[] {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ResultLine);
  }
}
