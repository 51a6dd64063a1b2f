import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

export interface MicroResult {
  readonly name: string;
  /** Median over many calls. */
  readonly nsPerOp: number;
  /** Absent where bytes say nothing. */
  readonly mbPerSecond?: number;
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * Measures one, in a process of its own: the shapes and compiled code that other benchmarks
 * leave behind would change what it shows, and so would the order in which they run.
 */
export async function measure(name: string, timeMs: number): Promise<MicroResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    CHILD,
    name,
    String(timeMs),
  ]);
  return JSON.parse(stdout) as MicroResult;
}
