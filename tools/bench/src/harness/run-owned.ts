import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { endWithUs, noLongerOurs } from "@millrace/services";

const TAIL_LINES = 15;

export interface RunOptions {
  /** What it is for, as an error says it: "measuring file-source". */
  readonly what: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end, in a process group of its own that ends with this process, however
 * this process ends: what the program starts in turn is not left behind.
 * @returns what it wrote to stdout
 * @throws Error with the end of its output when it exits with another code than 0
 */
export async function runOwned(
  command: string,
  args: readonly string[],
  { what, env = process.env, cwd, onLine }: RunOptions,
): Promise<string> {
  const child = spawn(command, args, {
    env,
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) endWithUs(pid);
  const lines: string[] = [];
  let stdout = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (stream === child.stdout) stdout += `${line}\n`;
      onLine?.(line);
    });
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", (cause) =>
        reject(new Error(`${what}: cannot run ${command}`, { cause })),
      );
      child.once("close", resolve);
    });
    if (code !== 0) {
      const end = lines.slice(-TAIL_LINES).join("\n");
      throw new Error(`${what} failed (${command}, exit code ${code}):\n${end}`);
    }
    return stdout;
  } finally {
    if (pid !== undefined) noLongerOurs(pid);
  }
}
