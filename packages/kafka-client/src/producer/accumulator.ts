import { KafkaError, RecordTooLarge } from "../errors.ts";
import { compressAsync, type Codec } from "../record-batch/compression.ts";
import { OpenBatch, RecordColumns } from "../record-batch/decode.ts";
import { singleRecordBatchSize } from "../record-batch/encode.ts";
import { formatTopicPartition, type Bytes, type RecordHeader } from "../types.ts";
import { ProduceBatch } from "./batch.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { DeliverySink } from "./delivery.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { PartitionQueue } from "./partition-queue.ts";
import { advanceSequence } from "./sequences.ts";

const MIN_BUFFER = 4096;
/** The part of buffer.memory that may be kept, besides, in buffers for the next batches. */
const SPARE_PART = 4;

/** What the accumulator reports of batches. */
export interface BatchEvents {
  /** The partition's open batch takes no more records. */
  onSealed(queue: PartitionQueue): void;
  /** Compression is done. */
  onPacked(): void;
  onPackFailed(queue: PartitionQueue, batch: ProduceBatch, error: KafkaError): void;
}

/**
 * Records on their way into batches, and batches waiting to be sent. Bounded by its user, who
 * stops while `isFull`: what one record needs on top of the limit is all it can pass it by.
 */
export class Accumulator {
  readonly #options: ResolvedProducerOptions;
  readonly #topics = new Map<string, PartitionQueue[]>();
  readonly #pool: BufferPool;
  readonly #limit: number;
  /** Queues that hold anything. */
  readonly active = new Set<PartitionQueue>();
  /** Memory held by batches. */
  bufferedBytes = 0;
  readonly #events: BatchEvents;

  constructor(options: ResolvedProducerOptions, events: BatchEvents) {
    this.#options = options;
    this.#events = events;
    const { batchSize, bufferMemory, maxInFlight } = options;
    const spare = Math.floor(bufferMemory / SPARE_PART / batchSize) || 0;
    this.#pool = new BufferPool(batchSize, Math.min(maxInFlight + 3, spare));
    this.#limit = Math.max(bufferMemory, 1);
  }

  get isFull(): boolean {
    return this.bufferedBytes >= this.#limit;
  }

  queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, (queues = []));
    const queue = queues[partition];
    if (queue !== undefined) return queue;
    if (!Number.isInteger(partition) || partition < 0)
      throw new KafkaError("INVALID_PARTITIONS", `No such partition: ${topic}-${partition}`, {
        topic,
      });
    return (queues[partition] = new PartitionQueue(topic, partition, this.#options.batchSize));
  }

  /** @throws RecordTooLarge, and leaves everything as it was */
  append(
    queue: PartitionQueue,
    sink: DeliverySink,
    index: number,
    timestampMs: number,
    nowMs: number,
    key: Bytes,
    value: Bytes,
    headers: readonly RecordHeader[] | null | undefined,
  ): void {
    const { open } = queue;
    if (open?.append(sink, index, timestampMs, key, value, headers, queue.maxBatchSize) === true) {
      this.#account(open);
      return;
    }
    this.#checkSize(queue, key, value, headers);
    this.seal(queue);
    const batch = this.#openBatch(queue, nowMs);
    batch.append(sink, index, timestampMs, key, value, headers, this.#options.maxRequestSize);
    this.#account(batch);
  }

  /** Takes no more records into the open batch and puts it in line. */
  seal(queue: PartitionQueue): void {
    const batch = queue.open;
    if (batch === undefined) return;
    queue.open = undefined;
    queue.ordinal += batch.count;
    queue.lastBatchSize = batch.encoder.size;
    queue.waiting.push(batch);
    this.#pack(queue, batch);
    this.#events.onSealed(queue);
  }

  /**
   * Two batches in the place of one that the broker found too large, as Java's ProducerBatch.split.
   * They go on with its sequence numbers, so that what follows in flight still fits.
   */
  split(queue: PartitionQueue, batch: ProduceBatch, bytes: Buffer): void {
    const { topic, partition, count, createdMs } = batch;
    const source = new OpenBatch(topic, partition, bytes, 0, false);
    const records = new RecordColumns(topic, partition, source.buffer, "CreateTime", count);
    source.read(records, 0, count);
    const middle = Math.ceil(count / 2);
    for (const [from, to] of [
      [0, middle],
      [middle, count],
    ] as const) {
      const first = batch.ordinal + from;
      const half = new ProduceBatch(topic, partition, first, createdMs, this.#pool, MIN_BUFFER);
      for (let i = from; i < to; i++)
        half.encoder.append(
          records.timestamps[i]!,
          records.key(i),
          records.value(i),
          records.headers(i),
          Infinity,
        );
      batch.transferTo(half, from, to);
      half.attempts = batch.attempts;
      half.lastError = batch.lastError;
      if (batch.baseSequence >= 0) half.baseSequence = advanceSequence(batch.baseSequence, from);
      queue.reinsert(half);
      this.#pack(queue, half);
    }
    this.#forget(batch);
    batch.settled = true;
    batch.encoder.release();
  }

  /** Reports the outcome to the groups and gives the memory back. */
  settle(
    queue: PartitionQueue,
    batch: ProduceBatch,
    baseOffset: number,
    timestampMs: number,
    error?: KafkaError,
  ): void {
    this.#forget(batch);
    if (queue.isEmpty) this.active.delete(queue);
    batch.settle(baseOffset, timestampMs, error);
  }

  #openBatch(queue: PartitionQueue, nowMs: number): ProduceBatch {
    const { topic, partition, lastBatchSize, maxBatchSize } = queue;
    const guess = Math.min(Math.max(lastBatchSize * 2, MIN_BUFFER), maxBatchSize);
    const batch = new ProduceBatch(topic, partition, queue.ordinal, nowMs, this.#pool, guess);
    queue.open = batch;
    this.active.add(queue);
    return batch;
  }

  #pack(queue: PartitionQueue, batch: ProduceBatch): void {
    this.#account(batch);
    const { compression, compressionLevel } = this.#options;
    if (compression === "none") {
      batch.sealed = true;
      return;
    }
    void this.#compress(queue, batch, compression, compressionLevel);
  }

  /** Never rejects. Batches are compressed side by side, and sent in their order. */
  async #compress(
    queue: PartitionQueue,
    batch: ProduceBatch,
    codec: Exclude<Codec, "none">,
    level: number | undefined,
  ): Promise<void> {
    try {
      const packed = await compressAsync(codec, batch.encoder.records, level);
      if (batch.settled) return;
      batch.encoder.replaceRecords(packed);
      this.#account(batch);
      batch.sealed = true;
      this.#events.onPacked();
    } catch (cause) {
      if (batch.settled) return;
      const { topic, partition } = queue;
      const message = `Could not compress records with ${codec}: ${String(cause)}`;
      const error = new KafkaError("COMPRESSION_FAILED", message, { topic, partition, cause });
      this.#events.onPackFailed(queue, batch, error);
    }
  }

  #account(batch: ProduceBatch): void {
    this.bufferedBytes += batch.encoder.capacity - batch.accounted;
    batch.accounted = batch.encoder.capacity;
  }

  #forget(batch: ProduceBatch): void {
    this.bufferedBytes -= batch.accounted;
    batch.accounted = 0;
  }

  #checkSize(
    queue: PartitionQueue,
    key: Bytes,
    value: Bytes,
    headers: readonly RecordHeader[] | null | undefined,
  ): void {
    const { maxRequestSize, bufferMemory } = this.#options;
    const size = singleRecordBatchSize(key, value, headers);
    if (size <= maxRequestSize && size <= bufferMemory) return;
    const { topic, partition } = queue;
    const limits = [
      ...(size > maxRequestSize ? [`max.request.size (${maxRequestSize})`] : []),
      ...(size > bufferMemory ? [`buffer.memory (${bufferMemory})`] : []),
    ];
    throw new RecordTooLarge(
      `A record for ${formatTopicPartition(topic, partition)} takes ${size} bytes, more than ` +
        `${limits.join(" and ")}; raise that, and the topic's max.message.bytes with it`,
      { topic, partition },
    );
  }
}
