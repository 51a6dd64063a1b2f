import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs, noLongerOurs } from "./death-watch.ts";
import { logSize, readLogFrom, tail } from "./log-file.ts";
import { isRunning, processTree } from "./process-tree.ts";

export interface ServerCommand {
  /** For messages: "Kafka broker 1". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The user to run as; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Gets stdout and stderr; kept when the server ends. */
  readonly logFile: string;
  /** Asked again and again after a start, with what it has logged since. */
  readonly ready: (log: string) => boolean | Promise<boolean>;
  /** What asks the server to end in order. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** A server that can be started, stopped, killed and frozen, over and over. */
export class ServerProcess {
  readonly #server: ServerCommand;
  #child: ChildProcess | undefined;
  #frozen: readonly number[] = [];

  constructor(server: ServerCommand) {
    this.#server = server;
  }

  /** The process id, undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get logFile(): string {
    return this.#server.logFile;
  }

  /**
   * Starts the server and waits until it answers.
   *
   * @throws Error with the end of its log when it ends or does not get ready.
   */
  async start(): Promise<void> {
    const { name, logFile, ready } = this.#server;
    if (this.#child !== undefined) throw new Error(`${name} is started already.`);
    const logStart = logSize(logFile);
    const child = await this.#spawn();
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const log = readLogFrom(logFile, logStart);
      if (this.#child !== child) throw this.#failure("ended while starting", log);
      if (await ready(log)) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw this.#failure(`was not ready after ${START_TIMEOUT_MS / 1000} s`, log);
      }
      await sleep(POLL_MS);
    }
  }

  /** Asks the server to end, and kills it when it has not after 30 s. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.resume();
    const pids = processTree(child.pid as number);
    const exited = this.#exitOf(child);
    child.kill(this.#server.stopSignal ?? "SIGTERM");
    const timeout = new AbortController();
    const inTime = await Promise.race([
      exited.then(() => true),
      sleep(STOP_TIMEOUT_MS, false, { signal: timeout.signal }).catch(() => true),
    ]);
    timeout.abort();
    if (inTime) await allGone(pids);
    else await this.kill();
  }

  /** Ends the server and what it has started with SIGKILL, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const exited = this.#exitOf(child);
    const pids = processTree(child.pid);
    for (const pid of pids) signal(pid, "SIGKILL");
    await exited;
    await allGone(pids);
  }

  /** Freezes the server (SIGSTOP): connections stay open, nothing answers. */
  pause(): void {
    if (this.#child?.pid === undefined) throw new Error(`${this.#server.name} does not run.`);
    this.#frozen = processTree(this.#child.pid);
    for (const pid of this.#frozen) signal(pid, "SIGSTOP");
  }

  /** Lets a frozen server go on. */
  resume(): void {
    for (const pid of this.#frozen) signal(pid, "SIGCONT");
    this.#frozen = [];
  }

  /** Lets the server run on when this process ends. */
  letGo(): void {
    if (this.pid !== undefined) noLongerOurs(this.pid);
  }

  async #spawn(): Promise<ChildProcess> {
    const { command, args, cwd, env, user, logFile } = this.#server;
    const log = openSync(logFile, "a");
    // detached: in a session of its own, so that a Ctrl-C on the terminal
    // reaches only us, and we end the servers in order.
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      ...user,
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    if (child.pid !== undefined) endWithUs(child.pid);
    try {
      await once(child, "spawn");
    } catch (cause) {
      throw new Error(`${this.#server.name}: cannot run ${command}`, { cause });
    }
    const pid = child.pid as number; // known once "spawn" was emitted
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
      this.#frozen = [];
      noLongerOurs(pid);
    });
    // A running server keeps nobody alive; see `endWithUs`.
    child.unref();
    return child;
  }

  async #exitOf(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    await once(child, "exit");
  }

  #failure(what: string, log: string): Error {
    const { name, logFile } = this.#server;
    return new Error(`${name} ${what}. The end of its log, ${logFile}:\n${tail(log)}`);
  }
}

/**
 * Waits for processes that were told to end. A server started again while one
 * of its former processes still ends would find its port or data folder locked.
 */
async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await sleep(POLL_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It may have ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
