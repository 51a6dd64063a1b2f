import { inspect } from "node:util";
import type { Logger } from "@millrace/connect-api";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly details: object | undefined;
}

/** A logger that keeps what it is told, for tests to look at. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  trace(message: string, details?: object): void {
    this.#add("trace", message, details);
  }

  debug(message: string, details?: object): void {
    this.#add("debug", message, details);
  }

  info(message: string, details?: object): void {
    this.#add("info", message, details);
  }

  warn(message: string, details?: object): void {
    this.#add("warn", message, details);
  }

  error(message: string, details?: object): void {
    this.#add("error", message, details);
  }

  /** The messages of one level, or of all. */
  messages(level?: LogLevel): string[] {
    return this.lines
      .filter((line) => level === undefined || line.level === level)
      .map((line) => line.message);
  }

  /** Everything that was logged, details included, as a log file might show it. */
  text(): string {
    return this.lines
      .map(({ level, message, details }) => {
        const shown = details === undefined ? "" : ` ${inspect(details, { depth: 8 })}`;
        return `${level} ${message}${shown}`;
      })
      .join("\n");
  }

  #add(level: LogLevel, message: string, details: object | undefined): void {
    this.lines.push({ level, message, details });
  }
}
