import { abortable } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { isFenced, KafkaError } from "./errors.ts";
import { Accumulator } from "./producer/accumulator.ts";
import { Group, type ProduceGroup } from "./producer/group.ts";
import type { DeliverySink } from "./producer/delivery.ts";
import {
  resolveProducerOptions,
  type ProducerOptions,
  type ResolvedProducerOptions,
} from "./producer/options.ts";
import { Partitioner } from "./producer/partitioner.ts";
import type { PartitionQueue } from "./producer/partition-queue.ts";
import { Sender } from "./producer/sender.ts";
import { Transactions, type GroupMetadata, type OffsetToCommit } from "./producer/transactions.ts";
import type { Bytes, RecordHeader } from "./types.ts";

/** Later than this (year 144683) a number could not hold differences of timestamps exactly. */
const MAX_TIMESTAMP = 2 ** 52;

/**
 * Writes records. A record goes into its partition's open batch at once, batches go to the leaders
 * when they are worth it, and groups are told what became of their records.
 * Not to be shared between threads; one event loop may use it from many places at once.
 */
export class Producer implements AsyncDisposable {
  readonly options: ResolvedProducerOptions;
  readonly #client: KafkaClient;
  readonly #accumulator: Accumulator;
  readonly #sender: Sender;
  readonly #transactions: Transactions | undefined;
  readonly #partitioner: Partitioner;
  readonly #append = this.#appendRecord.bind(this);
  #waiters: { isMet: () => boolean; resolve: () => void }[] = [];
  #fatal: KafkaError | undefined;
  #closing: Promise<void> | undefined;
  #queue: PartitionQueue | undefined;
  #flushers = 0;

  /** @throws KafkaError INVALID_CONFIG for options that contradict each other */
  constructor(client: KafkaClient, options: ProducerOptions = {}) {
    this.#client = client;
    const { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = client.options;
    const inherited = { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs };
    this.options = resolveProducerOptions(options, inherited);
    this.#partitioner = new Partitioner(this.options.useKeys);
    this.#accumulator = new Accumulator(this.options, {
      onSealed: ({ topic, partition }) => this.#partitioner.batchDone(topic, partition),
      onPacked: () => this.#sender.wake(),
      onPackFailed: (queue, batch, error) => this.#sender.failBatch(queue, batch, error),
    });
    const { transactionalId, transactionTimeoutMs } = this.options;
    this.#transactions =
      transactionalId === undefined
        ? undefined
        : new Transactions(
            client,
            { transactionalId, transactionTimeoutMs },
            {
              idempotence: () => this.#sender.idempotence!,
              wake: () => this.#sender.wake(),
              onAbortable: (error) => this.#sender.failUnsent(error),
            },
          );
    this.#sender = new Sender(client, this.options, this.#accumulator, this.#transactions, {
      onProgress: () => this.#wakeWaiters(),
      onFatal: (error) => this.#fail(error),
    });
  }

  /** Memory held by records that are not acknowledged. */
  get bufferedBytes(): number {
    return this.#accumulator.bufferedBytes;
  }

  /**
   * `bufferMemory` is used up. Appends are not refused then, so a caller looks before each, which
   * costs nothing, and waits ({@link ready}): memory passes the limit by one batch at most.
   */
  get isFull(): boolean {
    return this.#accumulator.isFull;
  }

  /**
   * The partition of a record: by its key as Java's default partitioner (murmur2), without a key one
   * that changes from batch to batch.
   * @throws KafkaError when the topic's metadata is not loaded ({@link KafkaClient.metadata})
   */
  partition(topic: string, key: Bytes): number {
    const metadata = this.#client.cache.use(topic);
    if (metadata === undefined || metadata.partitions.length === 0)
      throw new KafkaError(
        "UNKNOWN_TOPIC_OR_PARTITION",
        `Can't choose a partition of ${topic}: its metadata is not loaded`,
        { topic },
      );
    const { partitions } = metadata;
    return this.#partitioner.partition(topic, key, partitions.length, (partition) => {
      return (partitions[partition]?.leader ?? -1) >= 0;
    });
  }

  group(): ProduceGroup {
    return new Group(this.#append, () => this.#sender.wake());
  }

  /**
   * Back-pressure: resolves when the producer is not full. What lingers is sent meanwhile.
   * @throws the signal's reason
   */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#wait(() => !this.isFull, signal);
  }

  /** Sends what lingers; resolves when nothing appended before is unacknowledged (or failed). */
  async flush(signal?: AbortSignal): Promise<void> {
    // Batches are settled in any order across partitions: wait for those that exist now.
    const pending = [...this.#accumulator.active].map((queue) => {
      const end = queue.ordinal + (queue.open?.count ?? 0);
      return () => this.#firstUnsettled(queue) >= end;
    });
    this.#flushers++;
    this.#sender.flushing = true;
    this.#sender.wake();
    try {
      await this.#wait(() => pending.every((isMet) => isMet()), signal);
    } finally {
      this.#sender.flushing = --this.#flushers > 0;
    }
  }

  /** @throws KafkaError; may be called again after a retriable one */
  initTransactions(): Promise<void> {
    return this.#transactional().init();
  }

  async beginTransaction(): Promise<void> {
    this.#transactional().begin();
  }

  /** @throws KafkaError; after one that is not fatal only abortTransaction is left */
  sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: GroupMetadata,
  ): Promise<void> {
    return this.#transactional().sendOffsets(offsets, group);
  }

  /** @throws KafkaError: retriable: call it again; fatal: close; otherwise: abort */
  commitTransaction(): Promise<void> {
    return this.#transactional().commit(() => this.flush());
  }

  /** Drops what is not sent yet. @throws KafkaError: retriable: call it again; fatal: close */
  abortTransaction(): Promise<void> {
    return this.#transactional().abort(() => this.#drop("the transaction was aborted"));
  }

  /**
   * Waits for what was appended, at most `timeoutMs`; the rest fails with CLOSED. Aborts a transaction
   * that is neither committed nor aborted.
   * @param timeoutMs 0 drops what is unsent at once
   */
  close(timeoutMs = Infinity): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const timeout = timeoutMs <= 0 ? undefined : timeoutSignal(timeoutMs);
    const closed = new KafkaError("CLOSED", "The producer was closed before it was acknowledged");
    try {
      if (timeoutMs > 0 && this.#fatal === undefined) await this.#finish(timeout);
    } catch (error) {
      // Fenced off: whoever took over has ended the transaction that was to be aborted.
      if (timeout?.aborted !== true && !isFenced(error)) throw error;
    } finally {
      this.#fatal ??= new KafkaError("CLOSED", "The producer is closed");
      this.#sender.failUnsent(closed);
      this.#sender.stop(closed);
    }
  }

  async #finish(signal: AbortSignal | undefined): Promise<void> {
    if (this.#transactions?.ongoing === true) await abortable(this.abortTransaction(), signal);
    else await this.flush(signal);
  }

  #transactional(): Transactions {
    if (this.#fatal !== undefined) throw this.#fatal;
    if (this.#transactions === undefined)
      throw new KafkaError("ILLEGAL_STATE", "The producer has no transactional.id");
    return this.#transactions;
  }

  /** Fails what is unsent, waits for what is on its way. */
  async #drop(why: string): Promise<void> {
    this.#sender.failUnsent(
      new KafkaError("TRANSACTION_ABORTED", `The record was dropped: ${why}`),
    );
    await this.#wait(() => this.#accumulator.active.size === 0);
  }

  #firstUnsettled(queue: PartitionQueue): number {
    const first = queue.inFlight[0]?.ordinal ?? Infinity;
    return Math.min(first, queue.waiting[0]?.ordinal ?? Infinity, queue.ordinal);
  }

  #appendRecord(
    sink: DeliverySink,
    index: number,
    topic: string,
    partition: number,
    timestampMs: number,
    key: Bytes,
    value: Bytes,
    headers: readonly RecordHeader[] | null | undefined,
  ): void {
    if (this.#fatal !== undefined) throw this.#fatal;
    this.#transactions?.checkAppend();
    const sender = this.#sender;
    sender.wake();
    if (sender.clock === 0) sender.clock = Date.now();
    const now = sender.clock;
    if (timestampMs !== -1 && !(timestampMs >= 0 && timestampMs <= MAX_TIMESTAMP))
      throw new KafkaError("INVALID_TIMESTAMP", `Invalid timestamp: ${timestampMs}`, { topic });
    let queue = this.#queue;
    if (queue === undefined || queue.partition !== partition || queue.topic !== topic)
      this.#queue = queue = this.#accumulator.queue(topic, partition);
    const timestamp = timestampMs === -1 ? now : timestampMs;
    this.#accumulator.append(queue, sink, index, timestamp, now, key, value, headers);
  }

  async #wait(isMet: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (isMet()) return;
    const waiter = { isMet, resolve: () => {} };
    const met = new Promise<void>((resolve) => (waiter.resolve = resolve));
    this.#waiters.push(waiter);
    try {
      await abortable(met, signal);
    } finally {
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
    }
  }

  #wakeWaiters(): void {
    for (const { isMet, resolve } of this.#waiters) if (isMet()) resolve();
  }

  #fail(error: KafkaError): void {
    this.#fatal ??= error;
    this.#sender.failUnsent(error);
  }
}

function timeoutSignal(timeoutMs: number): AbortSignal | undefined {
  return Number.isFinite(timeoutMs) ? AbortSignal.timeout(timeoutMs) : undefined;
}
