import { execFile } from "node:child_process";
import { promisify } from "node:util";

const MOST_OUTPUT = 256 * 2 ** 20;

/**
 * Runs a command to its end.
 * @returns what it printed to standard output
 * @throws Error with all it printed when it ends with another code than 0
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  try {
    const options = { cwd, env, maxBuffer: MOST_OUTPUT };
    return (await promisify(execFile)(command, args, options)).stdout;
  } catch (error) {
    const { message, stdout = "" } = error as Error & { stdout?: string };
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
}
