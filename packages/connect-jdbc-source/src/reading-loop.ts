import {
  ConnectError,
  isRetriable,
  RetriableError,
  type SourceRecord,
} from "@millrace/connect-api";
import { inTime, pause, type Sessions } from "@millrace/jdbc-dialects";
import type { TableReader } from "./table-reader.ts";

const FIRST_RETRY_MS = 100;

export interface ReadingLoopOptions {
  readonly readers: readonly TableReader[];
  readonly sessions: Sessions;
  /** The longest wait between two failed readings. */
  readonly maxRetryMs: number;
  /** How often in a row a reading may fail and be tried again; -1 for ever. */
  readonly retries: number;
}

/** Records, or null where a table came to its end. */
type Step = Promise<SourceRecord[] | null>;

/**
 * Reads tables one after the other, each again some time after its end (Java:
 * `TableQuerierProcessor`). It works in steps, of one batch or of finding none, and a step
 * goes on while nobody waits for it.
 */
export class ReadingLoop {
  readonly #options: ReadingLoopOptions;
  /** Ends every wait of the step under way. */
  #halt = new AbortController();
  #step: Step | undefined;
  /** Failed steps since the last good one. */
  #failures = 0;

  constructor(options: ReadingLoopOptions) {
    this.#options = options;
  }

  /**
   * The next records; null when none come in that time, or the signal aborts.
   * @throws {RetriableError} when the same call may succeed later
   * @throws {ConnectError} when it may not
   */
  async next(lingerMs: number, signal: AbortSignal): Promise<SourceRecord[] | null> {
    const deadline = Date.now() + lingerMs;
    for (;;) {
      const records = await this.#waitForStep(deadline - Date.now(), signal);
      if (records === undefined) break;
      if (records !== null) return records;
    }
    if (signal.aborted) await this.#suspend();
    return null;
  }

  /** Ends the step under way, cancelling its query. */
  async close(): Promise<void> {
    this.#halt.abort();
    await this.#options.sessions.drop();
    await this.#step?.catch(() => undefined);
    this.#step = undefined;
  }

  /**
   * Lets go of the database while the task is paused or before it stops. A reading that
   * can go on behind the last record given out is given up; one that cannot keeps its
   * place, and with it a transaction open.
   */
  async #suspend(): Promise<void> {
    const { readers, sessions } = this.#options;
    if (readers.some((reader) => reader.isReading && !reader.resumable)) return;
    this.#halt.abort();
    await sessions.drop();
    // The step may have had its records just now: they are given out already.
    const records = await this.#step?.catch(() => undefined);
    this.#step = records ? Promise.resolve(records) : undefined;
    for (const reader of readers) reader.reset();
    this.#halt = new AbortController();
    this.#failures = 0;
  }

  /** What the step under way comes to, or a new one; undefined when it takes longer. */
  async #waitForStep(ms: number, signal: AbortSignal): Promise<SourceRecord[] | null | undefined> {
    this.#step ??= this.#startStep();
    try {
      const outcome = await inTime(this.#step, ms, signal);
      if (outcome !== undefined) this.#step = undefined;
      return outcome?.value;
    } catch (error) {
      this.#step = undefined;
      throw error;
    }
  }

  #startStep(): Step {
    const step = this.#advance(this.#halt.signal);
    // Whoever waits for the step gets its error, perhaps not before the next call.
    step.catch(() => undefined);
    return step;
  }

  async #advance(halt: AbortSignal): Step {
    await pause(this.#retryDelayMs(), halt);
    const reader = this.#nextReader();
    if (!reader.isReading) await pause(reader.dueAt - Date.now(), halt);
    if (halt.aborted) throw new RetriableError("The reading was given up");
    return this.#read(reader, halt);
  }

  async #read(reader: TableReader, halt: AbortSignal): Promise<SourceRecord[] | null> {
    const { sessions } = this.#options;
    try {
      const records = await reader.next(await sessions.get(halt));
      this.#failures = 0;
      return records;
    } catch (error) {
      this.#failures += 1;
      reader.reset();
      // Other tables that are due go first.
      reader.dueAt = Date.now();
      await sessions.drop();
      throw this.#retriesLeft(error);
    }
  }

  /** The error to throw: a final one, where it was retried often enough. */
  #retriesLeft(error: unknown): unknown {
    const { retries } = this.#options;
    if (retries < 0 || this.#failures <= retries || !isRetriable(error)) return error;
    const { message } = error as Error;
    return new ConnectError(
      `${message}. It failed ${this.#failures} times in a row, more than query.retry.attempts allows`,
      { cause: error },
    );
  }

  /** A result is read to its end before the next; then comes the table that is due first. */
  #nextReader(): TableReader {
    return this.#options.readers.reduce((first, reader) => {
      if (first.isReading || reader.isReading) return reader.isReading ? reader : first;
      return reader.dueAt < first.dueAt ? reader : first;
    });
  }

  #retryDelayMs(): number {
    if (this.#failures < 2) return 0;
    const longest = Math.max(this.#options.maxRetryMs, FIRST_RETRY_MS);
    return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 2), longest);
  }
}
