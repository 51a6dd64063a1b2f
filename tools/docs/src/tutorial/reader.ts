import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Step } from "./steps.ts";

const COMMAND_MS = 240_000;
const RETRY_MS = 90_000;

/** Follows a tutorial: writes its files, runs its commands, stays in the folder they lead to. */
export class Reader implements AsyncDisposable {
  #folder: string;
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  /** What the tutorial calls by fixed names and ports, and a test has elsewhere. */
  readonly #replacements: Readonly<Record<string, string>>;
  readonly #background: ChildProcess[] = [];
  #said = "";

  constructor(
    home: string,
    replacements: Readonly<Record<string, string>>,
    env: NodeJS.ProcessEnv,
  ) {
    this.#home = home;
    this.#folder = home;
    this.#replacements = replacements;
    this.#env = { ...process.env, ...env };
  }

  /** @throws {Error} when a command fails, or does not say what the tutorial has it say */
  async follow(step: Step): Promise<void> {
    const text = this.#replaced(step.text);
    if (step.kind === "write") return await this.#write(step.path, text);
    if (step.mode === "background") return this.#start(text);
    const expected = step.output.map((line) => this.#replaced(line));
    const deadline = Date.now() + (step.mode === "retry" ? RETRY_MS : 0);
    for (;;) {
      try {
        const output = await this.#run(text);
        const missing = expected.filter((line) => !output.includes(line));
        if (missing.length === 0) return;
        throw new Error(`${text}has said\n${output}\nand not\n${missing.join("\n")}`);
      } catch (error) {
        if (Date.now() > deadline) throw this.#explained(error as Error);
        await sleep(250);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#background) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      process.kill(-child.pid!, "SIGKILL"); // with what it has started
      await ended;
    }
  }

  async #write(path: string, text: string): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  #start(text: string): void {
    const child = spawn("bash", ["-euc", text], {
      cwd: this.#folder,
      env: this.#env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on(
        "data",
        (data: Buffer) => (this.#said = (this.#said + String(data)).slice(-20_000)),
      );
    }
    this.#background.push(child);
  }

  async #run(text: string): Promise<string> {
    const there = join(this.#home, ".folder");
    const { stdout } = await promisify(execFile)("bash", ["-euc", `${text}\npwd > '${there}'`], {
      cwd: this.#folder,
      env: this.#env,
      timeout: COMMAND_MS,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: Error & { stdout?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ""}`);
    });
    this.#folder = (await readFile(there, "utf8")).trim();
    return stdout;
  }

  #explained(error: Error): Error {
    return new Error(`${error.message}\nIn the background:\n${this.#said}`, { cause: error });
  }

  #replaced(text: string): string {
    return Object.entries(this.#replacements).reduce(
      (replaced, [from, to]) => replaced.replaceAll(from, to),
      text,
    );
  }
}
