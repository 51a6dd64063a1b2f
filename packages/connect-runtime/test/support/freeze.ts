import { execFileSync } from "node:child_process";
import type { ServerProcess } from "@millrace/services";

const LIMIT_MS = 30_000;

/**
 * Freezes a server, and returns when it is frozen: a signal takes effect when the thread that gets it
 * is next given a processor, and on a busy machine the others answer requests until then.
 */
export function freeze(server: ServerProcess): void {
  const { pid } = server;
  server.pause();
  for (const end = Date.now() + LIMIT_MS; !isStopped(pid); sleepSync(5))
    if (Date.now() > end) throw new Error(`Process ${pid} did not stop within ${LIMIT_MS} ms`);
}

function isStopped(pid: number | undefined): boolean {
  return execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" }).startsWith(
    "T",
  );
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
