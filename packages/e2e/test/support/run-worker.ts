import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const COMMAND = join(REPOSITORY, "node_modules/.bin/connect-standalone");

export type Properties = Readonly<Record<string, string | undefined>>;

export interface LogLine {
  readonly level: string;
  readonly msg: string;
}

export interface Ended {
  readonly code: number | null;
  /** What it printed, of both streams. */
  readonly output: string;
  readonly lines: readonly LogLine[];
}

/** A folder with what one run of the worker needs; gone with `await using`. */
export class WorkerFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<WorkerFolder> {
    return new WorkerFolder(await mkdtemp(join(tmpdir(), "worker-")));
  }

  /** @returns the path of the new file */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, content);
    return path;
  }

  /** A worker's properties; undefined leaves a key out. */
  properties(changes: Properties): Promise<string> {
    const properties: Properties = {
      "bootstrap.servers": "127.0.0.1:1",
      "key.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "offset.storage.file.filename": join(this.path, "offsets"),
      "plugin.path": join(REPOSITORY, "packages"),
      listeners: "http://127.0.0.1:0",
      // Tests do not want to wait for a minute.
      "default.api.timeout.ms": "2000",
      ...changes,
    };
    const lines = Object.entries(properties).map(([key, value]) =>
      value === undefined ? "" : `${key}=${value}\n`,
    );
    return this.file("worker.properties", lines.join(""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Runs `connect-standalone` to its end, which it must come to by itself. */
export function runWorker(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const worker = spawn(COMMAND, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
    let output = "";
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    }
    worker.once("error", reject);
    worker.once("close", (code) => {
      const lines = output.split("\n").filter((line) => line.startsWith("{"));
      resolve({ code, output, lines: lines.map((line) => JSON.parse(line) as LogLine) });
    });
  });
}
