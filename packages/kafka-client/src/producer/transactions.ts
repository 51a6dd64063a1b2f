import { Backoff, sleep } from "../backoff.ts";
import { isCoordinatorLost, type KafkaClient } from "../client.ts";
import { KafkaError, ProducerFenced, errorName, isKafkaError, protocolError } from "../errors.ts";
import {
  addOffsetsToTxnV3,
  addOffsetsToTxnV4,
  addPartitionsToTxnV3,
  endTxnV3,
  endTxnV4,
  txnOffsetCommitV3,
  txnOffsetCommitV4,
} from "../protocol.ts";
import { formatTopicPartition } from "../types.ts";
import { INIT_PRODUCER_ID, type Idempotence } from "./idempotence.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import type { TransactionGate } from "./outcome.ts";

export interface OffsetToCommit {
  topic: string;
  partition: number;
  /** Of the next record to read. */
  offset: number;
  leaderEpoch?: number;
  metadata?: string | null;
}

/** Who commits: what fences offsets of a member that is no longer in the group (KIP-447). */
export interface GroupMetadata {
  groupId: string;
  generationId: number;
  memberId: string;
  groupInstanceId: string | null;
}

type State =
  | "uninitialized"
  | "ready"
  | "in transaction"
  /** Only abort is left. */
  | "to abort"
  /** Committing or aborting; where that was interrupted it may be called again. */
  | "committing"
  | "aborting"
  /** Only close is left. */
  | "fenced";

/** Java waits so long before it asks again while the transaction before is being completed. */
const CONCURRENT_BACKOFF_MS = 20;

/**
 * The client's part of the transaction protocol (KIP-98, in the form every broker since 2.5 speaks):
 * partitions are announced to the coordinator before the first batch for them is sent.
 */
export class Transactions implements TransactionGate {
  readonly #client: KafkaClient;
  readonly #id: string;
  readonly #timeoutMs: number;
  readonly #idempotence: () => Idempotence;
  readonly #wake: () => void;
  #state: State = "uninitialized";
  #error: KafkaError | undefined;
  readonly #added = new Set<PartitionQueue>();
  readonly #wanted = new Set<PartitionQueue>();
  #adding: Promise<void> | undefined;
  #offsetsAdded = false;
  /** Told of a failure after which nothing more may be written in this transaction. */
  readonly #onAbortable: (error: KafkaError) => void;

  constructor(
    client: KafkaClient,
    options: { transactionalId: string; transactionTimeoutMs: number },
    sender: {
      idempotence: () => Idempotence;
      wake: () => void;
      onAbortable: (error: KafkaError) => void;
    },
  ) {
    this.#client = client;
    this.#id = options.transactionalId;
    this.#timeoutMs = options.transactionTimeoutMs;
    this.#idempotence = sender.idempotence;
    this.#wake = sender.wake;
    this.#onAbortable = sender.onAbortable;
  }

  get ongoing(): boolean {
    return this.#state === "in transaction" || this.#state === "to abort";
  }

  get givenUp(): boolean {
    return this.#state === "to abort" || this.#state === "aborting";
  }

  /** @throws KafkaError when a record can't be part of a transaction now */
  checkAppend(): void {
    if (this.#state !== "in transaction") this.#refuse("send records");
  }

  /**
   * Takes the transactional id over: fences its former owner, completes what that left behind.
   * @throws KafkaError; may be called again after a retriable one
   */
  async init(): Promise<void> {
    if (this.#state !== "uninitialized") this.#refuse("initTransactions");
    await this.#takeIdentity(-1n, -1);
    this.#state = "ready";
  }

  begin(): void {
    if (this.#state !== "ready") this.#refuse("beginTransaction");
    this.#state = "in transaction";
  }

  admits(queue: PartitionQueue): boolean {
    if (this.#added.has(queue)) return true;
    if (this.#state !== "in transaction") return false;
    this.#wanted.add(queue);
    this.#adding ??= this.#addPartitions().finally(() => {
      this.#adding = undefined;
      this.#wake();
    });
    return false;
  }

  batchFailed(error: KafkaError): void {
    if (this.#state === "in transaction") this.#toAbort(error);
  }

  /**
   * @param offsets of records read, to be committed with the records written (I3)
   * @throws KafkaError; after one that is not fatal only abort is left
   */
  async sendOffsets(offsets: readonly OffsetToCommit[], group: GroupMetadata): Promise<void> {
    if (this.#state !== "in transaction") this.#refuse("sendOffsetsToTransaction");
    if (offsets.length === 0) return;
    try {
      const { producerId, epoch } = this.#wireIdentity();
      const args: [string, bigint, number, string] = [this.#id, producerId, epoch, group.groupId];
      const apis = [addOffsetsToTxnV4.api, addOffsetsToTxnV3.api];
      await this.#client.request({ transactionalId: this.#id }, apis, args);
      this.#offsetsAdded = true;
      await this.#commitOffsets(offsets, group);
    } catch (error) {
      throw this.#failed(error, "add offsets to");
    }
  }

  /**
   * @param flushed resolves once every record of the transaction is acknowledged or failed
   * @throws KafkaError: retriable, call again; fatal, close; otherwise abort
   */
  async commit(flush: () => Promise<void>): Promise<void> {
    if (this.#state === "in transaction") {
      await flush();
      // A record that failed while we waited has moved us to "to abort".
      if (this.#state === "in transaction") this.#state = "committing";
    }
    if (this.#state !== "committing") this.#refuse("commitTransaction");
    await this.#end(true);
  }

  /** @param drain resolves once nothing of the transaction is on its way any more */
  async abort(drain: () => Promise<void>): Promise<void> {
    if (!this.ongoing && this.#state !== "aborting") this.#refuse("abortTransaction");
    this.#state = "aborting";
    await drain();
    await this.#adding;
    await this.#end(false);
  }

  async #end(commit: boolean): Promise<void> {
    const { producerId, epoch } = this.#wireIdentity();
    const idempotence = this.#idempotence();
    // The coordinator may refuse to end what it never heard of (INVALID_TXN_STATE).
    if (this.#added.size > 0 || this.#offsetsAdded) {
      const args: [string, bigint, number, boolean] = [this.#id, producerId, epoch, commit];
      const apis = [endTxnV4.api, endTxnV3.api];
      try {
        await this.#client.request({ transactionalId: this.#id }, apis, args);
      } catch (error) {
        throw this.#failed(error, commit ? "commit" : "abort");
      }
    }
    this.#added.clear();
    this.#wanted.clear();
    this.#offsetsAdded = false;
    this.#error = undefined;
    if (idempotence.gapSeen) await this.#takeIdentity(producerId, epoch);
    this.#state = "ready";
  }

  /** A new producer id, or the next epoch of the one given (KIP-360). */
  async #takeIdentity(producerId: bigint, epoch: number): Promise<void> {
    const idempotence = this.#idempotence();
    try {
      const answer = await this.#client.request({ transactionalId: this.#id }, INIT_PRODUCER_ID, [
        this.#id,
        this.#timeoutMs,
        producerId,
        epoch,
      ]);
      idempotence.identity = { producerId: Number(answer.producerId), epoch: answer.producerEpoch };
      idempotence.gapSeen = false;
    } catch (error) {
      throw this.#failed(error, "initialize");
    }
  }

  /** Announces all partitions wanted so far; failures end in "to abort". */
  async #addPartitions(): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#client.options;
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
    while (this.#wanted.size > 0 && this.#state === "in transaction") {
      const queues = [...this.#wanted];
      try {
        const concurrent = await this.#announce(queues);
        if (concurrent !== undefined)
          await sleep(this.#added.size === 0 ? CONCURRENT_BACKOFF_MS : backoff.nextMs());
      } catch (error) {
        const failure = this.#failed(error, "add partitions to");
        this.#toAbort(failure);
      }
    }
  }

  /** @returns an error of a partition to ask again for, if there is one. */
  async #announce(queues: PartitionQueue[]): Promise<string | undefined> {
    const { producerId, epoch } = this.#wireIdentity();
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of queues)
      topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    const target = { transactionalId: this.#id };
    const answer = await this.#client.request(
      target,
      [addPartitionsToTxnV3.api],
      [
        [
          {
            transactionalId: this.#id,
            producerId,
            producerEpoch: epoch,
            verifyOnly: false,
            topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
          },
        ],
      ],
    );
    const results = new Map<string, number>();
    for (const { name, resultsByPartition } of answer.resultsByTransaction[0]?.topicResults ?? [])
      for (const { partitionIndex, partitionErrorCode } of resultsByPartition)
        results.set(formatTopicPartition(name, partitionIndex), partitionErrorCode);
    let again: string | undefined;
    for (const queue of queues) {
      const { topic, partition } = queue;
      const code = results.get(formatTopicPartition(topic, partition)) ?? 0;
      if (code === 0) {
        this.#wanted.delete(queue);
        this.#added.add(queue);
        continue;
      }
      const error = protocolError(code, "add to the transaction", { topic, partition });
      // Not attempted because another partition of the request failed: that one tells why.
      if (error.code === "OPERATION_NOT_ATTEMPTED") again ??= error.code;
      else if (!error.retriable) throw error;
      else {
        again = error.code;
        if (isCoordinatorLost(error)) this.#client.forgetCoordinator(target);
      }
    }
    return again;
  }

  async #commitOffsets(offsets: readonly OffsetToCommit[], group: GroupMetadata): Promise<void> {
    const { apiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = this.#client.options;
    const { producerId, epoch } = this.#wireIdentity();
    const { groupId, generationId, memberId, groupInstanceId } = group;
    const deadline = Date.now() + apiTimeoutMs;
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
    const topics = byTopic(offsets);
    for (;;) {
      const answer = await this.#client.request(
        { group: groupId },
        [txnOffsetCommitV4.api, txnOffsetCommitV3.api],
        [this.#id, groupId, producerId, epoch, generationId, memberId, groupInstanceId, topics],
      );
      let retriable: KafkaError | undefined;
      for (const { name, partitions } of answer.topics)
        for (const { partitionIndex, errorCode } of partitions) {
          if (errorCode === 0) continue;
          const context = { topic: name, partition: partitionIndex };
          const error = protocolError(errorCode, "commit the offset of", context);
          if (!error.retriable) throw error;
          retriable = error;
        }
      if (retriable === undefined) return;
      if (Date.now() >= deadline) throw retriable;
      if (isCoordinatorLost(retriable)) this.#client.forgetCoordinator({ group: groupId });
      await sleep(backoff.nextMs());
    }
  }

  #wireIdentity(): { producerId: bigint; epoch: number } {
    const { identity } = this.#idempotence();
    if (identity === undefined) this.#refuse("do that");
    return { producerId: BigInt(identity.producerId), epoch: identity.epoch };
  }

  #toAbort(error: KafkaError): void {
    this.#error ??= error;
    if (this.#state !== "fenced") this.#state = "to abort";
    this.#onAbortable(error);
  }

  /** The error to throw for one that came from the coordinator, and what it does to our state. */
  #failed(thrown: unknown, attempted: string): KafkaError {
    if (!isKafkaError(thrown))
      return new KafkaError(errorName(-1), String(thrown), { cause: thrown });
    // Older brokers say INVALID_PRODUCER_EPOCH where newer ones say PRODUCER_FENCED.
    if (thrown.code === "PRODUCER_FENCED" || thrown.code === "INVALID_PRODUCER_EPOCH") {
      const error = new ProducerFenced(
        `Could not ${attempted} the transaction of ${this.#id}: ` +
          "another producer with the same transactional.id took over; close this one",
        { cause: thrown },
      );
      return this.#fence(error);
    }
    if (FATAL.has(thrown.code))
      return this.#fence(
        new KafkaError(thrown.code, thrown.message, { fatal: true, cause: thrown }),
      );
    if (this.#state === "in transaction" || (this.#state === "committing" && !thrown.retriable))
      this.#toAbort(thrown);
    return thrown;
  }

  #fence(error: KafkaError): KafkaError {
    this.#state = "fenced";
    this.#error = error;
    this.#onAbortable(error);
    return error;
  }

  #refuse(method: string): never {
    if (this.#state === "fenced" && this.#error !== undefined) throw this.#error;
    if (this.#state === "to abort")
      throw new KafkaError(
        this.#error?.code ?? "ILLEGAL_STATE",
        `Could not ${method}: the transaction of ${this.#id} failed and has to be aborted` +
          `: ${this.#error?.message ?? ""}`,
        { retriable: false, cause: this.#error },
      );
    throw new KafkaError(
      "ILLEGAL_STATE",
      `Could not ${method}: the transaction of ${this.#id} is ${this.#state}`,
    );
  }
}

const FATAL = new Set([
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_TRANSACTION_TIMEOUT",
  "INVALID_TXN_STATE",
  "UNSUPPORTED_VERSION",
]);

function byTopic(offsets: readonly OffsetToCommit[]) {
  const topics = new Map<
    string,
    {
      partitionIndex: number;
      committedOffset: bigint;
      committedLeaderEpoch: number;
      committedMetadata: string | null;
    }[]
  >();
  for (const { topic, partition, offset, leaderEpoch = -1, metadata = null } of offsets) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata,
    });
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
