import {
  ConfigError,
  ConnectError,
  isRetriable,
  type Logger,
  type Props,
} from "@millrace/connect-api";
import type { TaskCounters } from "../task/counters.ts";
import type { ErrorMeasures } from "../task/measures.ts";
import { sleep } from "../task/sleep.ts";
import { until } from "../task/until.ts";
import type { DeadLetters } from "./dead-letter-queue.ts";
import { ErrorLog, logsErrors } from "./error-log.ts";
import type { FailedRecord } from "./failed-record.ts";
import { Interrupted } from "./interrupted.ts";
import { messageOf } from "./trace.ts";

const FIRST_DELAY_MS = 300;

/** What a failed record meets besides the connector's keys. */
export interface ToleranceOptions {
  readonly logger: Logger;
  /** Ends the waiting between retries, and with it the retries. */
  readonly signal: AbortSignal;
  readonly counters: TaskCounters;
  readonly measures: ErrorMeasures;
  /** `<connector>-<number>`, for the log. */
  readonly task: string;
  readonly deadLetters?: DeadLetters | undefined;
}

/** What became of a record that was given up. */
export type GivenUp = "skipped" | "dead-lettered";

/**
 * What a connector wants done when a single record fails: `errors.retry.timeout`,
 * `errors.tolerance`, `errors.log.enable`, dead letters (KIP-298; Java:
 * `RetryWithToleranceOperator`). Batches run without it; it takes over one record when an
 * operation on it throws.
 */
export class Tolerance {
  readonly #retryTimeoutMs: number;
  readonly #maxDelayMs: number;
  readonly #tolerateAll: boolean;
  readonly #options: ToleranceOptions;
  readonly #errorLog: ErrorLog | undefined;

  constructor(connectorProps: Props, options: ToleranceOptions) {
    this.#retryTimeoutMs = Number(connectorProps["errors.retry.timeout"] ?? 0);
    this.#maxDelayMs = Number(connectorProps["errors.retry.delay.max.ms"] ?? 60_000);
    this.#tolerateAll = toleranceOf(connectorProps) === "all";
    this.#options = options;
    this.#errorLog = logsErrors(connectorProps)
      ? new ErrorLog(options.task, connectorProps, options.logger)
      : undefined;
  }

  get toleratesAll(): boolean {
    return this.#tolerateAll;
  }

  /**
   * Repeats an operation that threw: while its errors are retriable and
   * `errors.retry.timeout` is not over.
   * @returns its result
   * @throws the last error
   */
  async retry<T>(operation: () => T | Promise<T>, firstError: unknown): Promise<T> {
    const deadline = this.#retryTimeoutMs < 0 ? Infinity : Date.now() + this.#retryTimeoutMs;
    const { measures } = this.#options;
    let error = firstError;
    for (let attempt = 0; isRetriable(error); attempt++) {
      const delayMs = Math.min(this.#delayMs(attempt), deadline - Date.now());
      if (delayMs <= 0 || this.#options.signal.aborted) break;
      await sleep(delayMs, this.#options.signal);
      measures.recordFailed();
      measures.retried();
      try {
        return await operation();
      } catch (next) {
        error = next;
      }
    }
    throw error;
  }

  /**
   * Reports a record and goes on without it, where the connector tolerates errors. Resolves
   * when there is room for the next; `settled` tells when the report is durable.
   * @throws {ConnectError} where it does not: the task fails, once the record is reported
   * @throws {Interrupted} when the task is to stop: its retries may have been cut short
   */
  async giveUp(failed: FailedRecord): Promise<GivenUp> {
    const { signal, deadLetters, counters } = this.#options;
    if (signal.aborted && failed.final !== true) {
      throw new Interrupted("The task was stopped while it worked on a record", {
        cause: failed.error,
      });
    }
    const written = this.report(failed);
    if (!this.#tolerateAll) return this.refuse(failed, written);
    if (deadLetters === undefined) {
      counters.skipped++;
      return "skipped";
    }
    this.countDeadLetter(written);
    await this.ready();
    return "dead-lettered";
  }

  /** Back-pressure: resolves when there is room for more reports, or the task is to stop. */
  async ready(): Promise<void> {
    const { deadLetters, signal } = this.#options;
    await deadLetters?.ready(signal);
  }

  /**
   * Tells whoever is to be told of a failed record: the log, the dead-letter topic. Also
   * where errors are not tolerated, as in Java: a task that is restarted tells again.
   * @returns when that is durable; rejects when it never will be
   */
  report(failed: FailedRecord): Promise<void> {
    const { deadLetters, logger, measures } = this.#options;
    measures.recordFailed();
    measures.gaveUp(this.#tolerateAll);
    if (this.#errorLog !== undefined) {
      this.#errorLog.report(failed);
      measures.errorLogged();
    }
    if (this.#tolerateAll && this.#errorLog === undefined && deadLetters === undefined) {
      // Nobody else would hear of it.
      logger.error(this.#describe(failed), { message: messageOf(failed.error) });
    }
    if (deadLetters === undefined) return Promise.resolve();
    measures.deadLetterRequested();
    const written = deadLetters.write(failed);
    written.catch(() => measures.deadLetterFailed());
    return written;
  }

  /** A record is held until its letter is durable; if that fails, it stays held (I4). */
  countDeadLetter(written: Promise<void>): void {
    const { counters } = this.#options;
    written.then(
      () => counters.deadLettered++,
      () => undefined,
    );
  }

  /** Resolves when every report so far is durable. @throws {ConnectError} when one never will be */
  async settled(): Promise<void> {
    await this.#options.deadLetters?.settled();
  }

  /**
   * Fails the task once the report of the record is written; that it could not be is told in
   * the log, for the record's own error comes first.
   * @throws {ConnectError} (rejects) with Java's words; its cause tells which record it was
   */
  async refuse(failed: FailedRecord, written: Promise<void>): Promise<never> {
    const { logger, signal } = this.#options;
    const told = written.catch((error: unknown) =>
      logger.error("A failed record was not kept", { error }),
    );
    await until(told, signal);
    const which = new ConnectError(this.#describe(failed), { cause: failed.error });
    throw new ConnectError("Tolerance exceeded in error handler", { cause: which });
  }

  #delayMs(attempt: number): number {
    const delay = FIRST_DELAY_MS * 2 ** attempt;
    return delay > this.#maxDelayMs ? Math.random() * this.#maxDelayMs : delay;
  }

  #describe({ stage, origin, className }: FailedRecord): string {
    const fate = this.#tolerateAll
      ? "is skipped (errors.tolerance=all)"
      : "fails the task (errors.tolerance=none)";
    return `Error in stage ${stage} of ${className}: the record ${origin.where} ${fate}`;
  }
}

function toleranceOf(props: Props): "none" | "all" {
  const value = (props["errors.tolerance"] ?? "none").toLowerCase();
  if (value !== "none" && value !== "all") {
    throw new ConfigError("errors.tolerance", value, "String must be one of: none, all");
  }
  return value;
}
