import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const READY_MS = 30_000;
const STOP_MS = 15_000;

/** The REST API of a worker that runs for the demo. */
export interface DemoWorker extends AsyncDisposable {
  readonly url: string;
  readonly logFile: string;
  /** Rejects when the worker ends by itself. */
  readonly ended: Promise<never>;
}

/**
 * Starts `connect-standalone` as a user would, with the repository's sample properties:
 * only addresses and the offsets file are the demo's own.
 * @throws {Error} with the path of the log when the worker does not come up
 */
export async function startWorker(bootstrapServers: string): Promise<DemoWorker> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-demo-"));
  const port = (await isFree(8083)) ? 8083 : await freePort();
  const url = `http://127.0.0.1:${port}`;
  const properties = join(folder, "worker.properties");
  const sample = await readFile(join(REPOSITORY, "config/connect-standalone.properties"), "utf8");
  await writeFile(
    properties,
    withValues(sample, {
      "bootstrap.servers": bootstrapServers,
      "offset.storage.file.filename": join(folder, "connect.offsets"),
      "plugin.path": join(REPOSITORY, "packages"),
      listeners: url,
    }),
  );
  const logFile = join(folder, "worker.log");
  const child = spawn(join(REPOSITORY, "node_modules/.bin/connect-standalone"), [properties], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });

  let stopping = false;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (!stopping)
        reject(new Error(`The worker ended (${signal ?? code}); its log is ${logFile}`));
    });
  });
  // Whoever waits for something races with it; on its own it must not end the demo.
  ended.catch(() => undefined);
  const stop = async () => {
    stopping = true;
    await stopProcess(child, exited);
  };
  try {
    await Promise.race([untilReady(url, logFile), ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, logFile, ended, [Symbol.asyncDispose]: stop };
}

function withValues(properties: string, values: Readonly<Record<string, string>>): string {
  return properties
    .split("\n")
    .map((line) => {
      const key = line.slice(0, line.indexOf("=")).trim();
      return Object.hasOwn(values, key) ? `${key}=${values[key]}` : line;
    })
    .join("\n");
}

async function untilReady(url: string, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(
    `The worker did not answer at ${url} within ${READY_MS / 1000} s; its log is ${logFile}`,
  );
}

async function stopProcess(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const graceful = await Promise.race([
    exited.then(() => true),
    delay(STOP_MS, false, { ref: false }),
  ]);
  if (!graceful) child.kill("SIGKILL");
  await exited;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
