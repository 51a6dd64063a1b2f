import {
  ConnectError,
  isPromise,
  isRetriable as isRetriableHere,
  type Logger,
  type RecordMetadata,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import {
  type Delivery as KafkaDelivery,
  isFenced,
  isRetriable,
  type ProduceGroup,
  type Producer,
} from "@millrace/kafka-client";
import { Interrupted } from "../errors/interrupted.ts";
import type { Tolerance } from "../errors/tolerance.ts";
import type { TaskCounters } from "../task/counters.ts";
import type { TaskLife } from "../task/life.ts";
import type { TaskMeasures } from "../task/measures.ts";
import { sleep } from "../task/sleep.ts";
import { until } from "../task/until.ts";
import { PartitionOffsets } from "./partition-offsets.ts";
import type { RecordAppender } from "./record-appender.ts";
import type { SourceDelivery } from "./source-delivery.ts";
import type { TransactionalOffsets } from "./transactional-offsets.ts";
import type { TransactionBoundary } from "./transaction-boundary.ts";
import { TransactionRequests } from "./transaction-requests.ts";

export interface ExactlyOnceOptions {
  readonly task: SourceTask;
  readonly producer: Pick<
    Producer,
    | "group"
    | "isFull"
    | "ready"
    | "initTransactions"
    | "beginTransaction"
    | "commitTransaction"
    | "abortTransaction"
  >;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly boundary: TransactionBoundary;
  readonly appender: Pick<RecordAppender, "append">;
  readonly offsets: Pick<TransactionalOffsets, "append" | "committed">;
  /** Whether the task is still this worker's to run, as it was started. @throws retriable errors only */
  readonly isCurrent: () => Promise<boolean>;
  readonly tolerance: Pick<Tolerance, "settled">;
  /** Whether records that are filtered out or skipped count as done, with their offsets. */
  readonly commitsFilteredOffsets: boolean;
  readonly counters: TaskCounters;
  readonly measures: Pick<TaskMeasures, "committed" | "transaction">;
  readonly life: TaskLife;
  readonly logger: Logger;
}

/** A transaction that holds more for `commitRecord` is committed before its interval is over. */
const MAX_KEPT = 100_000;
/** How long until what the brokers could not do is asked for again. */
const AGAIN_MS = 100;

/** What is written, and not committed. */
interface Transaction {
  readonly group: ProduceGroup;
  readonly offsets: PartitionOffsets;
  /** For `commitRecord`: records, and their places in the group, -1 for what is not in it. */
  readonly kept: SourceRecord[];
  readonly places: number[];
}

/**
 * Records and their offsets in the same transactions (I3, KIP-618; Java:
 * `ExactlyOnceWorkerSourceTask`): whatever happens, both are there or none. Where a transaction ends
 * is up to `transaction.boundary`.
 */
export class ExactlyOnceDelivery implements SourceDelivery {
  readonly #options: ExactlyOnceOptions;
  readonly #requests: TransactionRequests | undefined;
  #open: Transaction | undefined;
  /** Only a part of what a poll returned is in it: the task was told to stop in the midst. */
  #incomplete = false;
  #timer: NodeJS.Timeout | undefined;
  /** One transaction at a time, whoever ends it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ExactlyOnceOptions) {
    this.#options = options;
    if (options.boundary.kind === "connector") this.#requests = new TransactionRequests();
  }

  get transactionContext(): TransactionRequests | null {
    return this.#requests ?? null;
  }

  /** From here on no other instance of the task can write, and what one has left open is ended. */
  async start(): Promise<void> {
    const { producer, transactionalId, isCurrent, boundary, life } = this.#options;
    await this.#whileRetriable(
      `claim transactional id ${transactionalId}`,
      () => producer.initTransactions(),
      life.stopping,
    );
    // The worker may have lost the task before it fenced off the one that is to run now.
    let isOurs: boolean | undefined;
    await this.#whileRetriable(
      "make sure that it is still to run here",
      async () => void (isOurs = await isCurrent()),
      life.stopping,
    );
    if (isOurs !== true) {
      throw new Interrupted("The task is no longer this worker's, or was given new configurations");
    }
    if (boundary.kind !== "interval") return;
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      // Also while a poll waits: what has come is not held back by what does not come.
      void this.#inTurn(() => this.#commit())
        .catch((error: unknown) => life.fail(error))
        .finally(() => (busy = false));
    }, boundary.intervalMs);
  }

  send(records: readonly SourceRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      const { life } = this.#options;
      // Of a transaction that could not be committed by the clock nothing is left to add to.
      life.throwIfFailed();
      try {
        await this.#send(records);
      } catch (error) {
        const clear = this.#clarified(error);
        // Whatever waits for its turn must not commit what was begun.
        life.fail(clear);
        throw clear;
      }
    });
  }

  async pausing(): Promise<void> {
    if (this.#options.boundary.kind === "interval") await this.#inTurn(() => this.#commit());
  }

  async finish(failed: boolean): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    const { life, boundary } = this.#options;
    if (failed || life.failed || life.cancelled.aborted) return;
    if (this.#incomplete && boundary.kind !== "interval") return;
    // A transaction that is not ended here is aborted with the end of the producer, and read again.
    if (boundary.kind === "connector") await this.#end(this.#requests?.takeAfterBatch());
    else await this.#commit();
  }

  cancel(): void {
    clearInterval(this.#timer);
  }

  async #send(records: readonly SourceRecord[]): Promise<void> {
    const { producer, appender, counters, boundary, commitsFilteredOffsets } = this.#options;
    counters.read += records.length;
    this.#incomplete = records.length > 0;
    for (const record of records) {
      if (producer.isFull && !(await this.#roomForMore())) return;
      const transaction = (this.#open ??= await this.#begin());
      const result = appender.append(transaction.group, record);
      const fate = isPromise(result) ? await result : result;
      // What is given up is counted where it was; a dead letter is done as a record in its topic is.
      const isDone = fate === "appended" || fate === "dead-lettered" || commitsFilteredOffsets;
      if (isDone) transaction.offsets.note(record);
      if (fate === "filtered") counters.filtered++;
      this.#keep(transaction, record, fate === "appended");
      if (this.#requests !== undefined) await this.#end(this.#requests.takeAfterRecord(record));
    }
    this.#incomplete = false;
    if (this.#requests !== undefined) await this.#end(this.#requests.takeAfterBatch());
    else if (boundary.kind === "poll" || (this.#open?.kept.length ?? 0) >= MAX_KEPT)
      await this.#commit();
  }

  #keep({ group, kept, places }: Transaction, record: SourceRecord, appended: boolean): void {
    if (this.#options.task.commitRecord === undefined) return;
    kept.push(record);
    places.push(appended ? group.size - 1 : -1);
  }

  /** A pause waits for the rest of the poll. @returns false when the task is to stop or has failed */
  async #roomForMore(): Promise<boolean> {
    const { producer, life } = this.#options;
    while (producer.isFull) {
      const signal = life.callSignal();
      if (signal.aborted) return false;
      try {
        await producer.ready(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    return true;
  }

  async #begin(): Promise<Transaction> {
    const { producer } = this.#options;
    await producer.beginTransaction();
    return {
      group: producer.group(),
      offsets: new PartitionOffsets(),
      kept: [],
      places: [],
    };
  }

  async #end(end: "commit" | "abort" | undefined): Promise<void> {
    if (end === "commit") await this.#commit();
    else if (end === "abort") await this.#abort();
  }

  async #commit(): Promise<void> {
    const { producer, offsets, counters, measures, life } = this.#options;
    const transaction = this.#open;
    // What failed in the background, or was given up, must not be committed around.
    life.throwIfFailed();
    if (life.cancelled.aborted) return;
    if (transaction !== undefined) {
      const { group } = transaction;
      const begunAt = performance.now();
      const delivered = group.send();
      await this.#writeOffsets(producer.group(), transaction.offsets, offsets);
      await this.#whileRetriable("commit its transaction", () => producer.commitTransaction());
      this.#open = undefined;
      offsets.committed();
      counters.written += group.size;
      measures.committed(performance.now() - begunAt);
      measures.transaction(group.size);
      await this.#tell(transaction, await delivered);
    } else await this.#tell(undefined, { parts: [] });
  }

  /** The records are dropped; that they were read is kept: they don't come again. */
  async #abort(): Promise<void> {
    const { producer, offsets, counters, life } = this.#options;
    const transaction = this.#open;
    if (transaction === undefined) return;
    life.throwIfFailed();
    void transaction.group.send();
    await this.#whileRetriable("abort its transaction", () => producer.abortTransaction());
    this.#open = undefined;
    counters.skipped += transaction.group.size;
    await producer.beginTransaction();
    await this.#writeOffsets(producer.group(), transaction.offsets, offsets);
    await this.#whileRetriable("commit its offsets", () => producer.commitTransaction());
    offsets.committed();
    await this.#tell(transaction, { parts: [] });
  }

  async #writeOffsets(
    group: ProduceGroup,
    ends: PartitionOffsets,
    offsets: Pick<TransactionalOffsets, "append">,
  ): Promise<void> {
    const { tolerance } = this.#options;
    // Offsets pass dead letters as well: those are durable first (I1).
    await this.#whileRetriable("have its dead letters written", () => tolerance.settled());
    await this.#whileRetriable("write its offsets", () => offsets.append(group, ends));
    // That it fails is seen when the transaction is committed.
    void group.send();
  }

  /** What is committed stays so, whatever the plugin makes of it: its errors are logged, as by Java. */
  async #tell(transaction: Transaction | undefined, delivery: KafkaDelivery): Promise<void> {
    const { task, logger } = this.#options;
    try {
      if (transaction !== undefined) await this.#commitRecords(transaction, delivery);
      await task.commit?.();
    } catch (error) {
      logger.error("The task failed when it was told of a commit", { error });
    }
  }

  async #commitRecords({ kept, places }: Transaction, { parts }: KafkaDelivery): Promise<void> {
    const { task } = this.#options;
    if (task.commitRecord === undefined) return;
    const metadata = new Map<number, RecordMetadata>();
    for (const { topic, partition, baseOffset, timestampMs: timestamp, ranges } of parts) {
      let i = 0;
      for (let r = 0; r < ranges.length; r += 2) {
        for (let place = ranges[r]!; place < ranges[r + 1]!; place++) {
          const offset = baseOffset < 0 ? -1 : baseOffset + i++;
          metadata.set(place, { topic, partition, offset, timestamp });
        }
      }
    }
    for (const [i, record] of kept.entries()) {
      const told = task.commitRecord(record, metadata.get(places[i]!) ?? null);
      if (isPromise(told)) await told;
    }
  }

  /**
   * Goes on while the brokers are away, as a source has nothing better to do.
   * @param patience how long
   * @throws {Interrupted} when that is over
   * @throws {ConnectError} what may not be asked for again
   */
  async #whileRetriable(
    what: string,
    attempt: () => Promise<void>,
    patience: AbortSignal = this.#options.life.cancelled,
  ): Promise<void> {
    const { logger } = this.#options;
    for (let failures = 0; !patience.aborted; failures++) {
      try {
        await until(attempt(), patience);
        if (!patience.aborted) return;
      } catch (error) {
        if (!isRetriable(error) && !isRetriableHere(error)) throw this.#explained(what, error);
        if (failures % 100 === 0)
          logger.warn(`The task could not ${what}, and tries again`, { error });
        await sleep(AGAIN_MS, patience);
      }
    }
    throw new Interrupted(`The task was stopped before it could ${what}`);
  }

  /** Where it was fenced off, nothing else about a record matters. */
  #clarified(error: unknown): unknown {
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      if (isFenced(cause)) return this.#explained("send its records", cause);
    return error;
  }

  #explained(what: string, error: unknown): unknown {
    const { transactionalId, transactionTimeoutMs } = this.#options;
    const name = `its producer with transactional.id ${transactionalId}`;
    if (isFenced(error)) {
      return new ConnectError(
        `The task could not ${what}: ${name} was fenced off. Either another instance of the task has taken over, which is as it should be, or a transaction was open for longer than transaction.timeout.ms (${transactionTimeoutMs} ms): raise producer.override.transaction.timeout.ms, or have smaller transactions (transaction.boundary, transaction.boundary.interval.ms), and restart the task`,
        { cause: error },
      );
    }
    return new ConnectError(
      `The task could not ${what} (${name}): ${(error as Error).message}. Nothing of the transaction is written`,
      { cause: error },
    );
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
