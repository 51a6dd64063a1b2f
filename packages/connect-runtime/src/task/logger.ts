import type { Logger } from "@millrace/connect-api";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** A log line on its way to the main thread, which alone writes. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly timeMs: number;
  /** Java's `connector.context`: `connector|task-0` or `connector|worker`. */
  readonly context: string;
  /** Who speaks, as Java's logger names: a plugin's class, or a part of the runtime. */
  readonly logger: string;
  /** Plain data that can be sent between threads. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** A plugin's logger: its lines carry their context and go to `write`. */
export function unitLogger(
  context: string,
  logger: string,
  write: (entry: LogEntry) => void,
): Logger {
  const at = (level: LogLevel) => (message: string, details?: object) =>
    write({ level, message, timeMs: Date.now(), context, logger, details: plain(details) });
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
