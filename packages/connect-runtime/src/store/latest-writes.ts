import type { Logger } from "@millrace/connect-api";
import type { CompactedLog, LogWrite } from "./compacted-log.ts";

interface Write {
  readonly record: LogWrite;
  /** Called when our own reader has taken it, when it failed, or when a later one took its place. */
  readonly onDone: () => void;
}

interface Turn {
  next: Write | undefined;
  readonly done: Promise<void>;
}

/**
 * Writes of which only the latest of each key matters: one is on its way, and of those that come
 * meanwhile the last one follows. So what the brokers can't take for hours does not pile up, and
 * nothing old is written after something newer (Java: a sequence number per key).
 */
export class LatestWrites {
  readonly #log: CompactedLog;
  readonly #logger: Logger;
  readonly #turns = new Map<string, Turn>();

  constructor(log: CompactedLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  put(key: string, record: LogWrite, onDone: () => void): void {
    const write = { record, onDone };
    const turn = this.#turns.get(key);
    if (turn !== undefined) {
      turn.next?.onDone();
      turn.next = write;
      return;
    }
    this.#turns.set(key, { next: undefined, done: this.#run(key, write) });
  }

  /** Resolves when everything that was put before is written, or has failed. */
  async flush(): Promise<void> {
    await Promise.all([...this.#turns.values()].map(({ done }) => done));
  }

  /** Never rejects. */
  async #run(key: string, first: Write): Promise<void> {
    for (let write: Write | undefined = first; write !== undefined;) {
      await this.#write(key, write);
      const turn: Turn | undefined = this.#turns.get(key);
      write = turn?.next;
      if (turn !== undefined) turn.next = undefined;
    }
    this.#turns.delete(key);
  }

  async #write(key: string, { record, onDone }: Write): Promise<void> {
    const { parts, error } = await this.#log.append([record]).delivered;
    if (error === undefined) {
      // What follows need not wait for our own reader. A log that is closed reads no more.
      this.#log.taken(parts).then(onDone, onDone);
      return;
    }
    onDone();
    this.#logger.error(
      `Could not write ${key} to the status topic ${this.#log.topic}: ${error.message}`,
    );
  }
}
