import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { findJava } from "@millrace/services";
import type { Peer } from "./peer.ts";
import { ourMode, REPOSITORY } from "./places.ts";

/** What a figure depends on beside the code. Nothing in it tells which machine it was. */
export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly kafka: string;
  readonly java: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** How ours ran. */
  readonly mode: string;
}

export async function environment(peer: Peer): Promise<Environment> {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    node: execFileSync(join(REPOSITORY, "node_modules/.bin/node"), ["--version"], {
      encoding: "utf8",
    })
      .trim()
      .slice(1),
    kafka: peer.kafkaVersion,
    java: await javaVersion(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    mode: ourMode(),
  };
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", REPOSITORY, ...args], { encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
  } catch {
    return "unknown"; // a tree without its history
  }
}

async function javaVersion(): Promise<string> {
  const { command } = await findJava();
  const text = execFileSync(command, ["--version"], { encoding: "utf8" });
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? "unknown";
}
