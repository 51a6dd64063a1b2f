import { ConnectError, type Logger } from "@millrace/connect-api";
import {
  type DeliveryPart,
  type FetchedRecords,
  isKafkaError,
  type Isolation,
  type KafkaClient,
  type KafkaError,
  Producer,
  type ProducerOptions,
  TopicLog,
} from "@millrace/kafka-client";
import { ensureInternalTopic, type InternalTopic, named } from "./internal-topics.ts";

/** A record of a store's topic; null values are tombstones. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970, -1 unknown. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface LogWrite {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export interface CompactedLogOptions {
  /** Shared with the rest of the worker; the log does not close it. */
  readonly client: KafkaClient;
  readonly topic: InternalTopic;
  readonly logger: Logger;
  /** Called for each record in the order of its partition, one's own included. Buffers are views: copy what is kept. */
  readonly onRecord: (record: LogRecord) => void;
  /** `read_committed` where a transactional producer writes into the topic. */
  readonly isolation?: Isolation | undefined;
  /** Settings of the worker's own for the producer. */
  readonly producer?: ProducerOptions | undefined;
}

/**
 * A compacted topic as a store: appends records, and reads everything that anybody appends
 * (Java: `KafkaBasedLog`).
 *
 * The producer never gives up a record, and keeps the order of a partition. Unlike Java's it is
 * idempotent: a request that a hanging broker finds on a closed connection, long after it was
 * repeated, is recognised and does not bring an old value back.
 */
export class CompactedLog {
  readonly topic: string;
  readonly #options: CompactedLogOptions;
  readonly #log: TopicLog;
  readonly #producer: Producer;

  constructor(options: CompactedLogOptions) {
    const { client, topic, isolation, producer } = options;
    this.topic = topic.name;
    this.#options = options;
    this.#producer = new Producer(client, { deliveryTimeoutMs: 2 ** 31 - 1, ...producer });
    // The topic was looked for, or made, before.
    this.#log = new TopicLog(
      client,
      topic.name,
      (records) => this.#take(records),
      isolation === undefined ? {} : { isolation },
    );
  }

  /**
   * Makes the topic where it is missing, checks it, and resolves when everything in it was taken.
   * @throws {ConnectError} naming worker key, topic and remedy; the signal's reason
   */
  async start(signal?: AbortSignal): Promise<void> {
    const { client, topic, logger } = this.#options;
    await ensureInternalTopic(client, topic, logger, signal);
    await this.#reading(this.#log.start(signal), signal);
  }

  /**
   * Resolves when everything that is in the topic now was taken.
   * @throws {ConnectError} naming worker key and topic; the signal's reason
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#reading(this.#log.readToEnd(signal), signal);
  }

  /**
   * As {@link refresh}, and waits for transactions that are open now: they may hide what was committed
   * behind their first record.
   * @throws {ConnectError} naming worker key and topic; the signal's reason
   */
  async refreshPastOpenTransactions(signal?: AbortSignal): Promise<void> {
    await this.#reading(this.#log.readToStableEnd(signal), signal);
  }

  async #reading(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    try {
      await done;
    } catch (error) {
      if (!isKafkaError(error) || error === signal?.reason) throw error;
      throw new ConnectError(
        `${named(this.#options.topic)} could not be read to its end: ${error.message}`,
        { cause: error },
      );
    }
  }

  /** Waits while too much is unacknowledged. @throws the signal's reason */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#producer.ready(signal);
  }

  /**
   * Appends records, each partition's in order. They are on their way when this returns, whoever
   * waits for them; those before one that can't be sent, too.
   */
  append(writes: readonly LogWrite[]): Appended {
    const group = this.#producer.group();
    let refused: unknown;
    try {
      for (const { key, value } of writes)
        group.append(this.topic, this.#producer.partition(this.topic, key), -1, key, value);
    } catch (error) {
      refused = error;
    }
    return {
      delivered: group.send().then(({ parts, error }) => ({
        parts: parts.filter((part) => part.error === undefined),
        error: (refused as KafkaError | undefined) ?? error,
      })),
    };
  }

  /** Resolves when the records of these parts were taken. @throws {KafkaError} CLOSED; the signal's reason */
  async taken(parts: readonly DeliveryPart[], signal?: AbortSignal): Promise<void> {
    await Promise.all(
      parts.map((part) =>
        // A repeated batch that the broker knew already has no offset: reading to the end covers it.
        part.baseOffset < 0
          ? this.#log.readToEnd(signal)
          : this.#log.readPast(part.partition, lastOffset(part), signal),
      ),
    );
  }

  /** @param timeoutMs what is not acknowledged by then is dropped, where it is not on its way */
  async close(timeoutMs: number): Promise<void> {
    await this.#producer.close(timeoutMs);
    await this.#log.close();
  }

  #take(records: FetchedRecords): void {
    const { onRecord, logger } = this.#options;
    for (let i = 0; i < records.length; i++) {
      const record = {
        partition: records.partition,
        offset: records.offsets[i] ?? -1,
        timestamp: records.timestamps[i] ?? -1,
        key: records.key(i),
        value: records.value(i),
      };
      try {
        onRecord(record);
      } catch (error) {
        // I7: one record that nobody foresaw must not end the reading of all others.
        logger.error(
          `Skipping a record that could not be handled: ${describe(this.topic, record)}`,
          {
            error,
          },
        );
      }
    }
  }
}

/** The offset of a part's last record. */
export function lastOffset({ baseOffset, ranges }: DeliveryPart): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) count += (ranges[i + 1] ?? 0) - (ranges[i] ?? 0);
  return baseOffset + count - 1;
}

export interface Appended {
  /** Never rejects. Parts that were written, and the first error if there was one. */
  readonly delivered: Promise<{
    readonly parts: readonly DeliveryPart[];
    readonly error: KafkaError | undefined;
  }>;
  /**
   * For who can wait no longer; where it is missing, the records can't be got back any more.
   * @returns true where it is certain that nothing of it will be written
   */
  readonly giveUp?: () => boolean;
}

/** Where a record stands, for messages: `topic-partition offset n`. */
export function describe(topic: string, { partition, offset }: LogRecord): string {
  return `${topic}-${partition} offset ${offset}`;
}
