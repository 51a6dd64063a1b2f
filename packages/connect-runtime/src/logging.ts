import type { Logger } from "@millrace/connect-api";
import { type DestinationStream, pino } from "pino";
import pretty from "pino-pretty";
import { type LogEntry, type LogLevel, unitLogger } from "./task/logger.ts";

/** Levels as operators name them, in Java's words; a line passes when its level is at least this. */
const SEVERITY = {
  ALL: 0,
  TRACE: 10,
  DEBUG: 20,
  INFO: 30,
  WARN: 40,
  ERROR: 50,
  FATAL: 60,
  OFF: 100,
} as const;

export type Level = keyof typeof SEVERITY;

export const ROOT_LOGGER = "root";

export interface LoggerLevel {
  readonly level: Level;
  /** Milliseconds since 1970 when an operator set it; null when nobody did. */
  readonly last_modified: number | null;
}

/** @returns undefined for a word that is not a level */
export function parseLevel(text: string): Level | undefined {
  const level = text.trim().toUpperCase();
  return Object.hasOwn(SEVERITY, level) ? (level as Level) : undefined;
}

/**
 * All log lines of the worker. The main thread alone writes them: lines from other
 * threads arrive here as entries. Levels are kept by logger name, dots making a hierarchy
 * as in Java.
 */
export class Logging {
  readonly #write: (entry: LogEntry) => void;
  readonly #levels = new Map<string, LoggerLevel>();
  /** Loggers that have spoken, whatever came of it. */
  readonly #known = new Set<string>();

  constructor(write: (entry: LogEntry) => void, rootLevel: Level = "INFO") {
    this.#write = write;
    this.#levels.set(ROOT_LOGGER, { level: rootLevel, last_modified: null });
  }

  /** A logger of the runtime itself. */
  logger(name: string, context = "worker"): Logger {
    return unitLogger(context, name, (entry) => this.write(entry));
  }

  /** Writes a line when its logger's level lets it. */
  write(entry: LogEntry): void {
    this.#known.add(entry.logger);
    if (SEVERITY[upper(entry.level)] >= SEVERITY[this.#effective(entry.logger).level]) {
      this.#write(entry);
    }
  }

  /** Levels by name, sorted; those that are off are left out. */
  levels(): Record<string, LoggerLevel> {
    const names = [...new Set([...this.#known, ...this.#levels.keys()])].toSorted();
    return Object.fromEntries(
      names
        .map((name) => [name, this.#effective(name)] as const)
        .filter(([, { level }]) => level !== "OFF"),
    );
  }

  /** The level of one logger; undefined for a name nobody knows. */
  level(name: string): LoggerLevel | undefined {
    const known = this.#known.has(name) || this.#levels.has(name);
    return known ? this.#effective(name) : undefined;
  }

  /**
   * Sets the level of a logger and of all known ones below it; of all for `root`.
   * @returns their names, sorted
   */
  setLevel(name: string, level: Level): string[] {
    const namespace = name.toLowerCase() === ROOT_LOGGER ? ROOT_LOGGER : name;
    const below = (other: string) =>
      namespace === ROOT_LOGGER || other === namespace || other.startsWith(`${namespace}.`);
    const changed = [...new Set([namespace, ...this.#known, ...this.#levels.keys()])]
      .filter(below)
      .toSorted();
    const setting = { level, last_modified: Date.now() };
    for (const other of changed) this.#levels.set(other, setting);
    return changed;
  }

  #effective(name: string): LoggerLevel {
    for (let at = name; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
      const own = this.#levels.get(at);
      if (own !== undefined) return at === name ? own : { ...own, last_modified: null };
    }
    return { level: this.#levels.get(ROOT_LOGGER)!.level, last_modified: null };
  }
}

function upper(level: LogLevel): Level {
  return level.toUpperCase() as Uppercase<LogLevel>;
}

/** Writes to the standard output: lines for people on a terminal, JSON for anything else. */
export function standardOutput(): (entry: LogEntry) => void {
  return writeTo(process.stdout.isTTY ? readable() : pino.destination({ dest: 1, sync: true }));
}

/** Writes entries as JSON, one per line. */
export function writeTo(destination: DestinationStream): (entry: LogEntry) => void {
  const output = pino(
    {
      level: "trace",
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return ({ level, message, timeMs, context, logger, details }) => {
    output[level]({ ...details, time: new Date(timeMs).toISOString(), logger, context }, message);
  };
}

function readable(): DestinationStream {
  return pretty({
    sync: true,
    singleLine: true,
    timestampKey: "time",
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "logger,context",
    messageFormat: "[{context}] {msg} ({logger})",
  });
}
