import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, type ErrantRecordReporter, type Logger } from "@millrace/connect-api";
import { backoffMs } from "./backoff.ts";
import { Bulk } from "./bulk.ts";
import type { ElasticsearchClient } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import { describe, type Operation } from "./operation.ts";
import { describeFailure, type ItemResult, outcomeOf } from "./outcome.ts";
import { RequestError } from "../client/request-error.ts";
import { attemptsText } from "./retry.ts";
import { withoutSuperseded } from "./superseded.ts";

/** What one attempt left over. */
interface Attempt {
  readonly retry: readonly Operation[];
  /** Why, when it was the last attempt. */
  readonly why: string;
}

/**
 * Sees bulk requests through: what Elasticsearch turns away for the moment is sent again
 * after a growing, random wait, and nothing else is; a request that is too large is cut
 * in two. An operation is done when it is durable, or reported as impossible to write.
 */
export class BulkDelivery {
  readonly #client: ElasticsearchClient;
  readonly #config: Config;
  readonly #reporter: ErrantRecordReporter | null;
  readonly #logger: Logger;
  readonly #onProgress: () => void;
  readonly #stop = new AbortController();
  /** Ends the waits under way, when partitions were taken away. */
  #wake = new AbortController();
  readonly #onTheWire = new Set<Promise<unknown>>();
  #maxBytes: number;

  /** @param onProgress called after operations were done */
  constructor(
    client: ElasticsearchClient,
    config: Config,
    reporter: ErrantRecordReporter | null,
    logger: Logger,
    onProgress: () => void,
  ) {
    this.#client = client;
    this.#config = config;
    this.#reporter = reporter;
    this.#logger = logger;
    this.#onProgress = onProgress;
    this.#maxBytes = config["bulk.size.bytes"] < 0 ? Infinity : config["bulk.size.bytes"];
  }

  /** How large requests may be: bulk.size.bytes, or less where Elasticsearch took less. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /**
   * Returns when all operations are done, and those of partitions taken away are given up.
   * @throws {ConnectError} when an operation cannot be done, after the others of its request were
   */
  async deliver(operations: readonly Operation[]): Promise<void> {
    let left = operations;
    for (let attempt = 0; ; attempt++) {
      left = left.filter(({ progress }) => !progress.closed);
      if (left.length === 0 || this.#stop.signal.aborted) return;
      const { retry, why } = await this.#attempt(left);
      this.#onProgress();
      if (retry.length === 0) return;
      if (attempt === this.#config["max.retries"]) {
        throw new ConnectError(`${why}; ${attemptsText(this.#config)}`);
      }
      this.#logger.warn(`${why}; retrying ${retry.length} of ${left.length} records`);
      left = retry;
      await this.#pause(backoffMs(this.#config["retry.backoff.ms"], attempt));
    }
  }

  /**
   * Gives up what is not on the wire of partitions marked as closed, and waits for what
   * is: afterwards nothing of them reaches Elasticsearch any more.
   */
  async abandonClosed(): Promise<void> {
    this.#wake.abort();
    this.#wake = new AbortController();
    await Promise.allSettled(this.#onTheWire);
  }

  /** Ends requests and waits. */
  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async #attempt(operations: readonly Operation[]): Promise<Attempt> {
    const bulk = Bulk.of(operations);
    try {
      const items = await this.#send(bulk);
      return await this.#settle(operations, items);
    } catch (error) {
      if (this.#stop.signal.aborted) return { retry: [], why: "stopped" };
      if (!(error instanceof RequestError)) throw error;
      if (error.status === 413) return await this.#divide(bulk, error);
      if (!error.transient) throw failedFrom(error, operations);
      return { retry: operations, why: failedFrom(error, operations).message };
    }
  }

  async #send(bulk: Bulk): Promise<readonly ItemResult[]> {
    const { length } = bulk.operations;
    const request = this.#client.bulk(bulk.body(), length, this.#stop.signal);
    this.#onTheWire.add(request);
    try {
      return await request;
    } finally {
      this.#onTheWire.delete(request);
    }
  }

  async #settle(operations: readonly Operation[], items: readonly ItemResult[]): Promise<Attempt> {
    const retry: Operation[] = [];
    let why = "";
    let failure: ConnectError | undefined;
    for (const [i, operation] of operations.entries()) {
      const item = items[i] as ItemResult; // one per operation
      switch (outcomeOf(operation, item)) {
        case "done":
          operation.progress.done(operation.ticket);
          break;
        case "retry":
          retry.push(operation);
          why = describeFailure(operation, item);
          break;
        case "conflict":
          failure ??= await this.#conflict(operation, item);
          break;
        case "malformed":
          failure ??= await this.#malformed(operation, describeFailure(operation, item));
          break;
        case "fatal":
          failure ??= this.#fatal(operation, describeFailure(operation, item));
          break;
      }
    }
    if (failure !== undefined) throw failure;
    return { retry: withoutSuperseded(retry, operations, items), why };
  }

  /** @returns the error that ends the task, or undefined when the newer version stays */
  async #conflict(operation: Operation, item: ItemResult): Promise<ConnectError | undefined> {
    const behavior = this.#config["behavior.on.version.conflict"];
    // It is the next owner's to report.
    if (operation.progress.closed) return undefined;
    if (behavior !== "ignore") {
      const message = describeFailure(operation, item);
      const error = new ConnectError(
        `${message}. behavior.on.version.conflict=ignore, warn or report would let the newer version stay`,
      );
      if (behavior === "warn") this.#logger.warn(`${message}; the newer version stays`);
      else await this.#reporter?.report(operation.record, error);
      if (behavior === "fail") return error;
    }
    operation.progress.done(operation.ticket);
    return undefined;
  }

  /** @returns the error that ends the task, or undefined when the record is reported and done */
  async #malformed(operation: Operation, message: string): Promise<ConnectError | undefined> {
    // It is the next owner's to report.
    if (operation.progress.closed) return undefined;
    const behavior = this.#config["behavior.on.malformed.documents"];
    // No offset past the record is committed before its report is written (I4).
    await this.#reporter?.report(operation.record, new ConnectError(message));
    if (behavior === "fail") {
      return new ConnectError(
        `${message}. behavior.on.malformed.documents=ignore, warn or report would skip such records`,
      );
    }
    if (behavior === "warn") this.#logger.warn(`${message}; the record is skipped`);
    else this.#logger.debug(`${message}; the record is skipped`);
    operation.progress.done(operation.ticket);
    return undefined;
  }

  #fatal(operation: Operation, message: string): ConnectError | undefined {
    return operation.progress.closed ? undefined : new ConnectError(message);
  }

  /** Sends a request that was too large as two, first half first. */
  async #divide(bulk: Bulk, error: RequestError): Promise<Attempt> {
    const { operations } = bulk;
    const [only] = operations;
    if (operations.length === 1 && only !== undefined) {
      const failure = await this.#malformed(only, `${error.message} (${describe(only)})`);
      if (failure !== undefined) throw failure;
      return { retry: [], why: "" };
    }
    const half = Math.floor(bulk.bytes / 2);
    if (half < this.#maxBytes) {
      this.#maxBytes = half;
      this.#logger.warn(`${error.message}. Requests have at most ${half} bytes from now on`);
    }
    const middle = Math.ceil(operations.length / 2);
    await this.deliver(operations.slice(0, middle));
    await this.deliver(operations.slice(middle));
    return { retry: [], why: "" };
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#wake.signal });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    }
  }
}

/** The error of a request that failed as a whole, with the records it had. */
function failedFrom(error: RequestError, operations: readonly Operation[]): ConnectError {
  const [first] = operations;
  const from = first === undefined ? "" : ` (from ${describe(first)})`;
  return new ConnectError(`${error.message}${from}`, { cause: error });
}
