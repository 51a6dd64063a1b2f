import { KafkaError, RecordTooLarge, errorName, protocolError } from "../errors.ts";
import { formatTopicPartition } from "../types.ts";
import type { Accumulator } from "./accumulator.ts";
import type { ProduceBatch } from "./batch.ts";
import type { Idempotence } from "./idempotence.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import type { ProduceResult } from "./produce-api.ts";

/** A batch on its way. */
export interface Sent {
  readonly queue: PartitionQueue;
  readonly batch: ProduceBatch;
  /** The batch as it was sent. */
  readonly bytes: Buffer;
}

/** What the sender asks a transaction, if there is one. */
export interface TransactionGate {
  /** The partition is part of the transaction; if not, it will be, and the sender is woken. */
  admits(queue: PartitionQueue): boolean;
  /** Only abort is left, or under way: what failed is not to be sent again. */
  readonly givenUp: boolean;
  /** A batch failed for good: the transaction can only be aborted. */
  batchFailed(error: KafkaError): void;
}

export interface OutcomeEvents {
  onSuccess(): void;
  /** Metadata of the topic is to be loaded anew. */
  onStale(topic: string): void;
  onLeader(topic: string, partition: number, leader: number, leaderEpoch: number): void;
}

/** Codes after which the topic's metadata is loaded anew (Java: InvalidMetadataException). */
const STALE_METADATA = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_OR_FOLLOWER",
  "REPLICA_NOT_AVAILABLE",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
]);

const SEQUENCE_ERRORS = new Set(["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID"]);

/** Decides what becomes of a batch after an answer, a failure, or too long a wait. */
export class Outcomes {
  readonly #options: ResolvedProducerOptions;
  readonly #accumulator: Accumulator;
  readonly #idempotence: Idempotence | undefined;
  readonly #transaction: TransactionGate | undefined;
  readonly #events: OutcomeEvents;
  /** Set when nothing is sent any more: then failures are final. */
  stopped: KafkaError | undefined;

  constructor(
    options: ResolvedProducerOptions,
    accumulator: Accumulator,
    idempotence: Idempotence | undefined,
    transaction: TransactionGate | undefined,
    events: OutcomeEvents,
  ) {
    this.#options = options;
    this.#accumulator = accumulator;
    this.#idempotence = idempotence;
    this.#transaction = transaction;
    this.#events = events;
  }

  /** @param results undefined with acks=0: there is nothing to know */
  answered(sent: readonly Sent[], results: readonly ProduceResult[] | undefined): void {
    for (const [i, one] of sent.entries()) {
      const { queue, batch } = one;
      if (batch.settled) continue;
      queue.removeInFlight(batch);
      if (results === undefined) {
        this.#accumulator.settle(queue, batch, -1, -1);
        continue;
      }
      const { topic, partition } = queue;
      const isOurs = (r: ProduceResult) => r.partition === partition && r.topic === topic;
      // Brokers answer in the order of the request, though nothing says they must.
      const likely = results[i];
      const result = likely !== undefined && isOurs(likely) ? likely : results.find(isOurs);
      if (result === undefined) this.#retryOrFail(queue, batch, unanswered(queue));
      else if (result.errorCode === 0) this.#succeeded(queue, batch, result);
      else this.#refused(one, result);
    }
  }

  /** The connection broke, or there was no answer: the batches may or may not be written. */
  lost(sent: readonly Sent[], error: KafkaError): void {
    for (const { queue, batch } of sent) {
      if (batch.settled) continue;
      queue.removeInFlight(batch);
      this.#events.onStale(queue.topic);
      this.#retryOrFail(queue, batch, error);
    }
  }

  fail(queue: PartitionQueue, batch: ProduceBatch, error: KafkaError): void {
    this.#options.observer?.failed(batch.count);
    this.#idempotence?.noteFailed(queue, batch);
    this.#accumulator.settle(queue, batch, -1, -1, error);
    this.#transaction?.batchFailed(error);
  }

  /** Fails what the queue holds and did not send. */
  failUnsent(queue: PartitionQueue, error: KafkaError): void {
    this.#accumulator.seal(queue);
    for (const batch of queue.waiting.splice(0)) this.fail(queue, batch, error);
  }

  /** Fails what waited too long. @returns when the next batch will have */
  expire(queue: PartitionQueue, now: number): number {
    for (;;) {
      const batch = queue.waiting[0] ?? queue.open;
      if (batch === undefined) return Infinity;
      const at = batch.createdMs + this.#options.deliveryTimeoutMs;
      if (at > now) return at;
      if (batch === queue.open) this.#accumulator.seal(queue);
      queue.waiting.shift();
      this.fail(queue, batch, this.#deliveryTimeout(queue, batch));
    }
  }

  #succeeded(queue: PartitionQueue, batch: ProduceBatch, result: ProduceResult): void {
    queue.notBefore = 0;
    if (queue.sequence !== undefined) queue.sequence.confirmed = true;
    this.#events.onSuccess();
    this.#accumulator.settle(queue, batch, result.baseOffset, result.logAppendTimeMs);
  }

  #refused({ queue, batch, bytes }: Sent, result: ProduceResult): void {
    const { topic, partition } = queue;
    const code = errorName(result.errorCode);
    if (code === "DUPLICATE_SEQUENCE_NUMBER") {
      // Written by an attempt whose answer was lost; the broker no longer knows where.
      this.#succeeded(queue, batch, { ...result, baseOffset: -1, logAppendTimeMs: -1 });
      return;
    }
    const error = produceError(result);
    batch.lastError = error;
    if (code === "MESSAGE_TOO_LARGE" && batch.count > 1) {
      queue.maxBatchSize = Math.max(1024, Math.floor(batch.encoder.size / 2));
      this.#accumulator.split(queue, batch, bytes);
      return;
    }
    const { leaderId, leaderEpoch } = result;
    if (leaderId >= 0) this.#events.onLeader(topic, partition, leaderId, leaderEpoch);
    if (STALE_METADATA.has(code)) this.#events.onStale(topic);
    if (this.#idempotence !== undefined && SEQUENCE_ERRORS.has(code))
      this.#outOfSequence(queue, batch, error);
    else this.#retryOrFail(queue, batch, error);
  }

  /**
   * As Java's TransactionManager.canRetry: a batch behind one that failed is refused and comes
   * again after that; when everything before it was acknowledged, the broker lost its state of us,
   * and the sequence starts anew. In a transaction that could hide lost records, so it fails (I3).
   */
  #outOfSequence(queue: PartitionQueue, batch: ProduceBatch, error: KafkaError): void {
    if (!queue.isNext(batch)) {
      this.#retryOrFail(queue, batch, retriable(error), false);
      return;
    }
    if (this.#transaction !== undefined) {
      this.fail(queue, batch, error);
      return;
    }
    queue.gap = true;
    this.#retryOrFail(queue, batch, retriable(error));
  }

  #retryOrFail(
    queue: PartitionQueue,
    batch: ProduceBatch,
    error: KafkaError,
    backOff = true,
  ): void {
    batch.lastError = error;
    const { deliveryTimeoutMs, retries, retryBackoffMs, retryBackoffMaxMs } = this.#options;
    const now = Date.now();
    if (this.stopped !== undefined) this.fail(queue, batch, this.stopped);
    else if (now >= batch.createdMs + deliveryTimeoutMs)
      this.fail(queue, batch, this.#deliveryTimeout(queue, batch));
    else if (!error.retriable || batch.attempts > retries || this.#transaction?.givenUp === true)
      this.fail(queue, batch, error);
    else {
      const doubled = retryBackoffMs * 2 ** Math.min(batch.attempts - 1, 20);
      const delay = Math.min(retryBackoffMaxMs, doubled) * (0.8 + 0.4 * Math.random());
      if (backOff) queue.notBefore = Math.max(queue.notBefore, now + delay);
      this.#options.observer?.retried(batch.count);
      queue.reinsert(batch);
    }
  }

  #deliveryTimeout(
    { topic, partition }: PartitionQueue,
    { count, lastError }: ProduceBatch,
  ): KafkaError {
    const where = formatTopicPartition(topic, partition);
    const reason = lastError?.message ?? "the partition has no reachable leader";
    return new KafkaError(
      "DELIVERY_TIMEOUT",
      `${count} records for ${where} were not acknowledged within ` +
        `${this.#options.deliveryTimeoutMs} ms (delivery.timeout.ms): ${reason}`,
      { topic, partition, retriable: true, cause: lastError },
    );
  }
}

function retriable(error: KafkaError): KafkaError {
  const { code, message, topic, partition } = error;
  return new KafkaError(code, message, { topic, partition, retriable: true });
}

function unanswered({ topic, partition }: PartitionQueue): KafkaError {
  const where = formatTopicPartition(topic, partition);
  const message = `The broker's answer to a write says nothing about ${where}`;
  return new KafkaError("CORRUPT_RESPONSE", message, { topic, partition });
}

function produceError(result: ProduceResult): KafkaError {
  const { topic, partition, errorCode, errorMessage, recordErrors } = result;
  const detail = recordErrors.find(({ message }) => message !== null)?.message ?? errorMessage;
  const error = protocolError(errorCode, "write to", { topic, partition, serverMessage: detail });
  return error.code === "MESSAGE_TOO_LARGE"
    ? new RecordTooLarge(error.message, { topic, partition })
    : error;
}
