import type { Logger } from "@millrace/connect-api";

/** The greater, the more urgent. */
export const SEVERITIES = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const;

export type LogLevel = keyof typeof SEVERITIES;

/** Whom a line is about. */
export interface LogContext {
  /** Java's `connector.context`: `connector|task-0` or `connector|worker`. */
  readonly context: string;
  /** Undefined for what concerns the worker as a whole. */
  readonly connector?: string;
  readonly task?: number;
}

export const WORKER_CONTEXT: LogContext = { context: "worker" };

/** Of a connector, or of one of its tasks. */
export function unitContext(connector: string, task?: number): LogContext {
  return task === undefined
    ? { context: `${connector}|worker`, connector }
    : { context: `${connector}|task-${task}`, connector, task };
}

/** A log line on its way to the main thread, which alone writes. */
export interface LogEntry extends LogContext {
  readonly level: LogLevel;
  readonly message: string;
  readonly timeMs: number;
  /** Who speaks, as Java's logger names: a plugin's class, or a part of the runtime. */
  readonly logger: string;
  /** Host and port of the worker that writes it, where they are known. */
  readonly worker?: string;
  /** Plain data that can be sent between threads. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A plugin's logger: its lines carry their context and go to `write`.
 * @param passes whether somebody wants lines of such a severity at all: others are not made
 */
export function unitLogger(
  context: LogContext,
  logger: string,
  write: (entry: LogEntry) => void,
  passes: (severity: number) => boolean = () => true,
): Logger {
  const at = (level: LogLevel) => (message: string, details?: object) => {
    if (!passes(SEVERITIES[level])) return;
    write({ ...context, level, message, timeMs: Date.now(), logger, details: plain(details) });
  };
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

/** Errors and objects with methods become text: only plain values survive the way between threads. */
function plain(details: object | undefined): Readonly<Record<string, unknown>> | undefined {
  if (details === undefined) return undefined;
  if (details instanceof Error) return { error: details.stack ?? details.message };
  return Object.fromEntries(
    Object.entries(details).map(([key, value]: [string, unknown]) => [key, plainValue(value)]),
  );
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" || typeof value === "symbol" ? String(value) : value;
  }
  // toString of a Password is hidden (I5); JSON of the rest asks toJSON likewise.
  return JSON.parse(
    JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v)) ?? "null",
  );
}
