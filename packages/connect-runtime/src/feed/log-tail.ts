import type { LogEntry } from "../task/logger.ts";
import { Feed } from "./feed.ts";

const LINES_PER_CONNECTOR = 500;
/** Of all connectors together, in characters. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const LONGEST_MESSAGE = 8_000;

/** A line of a connector's log, as REST shows it. */
export interface LogLine {
  readonly time: string;
  readonly level: LogEntry["level"];
  /** Absent: of the connector itself. */
  readonly task?: number;
  readonly logger: string;
  readonly message: string;
  readonly details?: LogEntry["details"];
}

/** The last lines that connectors have logged in this worker. They are as the log has them: without secrets. */
export class LogTail {
  readonly #feeds = new Map<string, Feed<LogLine>>();
  readonly #sizes = new Map<string, number>();
  readonly #mostCharacters: number;
  #characters = 0;

  constructor(mostCharacters = MOST_CHARACTERS) {
    this.#mostCharacters = mostCharacters;
  }

  /** Of a connector; lines of others are left. */
  write(entry: LogEntry): void {
    const { connector } = entry;
    if (connector === undefined) return;
    const line = lineOf(entry);
    const feed = this.feed(connector);
    // What the feed would drop by itself has to be counted.
    if (feed.size === LINES_PER_CONNECTOR) this.#dropFirst(connector);
    this.#count(connector, sizeOf(line));
    feed.append(line);
    while (this.#characters > this.#mostCharacters) this.#dropFirst(this.#largest());
  }

  /** Of a connector that exists; where it has logged nothing, a feed without lines. */
  feed(connector: string): Feed<LogLine> {
    let feed = this.#feeds.get(connector);
    if (feed === undefined) {
      this.#feeds.set(connector, (feed = new Feed(LINES_PER_CONNECTOR)));
      this.#sizes.set(connector, 0);
    }
    return feed;
  }

  #dropFirst(connector: string): void {
    const dropped = this.#feeds.get(connector)?.dropFirst();
    if (dropped !== undefined) this.#count(connector, -sizeOf(dropped));
    this.#forgetEmpty(connector);
  }

  #forgetEmpty(connector: string): void {
    const feed = this.#feeds.get(connector);
    if (feed === undefined || feed.size > 0 || feed.listeners > 0) return;
    this.#feeds.delete(connector);
    this.#sizes.delete(connector);
  }

  #count(connector: string, characters: number): void {
    this.#characters += characters;
    this.#sizes.set(connector, (this.#sizes.get(connector) ?? 0) + characters);
  }

  #largest(): string {
    let largest = "";
    let most = -1;
    for (const [connector, size] of this.#sizes) {
      if (size > most) [largest, most] = [connector, size];
    }
    return largest;
  }
}

function lineOf({ timeMs, level, task, logger, message, details }: LogEntry): LogLine {
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)} …` : message;
  return {
    time: new Date(timeMs).toISOString(),
    level,
    ...(task !== undefined && { task }),
    logger,
    message: cut,
    ...(details && { details: cutDetails(details) }),
  };
}

/** Stacks are worth keeping, but not at any length. */
function cutDetails(details: NonNullable<LogEntry["details"]>): LogEntry["details"] {
  const text = JSON.stringify(details);
  return text.length > LONGEST_MESSAGE ? { cut: `${text.slice(0, LONGEST_MESSAGE)} …` } : details;
}

function sizeOf({ message, logger, details }: LogLine): number {
  return message.length + logger.length + (details ? JSON.stringify(details).length : 0) + 100;
}
