import { isConnectError } from "@millrace/connect-api";

/**
 * The trace that a FAILED status shows, in Java's shape: `class: message`, stack lines
 * that begin with a tab and `at`, and `Caused by:` for each cause. Errors of Connect go
 * by their Java names, so that clients which look for a class name find it.
 */
export function traceOf(error: unknown): string {
  if (isSuppressed(error)) {
    const closing = traceOf(error.error).trimEnd().replaceAll("\n", "\n\t");
    return `${traceOf(error.suppressed)}\tSuppressed: ${closing}\n`;
  }
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error, prefix = ""; at !== undefined && !seen.has(at); prefix = "Caused by: ") {
    seen.add(at);
    lines.push(prefix + headline(at), ...stackLines(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Why something ended. Where what it held (`await using`) could not be closed either, JavaScript throws
 * that error, with the reason behind it.
 */
export function reasonOf(error: unknown): unknown {
  return isSuppressed(error) ? reasonOf(error.suppressed) : error;
}

/** By its name: Node 22 has no class of it, and compiled code brings its own. */
function isSuppressed(error: unknown): error is Error & { error: unknown; suppressed: unknown } {
  return error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
}

/** The class that a client reads: Java's for errors of Connect, else the error's own. */
export function classNameOf(error: unknown): string {
  if (isConnectError(error)) return error.javaName;
  return error instanceof Error ? error.name : typeof error;
}

export function messageOf(error: unknown): string {
  return isConnectError(error) || error instanceof Error ? error.message : String(error);
}

function headline(error: unknown): string {
  if (!isConnectError(error) && !(error instanceof Error)) return String(error);
  return `${classNameOf(error)}: ${messageOf(error)}`;
}

function stackLines(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `\t${line.trim()}`);
}
