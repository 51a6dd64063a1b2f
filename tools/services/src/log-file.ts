import { existsSync, readFileSync, statSync } from "node:fs";

/** What was written to a log file after its first `offset` bytes. */
export function readLogFrom(file: string, offset: number): string {
  return existsSync(file) ? readFileSync(file).subarray(offset).toString("utf8") : "";
}

export function logSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** The last lines, for an error message. */
export function tail(text: string, lines = 20): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
