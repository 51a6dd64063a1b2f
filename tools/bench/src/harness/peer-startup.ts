import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeRunFolder, releasePorts, reservePorts } from "@millrace/services";
import { flags } from "./flags.ts";
import { PEER_SCRIPTS } from "./places.ts";
import { runOwned } from "./run-owned.ts";
import { workerCommand, type WorkerSetup } from "./worker-command.ts";

/** What bench-startup.py measures. */
export interface Startup {
  /** From running the command to the first answer of `GET /`. */
  readonly upSeconds: number;
  readonly cpuSeconds: number;
  readonly idleRssMb: number;
  readonly stopSeconds: number;
}

/** A line as bench-startup.py writes it. */
interface StartupLine {
  readonly up_s: number;
  readonly cpu_s: number;
  readonly idle_rss_mb: number;
  readonly stop_s: number;
}

/**
 * Starts a worker, waits until it answers, lets it idle, and stops it.
 * @param idleSeconds how long it idles before its memory is read
 */
export async function runStartup(setup: WorkerSetup, idleSeconds: number): Promise<Startup> {
  const folder = makeRunFolder("bench-startup");
  const [port] = (await reservePorts(1)) as [number];
  try {
    const { command, args, env } = await workerCommand(setup, folder.path, port);
    const pidFile = join(folder.path, "pid");
    const start = join(folder.path, "start.sh");
    const log = folder.logFile("worker");
    // In the script's process group, which ends with this process: nothing is left behind.
    const line = [command, ...args].map(quoted).join(" ");
    writeFileSync(start, `${line} > ${quoted(log)} 2>&1 < /dev/null &\necho $! > ${pidFile}\n`);
    const out = join(folder.path, "lines.jsonl");
    const stdout = await runOwned(
      setup.peer.python,
      [
        join(PEER_SCRIPTS, "bench-startup.py"),
        ...flags({
          cmd: `sh ${start}`,
          pidfile: pidFile,
          url: `http://127.0.0.1:${port}`,
          reps: 1,
          idle: idleSeconds,
          label: setup.kind,
          out,
        }),
      ],
      { what: `measuring the start of ${setup.kind} (log: ${log})`, env },
    );
    const result = JSON.parse(stdout.split("\n")[0] ?? "") as StartupLine;
    return {
      upSeconds: result.up_s,
      cpuSeconds: result.cpu_s,
      idleRssMb: result.idle_rss_mb,
      stopSeconds: result.stop_s,
    };
  } finally {
    await folder.remove();
    await releasePorts([port]);
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
