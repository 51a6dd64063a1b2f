import {
  ConfigError,
  ConnectError,
  isRetriable,
  type Logger,
  type Props,
} from "@millrace/connect-api";
import { sleep } from "../task/sleep.ts";
import { Interrupted } from "./interrupted.ts";
import type { Stage } from "./stage.ts";

const FIRST_DELAY_MS = 300;

/** A record that failed and will not be delivered: where, why, and what it was. */
export interface SkippedRecord {
  readonly stage: Stage;
  readonly error: unknown;
  /** For the log: topic, partition and offset, or the source's partition and offset. */
  readonly where: string;
  /** Class of the converter, transformation or task that was at work. */
  readonly className: string;
}

/**
 * What a connector wants done when a single record fails: `errors.retry.timeout`,
 * `errors.tolerance`, `errors.log.enable` (KIP-298). Batches run without it; it takes over
 * one record when an operation on it throws.
 */
export class Tolerance {
  readonly #retryTimeoutMs: number;
  readonly #maxDelayMs: number;
  readonly #tolerateAll: boolean;
  readonly #logErrors: boolean;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  #skipped = 0;

  /** @param signal ends the waiting between retries, and with it the retries */
  constructor(connectorProps: Props, logger: Logger, signal: AbortSignal) {
    this.#retryTimeoutMs = Number(connectorProps["errors.retry.timeout"] ?? 0);
    this.#maxDelayMs = Number(connectorProps["errors.retry.delay.max.ms"] ?? 60_000);
    this.#tolerateAll = toleranceOf(connectorProps) === "all";
    this.#logErrors = connectorProps["errors.log.enable"]?.toLowerCase() === "true";
    this.#logger = logger;
    this.#signal = signal;
  }

  /** Records skipped so far (I4: none vanishes without being counted). */
  get skipped(): number {
    return this.#skipped;
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
    let error = firstError;
    for (let attempt = 0; isRetriable(error); attempt++) {
      const delayMs = Math.min(this.#delayMs(attempt), deadline - Date.now());
      if (delayMs <= 0 || this.#signal.aborted) break;
      await sleep(delayMs, this.#signal);
      try {
        return await operation();
      } catch (next) {
        error = next;
      }
    }
    throw error;
  }

  /**
   * Accepts the loss of a record, where the connector tolerates errors.
   * @throws {ConnectError} where it does not: the task fails
   * @throws {Interrupted} when the task is to stop: its retries may have been cut short
   */
  skip(record: SkippedRecord): void {
    if (this.#signal.aborted) {
      throw new Interrupted("The task was stopped while it worked on a record", {
        cause: record.error,
      });
    }
    if (this.#logErrors || this.#tolerateAll) this.#log(record);
    if (!this.#tolerateAll) {
      throw new ConnectError("Tolerance exceeded in error handler", { cause: record.error });
    }
    this.#skipped++;
  }

  #delayMs(attempt: number): number {
    const delay = FIRST_DELAY_MS * 2 ** attempt;
    return delay > this.#maxDelayMs ? Math.random() * this.#maxDelayMs : delay;
  }

  #log({ stage, error, where, className }: SkippedRecord): void {
    const fate = this.#tolerateAll
      ? "is skipped (errors.tolerance=all)"
      : "fails the task (errors.tolerance=none)";
    this.#logger.error(
      `Error in stage ${stage} of ${className}: the record ${where} ${fate}`,
      this.#logErrors
        ? { error }
        : { message: error instanceof Error ? error.message : String(error) },
    );
  }
}

/**
 * This worker writes no dead letters yet: a sink that counts on them must not lose its bad
 * records instead (I4).
 * @throws {ConfigError} when bad records would be skipped although a dead-letter topic is named
 */
export function refuseDeadLetters(connectorProps: Props): void {
  const topic = connectorProps["errors.deadletterqueue.topic.name"]?.trim();
  if (topic && toleranceOf(connectorProps) === "all") {
    throw new ConfigError(
      "errors.deadletterqueue.topic.name",
      topic,
      "dead letters are not written yet, so records would be lost; set errors.tolerance=none, or take this key away to skip bad records and log them",
    );
  }
}

function toleranceOf(props: Props): "none" | "all" {
  const value = (props["errors.tolerance"] ?? "none").toLowerCase();
  if (value !== "none" && value !== "all") {
    throw new ConfigError("errors.tolerance", value, "String must be one of: none, all");
  }
  return value;
}
