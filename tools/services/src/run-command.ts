import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** What the command does, for the error, since arguments may hold secrets. */
  readonly what: string;
  /** Called with every line of stdout. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a command to its end and gives what it wrote to stdout and stderr
 * together.
 *
 * @throws Error with the end of that output when the command is missing or
 *   exits with another code than 0.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { what, onLine, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  if (onLine !== undefined) createInterface({ input: child.stdout }).on("line", onLine);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`${what}: cannot run ${command}`, { cause })));
    child.once("close", resolve);
  });
  if (code !== 0) {
    const end = output.trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`${what}: ${command} ended with code ${code}:\n${end}`);
  }
  return output;
}
