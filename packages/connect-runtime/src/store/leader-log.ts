import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@millrace/connect-api";
import {
  type DeliveryPart,
  isFenced,
  isKafkaError,
  type KafkaClient,
  KafkaError,
  Producer,
  type ProducerOptions,
} from "@millrace/kafka-client";
import type { Appended, CompactedLog, LogWrite } from "./compacted-log.ts";
import { endsIn } from "./ends-in.ts";

/** Java: `DistributedHerder.CONFIG_TOPIC_WRITE_PRIVILEGES_BACKOFF_MS` */
const RECLAIM_MS = 250;
const LONGEST_RETRY_MS = 5_000;
/** How often an answer is asked for again that did not come. */
const AGAIN_MS = 100;

export interface LeaderLogOptions {
  /** Shared with the rest of the worker; the log does not close it. */
  readonly client: KafkaClient;
  /** What is written here is read there. */
  readonly log: Pick<CompactedLog, "topic" | "refresh" | "taken">;
  /** `connect-cluster-<group.id>`: equal for all workers, so that a new leader fences the one before. */
  readonly transactionalId: string;
  readonly producer?: ProducerOptions | undefined;
  readonly logger: Logger;
}

type Delivered = Awaited<Appended["delivered"]>;

/** One transaction, as far as whoever waits for it may give it up. */
interface Attempt {
  /** The coordinator was asked to commit: from then on it alone knows what becomes of it. */
  committing: boolean;
  givenUp: AbortController;
}

/**
 * Writes into a log as the cluster's leader, each append in a transaction of its own (KIP-618; Java:
 * the fencable writer of `KafkaConfigBackingStore`). Who leads claims the transactional id, and
 * with that no leader before can write any more, however long it was away.
 */
export class LeaderLog {
  readonly #options: LeaderLogOptions;
  #leads: (() => boolean) | undefined;
  /** Undefined: nothing is claimed. Resolves with undefined when this worker led no more before it was. */
  #claimed: Promise<Producer | undefined> | undefined;
  /** Counts up when this worker ceases to lead: a claim of before is none any more. */
  #term = 0;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(options: LeaderLogOptions) {
    this.#options = options;
  }

  get topic(): string {
    return this.#options.log.topic;
  }

  refresh(signal?: AbortSignal): Promise<void> {
    return this.#options.log.refresh(signal);
  }

  taken(parts: readonly DeliveryPart[], signal?: AbortSignal): Promise<void> {
    return this.#options.log.taken(parts, signal);
  }

  /**
   * Told after each rebalance. Who begins to lead fences off the leader before and reads what that
   * has written.
   * @param leads whether this worker leads the cluster now; undefined: it does not
   */
  lead(leads: (() => boolean) | undefined): void {
    this.#leads = leads;
    if (leads !== undefined) this.#claimed ??= this.#claim();
    else this.#release();
  }

  /** Appends follow one another; each is there as a whole or not at all. */
  append(writes: readonly LogWrite[]): Appended {
    const attempt: Attempt = { committing: false, givenUp: new AbortController() };
    const delivered = this.#last.then(() => this.#write(writes, attempt));
    this.#last = delivered;
    return {
      delivered,
      giveUp: () => {
        attempt.givenUp.abort();
        return !attempt.committing;
      },
    };
  }

  /** Aborts what is open. */
  async close(timeoutMs: number): Promise<void> {
    this.#leads = undefined;
    this.#term++;
    this.#closed.abort();
    const claimed = this.#claimed;
    this.#claimed = undefined;
    const closing = claimed?.then((producer) => producer?.close(timeoutMs));
    // A claim that no broker answers ends with the client.
    const late = sleep(2 * timeoutMs, undefined, { ref: false });
    await Promise.race([closing, late]);
  }

  #release(): void {
    const claimed = this.#claimed;
    this.#claimed = undefined;
    this.#term++;
    // What was begun is ended first.
    this.#last = this.#last.then(async () => (await claimed)?.close(0));
  }

  async #claim(): Promise<Producer | undefined> {
    const { client, producer: options, transactionalId, log, logger } = this.#options;
    const term = this.#term;
    const wanted = () => term === this.#term && this.#leads?.() === true;
    for (let failures = 0; wanted(); failures++) {
      const producer = new Producer(client, {
        deliveryTimeoutMs: 2 ** 31 - 1,
        ...options,
        transactionalId,
      });
      try {
        await producer.initTransactions();
        await log.refresh(this.#closed.signal);
        logger.info(
          `This worker, which leads, alone writes ${log.topic} now (transactional id ${transactionalId})`,
        );
        return producer;
      } catch (error) {
        await producer.close(0);
        if (!wanted()) break;
        const pauseMs = Math.min(RECLAIM_MS * 2 ** failures, LONGEST_RETRY_MS);
        logger.warn(
          `This worker leads, but cannot write ${log.topic} yet (transactional id ${transactionalId}); trying again in ${pauseMs} ms`,
          { error },
        );
        await this.#pause(pauseMs);
      }
    }
    if (term === this.#term) this.#claimed = undefined;
    return undefined;
  }

  /** Never rejects. */
  async #write(writes: readonly LogWrite[], attempt: Attempt): Promise<Delivered> {
    const producer = await this.#claimed;
    if (attempt.givenUp.signal.aborted) return nothing(givenUp());
    if (producer === undefined) {
      const why = `this worker may not write ${this.topic}, as it does not lead the cluster`;
      return nothing(new KafkaError("ILLEGAL_STATE", why));
    }
    let parts: readonly DeliveryPart[] = [];
    try {
      await producer.beginTransaction();
      parts = await this.#send(producer, writes, attempt.givenUp.signal);
      attempt.committing = true;
    } catch (error) {
      await this.#abort(producer, error);
      return nothing(this.#explained(error));
    }
    try {
      await this.#commit(producer);
      return { parts, error: undefined };
    } catch (error) {
      // The broker may have committed before it refused: the answer of an earlier try is lost.
      await this.#abort(producer, error);
      return { parts, error: this.#explained(error) };
    }
  }

  async #send(producer: Producer, writes: readonly LogWrite[], givenUp: AbortSignal) {
    const group = producer.group();
    for (const { key, value } of writes)
      group.append(this.topic, producer.partition(this.topic, key), -1, key, value);
    const { parts, error } = await endsIn(givenUp, group.send());
    if (error !== undefined) throw error;
    return parts;
  }

  async #commit(producer: Producer): Promise<void> {
    for (;;) {
      try {
        return await producer.commitTransaction();
      } catch (error) {
        if (!isKafkaError(error) || !error.retriable || this.#closed.signal.aborted) throw error;
        await this.#pause(AGAIN_MS);
      }
    }
  }

  /** A producer that cannot abort is given up; the next one ends what it has left open. */
  async #abort(producer: Producer, reason: unknown): Promise<void> {
    const { logger, transactionalId } = this.#options;
    if (isFenced(reason)) {
      logger.warn(
        `Another worker has taken over writing ${this.topic} (transactional id ${transactionalId}), as a new leader does; claiming it again in ${RECLAIM_MS} ms if this worker still leads`,
      );
      return this.#replace(producer);
    }
    try {
      await producer.abortTransaction();
    } catch (error) {
      logger.warn(`A transaction of ${transactionalId} could not be aborted`, { error });
      await this.#replace(producer);
    }
  }

  async #replace(producer: Producer): Promise<void> {
    // Undefined, or a later one's, where this worker has ceased to lead meanwhile.
    if (this.#claimed !== undefined && (await this.#claimed) === producer)
      this.#claimed = this.#pause(RECLAIM_MS).then(() => this.#claim());
    await producer.close(0);
  }

  #explained(error: unknown): KafkaError {
    if (isFenced(error)) {
      const why = `another worker leads the cluster and has fenced this one off from ${this.topic}; send the request again`;
      return new KafkaError("PRODUCER_FENCED", why, { retriable: false, cause: error });
    }
    if (isKafkaError(error)) return error;
    return new KafkaError("UNKNOWN_SERVER_ERROR", String(error), { cause: error });
  }

  async #pause(ms: number): Promise<void> {
    // Ends early, and quietly, when the log is closed.
    await sleep(ms, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }
}

function nothing(error: KafkaError): Delivered {
  return { parts: [], error };
}

function givenUp(): KafkaError {
  return new KafkaError("TRANSACTION_ABORTED", "the time for it was over before its turn came");
}
