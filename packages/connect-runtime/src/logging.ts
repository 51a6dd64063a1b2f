import type { Logger } from "@millrace/connect-api";
import { type DestinationStream, pino } from "pino";
import pretty from "pino-pretty";
import { Secrets } from "./config/secrets.ts";
import { LogTail } from "./feed/log-tail.ts";
import {
  type LogContext,
  type LogEntry,
  type LogLevel,
  SEVERITIES,
  unitLogger,
  WORKER_CONTEXT,
} from "./task/logger.ts";

/** Levels as operators name them, in Java's words; a line passes when its level is at least this. */
const SEVERITY = {
  ALL: 0,
  TRACE: SEVERITIES.trace,
  DEBUG: SEVERITIES.debug,
  INFO: SEVERITIES.info,
  WARN: SEVERITIES.warn,
  ERROR: SEVERITIES.error,
  FATAL: 60,
  OFF: 100,
} as const;

export type Level = keyof typeof SEVERITY;

export const ROOT_LOGGER = "root";

/** Before a connector's name: all lines about it and its tasks, whoever speaks. */
const CONNECTOR_LOGGER = "connector:";

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
 * as in Java; beyond Java, `connector:<name>` is a level for all that is about a connector, which
 * counts before those of who speaks.
 */
export class Logging {
  readonly #write: (entry: LogEntry) => void;
  /** What connectors have logged last. */
  readonly tail = new LogTail();
  readonly #levels = new Map<string, LoggerLevel>();
  /** Loggers that have spoken, whatever came of it. */
  readonly #known = new Set<string>();
  /** Of connectors, where somebody has set one. */
  readonly #connectors = new Map<string, LoggerLevel>();
  /** Connectors that lines were about. */
  readonly #knownConnectors = new Set<string>();
  /** One Int32: no logger wants lines of less severity. Threads look at it before they make one. */
  readonly floor = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  #secrets = new Secrets();
  /** Host and port, once they are known: every line bears them. */
  worker: string | undefined;

  constructor(write: (entry: LogEntry) => void, rootLevel: Level = "INFO") {
    this.#write = write;
    this.#levels.set(ROOT_LOGGER, { level: rootLevel, last_modified: null });
    this.#lowerFloor();
  }

  /** A logger of the runtime itself. */
  logger(name: string, context: LogContext = WORKER_CONTEXT): Logger {
    return unitLogger(context, name, (entry) => this.write(entry));
  }

  /** Writes a line when its logger's level lets it. */
  write(entry: LogEntry): void {
    const { connector, logger, level } = entry;
    this.#known.add(logger);
    if (connector !== undefined) this.#knownConnectors.add(connector);
    const own = connector === undefined ? undefined : this.#connectors.get(connector);
    if (SEVERITY[upper(level)] < SEVERITY[(own ?? this.#effective(logger)).level]) return;
    const message = this.#secrets.hide(entry.message);
    const details = this.#secrets.hideIn(entry.details);
    const { worker } = this;
    const shown = { ...entry, ...(worker !== undefined && { worker }), message, details };
    this.#write(shown);
    this.tail.write(shown);
  }

  /** There is a logger of this name, whatever it has to say. */
  know(logger: string): void {
    this.#known.add(logger);
  }

  /** Keeps secrets of the worker's own configuration out of all lines from now on (I5). */
  hide(secrets: Secrets): void {
    this.#secrets = secrets;
  }

  /** Levels by name, sorted; those that are off are left out. */
  levels(): Record<string, LoggerLevel> {
    const names = [...new Set([...this.#known, ...this.#levels.keys()])];
    const connectors = Array.from(
      this.#connectors,
      ([name, level]) => [loggerOf(name), level] as const,
    );
    const all = [...names.map((name) => [name, this.#effective(name)] as const), ...connectors];
    return Object.fromEntries(
      all.filter(([, { level }]) => level !== "OFF").toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** The level of one logger; undefined for a name nobody knows. */
  level(name: string): LoggerLevel | undefined {
    const connector = connectorOf(name);
    if (connector !== undefined) {
      const own = this.#connectors.get(connector);
      return own ?? (this.#knownConnectors.has(connector) ? this.#effective("") : undefined);
    }
    const namespace = namespaceOf(name);
    const known = this.#known.has(namespace) || this.#levels.has(namespace);
    return known ? this.#effective(namespace) : undefined;
  }

  /**
   * Sets the level of a logger and of all known ones below it; of all for `root`, also of
   * connectors, which have none of their own any more.
   * @returns names of those that had another level, sorted
   */
  setLevel(name: string, level: Level): string[] {
    const setting = { level, last_modified: Date.now() };
    const connector = connectorOf(name);
    const changed =
      connector === undefined
        ? this.#setLoggers(name, setting)
        : this.#setConnector(connector, setting);
    this.#lowerFloor();
    return changed;
  }

  #setConnector(connector: string, setting: LoggerLevel): string[] {
    this.#connectors.set(connector, setting);
    return [loggerOf(connector)];
  }

  #setLoggers(name: string, setting: LoggerLevel): string[] {
    const namespace = namespaceOf(name);
    const below = (other: string) =>
      namespace === ROOT_LOGGER || other === namespace || other.startsWith(`${namespace}.`);
    this.#known.add(namespace);
    const changed = [...new Set([...this.#known, ...this.#levels.keys()])]
      .filter((other) => below(other) && this.#effective(other).level !== setting.level)
      .toSorted();
    for (const other of changed) this.#levels.set(other, setting);
    if (namespace !== ROOT_LOGGER) return changed;
    const connectors = Array.from(this.#connectors.keys(), loggerOf);
    this.#connectors.clear();
    return [...changed, ...connectors].toSorted();
  }

  #lowerFloor(): void {
    const all = [...this.#levels.values(), ...this.#connectors.values()];
    const least = Math.min(...all.map(({ level }) => SEVERITY[level]));
    Atomics.store(new Int32Array(this.floor), 0, least);
  }

  #effective(name: string): LoggerLevel {
    for (let at = name; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
      const own = this.#levels.get(at);
      if (own !== undefined) return at === name ? own : { ...own, last_modified: null };
    }
    return { level: this.#levels.get(ROOT_LOGGER)!.level, last_modified: null };
  }
}

function loggerOf(connector: string): string {
  return `${CONNECTOR_LOGGER}${connector}`;
}

/** The connector that a logger's name stands for; undefined for other loggers. */
function connectorOf(name: string): string | undefined {
  return name.startsWith(CONNECTOR_LOGGER) ? name.slice(CONNECTOR_LOGGER.length) : undefined;
}

/** The root logger goes by its name in any case. */
function namespaceOf(name: string): string {
  return name.toLowerCase() === ROOT_LOGGER ? ROOT_LOGGER : name;
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
  return ({ level, message, timeMs, details, ...bindings }) => {
    output[level]({ ...details, time: new Date(timeMs).toISOString(), ...bindings }, message);
  };
}

function readable(): DestinationStream {
  return pretty({
    sync: true,
    singleLine: true,
    timestampKey: "time",
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "logger,context,connector,task,worker",
    messageFormat: "[{context}] {msg} ({logger})",
  });
}
