import { isConnectError } from "@millrace/connect-api";

/**
 * The trace that a FAILED status shows, in Java's shape: `class: message`, stack lines
 * that begin with a tab and `at`, and `Caused by:` for each cause. Errors of Connect go
 * by their Java names, so that clients which look for a class name find it.
 */
export function traceOf(error: unknown): string {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error, prefix = ""; at !== undefined && !seen.has(at); prefix = "Caused by: ") {
    seen.add(at);
    lines.push(prefix + headline(at), ...stackLines(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return `${lines.join("\n")}\n`;
}

function headline(error: unknown): string {
  if (isConnectError(error)) return `${error.javaName}: ${error.message}`;
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return String(error);
}

function stackLines(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `\t${line.trim()}`);
}
