import { KafkaError } from "../errors.ts";
import type { ProduceObserver } from "../observers.ts";
import type { Codec } from "../record-batch/compression.ts";

export interface ProducerOptions {
  /** Java's acks: -1 all in-sync replicas, 1 the leader, 0 no answer at all. Default -1. */
  acks?: -1 | 0 | 1;
  /** No duplicates and no reordering by retries. Default: true where the other options allow it. */
  idempotent?: boolean;
  transactionalId?: string;
  /** The broker aborts a transaction that lasts longer. Default 60 000. */
  transactionTimeoutMs?: number;
  compression?: Codec;
  /** gzip 1–9, zstd -131072–22. */
  compressionLevel?: number;
  /** Upper bound of a request and of a single record. Default 1 048 576, Java's max.request.size. */
  maxRequestSize?: number;
  /**
   * Upper bound of one record batch, before compression. Default: what fits a request and a topic
   * with Kafka's defaults, 1 MiB, because batches cost per batch; Java's is 16 384. Never above
   * bufferMemory.
   */
  batchSize?: number;
  /**
   * {@link Producer.isFull} while so many bytes are held; a record that takes more is refused.
   * Default 32 MiB, Java's buffer.memory.
   */
  bufferMemory?: number;
  /**
   * How long an unfilled batch waits for more records. Default: it is sent as soon as nothing of its
   * partition is on its way, after 5 ms (Java's linger.ms) at the latest.
   */
  lingerMs?: number;
  /** From append to acknowledgement; then the records fail. Default 120 000. */
  deliveryTimeoutMs?: number;
  /** How often a batch is sent again. Default: without limit, within deliveryTimeoutMs. */
  retries?: number;
  requestTimeoutMs?: number;
  retryBackoffMs?: number;
  retryBackoffMaxMs?: number;
  /** Produce requests on their way to one broker; at most 5 when idempotent. Default 5. */
  maxInFlight?: number;
  /** The partition of a record depends on its key. False: partitioner.ignore.keys. Default true. */
  useKeys?: boolean;
  /** Is told of requests and of what becomes of records. */
  observer?: ProduceObserver | undefined;
}

type OptionalOption = "transactionalId" | "lingerMs" | "compressionLevel" | "observer";

export type ResolvedProducerOptions = Required<Omit<ProducerOptions, OptionalOption>> &
  Pick<ProducerOptions, OptionalOption>;

/** What a request takes besides its batch, roughly: header, transactional id, topic name. */
const REQUEST_OVERHEAD = 1024;
/** Kafka's default of max.request.size; a topic's max.message.bytes is no larger unless raised. */
const DEFAULT_MAX_REQUEST_SIZE = 1_048_576;
const DEFAULT_BUFFER_MEMORY = 33_554_432;

/** @throws KafkaError INVALID_CONFIG for options that contradict each other, as Java's ProducerConfig */
export function resolveProducerOptions(
  options: ProducerOptions,
  client: { requestTimeoutMs: number; retryBackoffMs: number; retryBackoffMaxMs: number },
): ResolvedProducerOptions {
  const acks = options.acks ?? -1;
  const maxInFlight = options.maxInFlight ?? 5;
  const retries = options.retries ?? Number.MAX_SAFE_INTEGER;
  const canBeIdempotent = acks === -1 && maxInFlight <= 5 && retries > 0;
  const idempotent = options.idempotent ?? canBeIdempotent;
  const transactional = options.transactionalId !== undefined;
  if (idempotent && !canBeIdempotent)
    throw invalid(
      "enable.idempotence needs acks=all, retries above 0 and max.in.flight.requests.per.connection of at most 5",
    );
  if (transactional && !idempotent)
    throw invalid("a transactional.id needs enable.idempotence=true");
  const maxRequestSize = options.maxRequestSize ?? DEFAULT_MAX_REQUEST_SIZE;
  const bufferMemory = options.bufferMemory ?? DEFAULT_BUFFER_MEMORY;
  const largest = Math.max(maxRequestSize - REQUEST_OVERHEAD, 512);
  const batchSize = options.batchSize ?? DEFAULT_MAX_REQUEST_SIZE - REQUEST_OVERHEAD;
  return {
    transactionTimeoutMs: 60_000,
    compression: "none",
    deliveryTimeoutMs: 120_000,
    useKeys: true,
    ...client,
    ...options,
    acks,
    idempotent,
    retries,
    maxInFlight,
    maxRequestSize,
    bufferMemory,
    batchSize: Math.min(batchSize, largest, bufferMemory),
  };
}

function invalid(why: string): KafkaError {
  return new KafkaError("INVALID_CONFIG", `The producer's options contradict each other: ${why}`);
}
