import type { KafkaClient } from "../client.ts";
import { isRetriable, type KafkaError } from "../errors.ts";
import { initProducerIdV3, initProducerIdV4, initProducerIdV5 } from "../protocol.ts";
import type { ProduceBatch } from "./batch.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import { nextEpoch, SequenceState, type Identity } from "./sequences.ts";

/** Newest first. */
export const INIT_PRODUCER_ID: readonly [
  typeof initProducerIdV5.api,
  typeof initProducerIdV4.api,
  typeof initProducerIdV3.api,
] = [initProducerIdV5.api, initProducerIdV4.api, initProducerIdV3.api];

/** Stamps nothing: a producer that is not idempotent. */
export const NO_IDENTITY: Identity = { producerId: -1, epoch: -1 };

/**
 * Producer id and sequence numbers, for the idempotent producer and, with the identity that the
 * transaction coordinator gives, for the transactional one.
 */
export class Idempotence {
  readonly #client: KafkaClient;
  readonly #onIdentity: () => void;
  readonly #onFailure: (error: KafkaError) => void;
  /** Undefined while it is being asked for. */
  identity: Identity | undefined;
  /** A batch that had a sequence failed since the last look: a transactional id needs a new epoch. */
  gapSeen = false;
  #loading = false;

  constructor(client: KafkaClient, onIdentity: () => void, onFailure: (error: KafkaError) => void) {
    this.#client = client;
    this.#onIdentity = onIdentity;
    this.#onFailure = onFailure;
  }

  /** Asks any broker for a producer id. Never rejects. */
  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const answer = await this.#client.request("any", INIT_PRODUCER_ID, [null, 0, -1n, -1]);
      this.identity = { producerId: Number(answer.producerId), epoch: answer.producerEpoch };
    } catch (error) {
      // Retriable: no broker answered all the while. Whoever has something to send asks again.
      if (!isRetriable(error)) this.#onFailure(error as KafkaError);
    } finally {
      this.#loading = false;
      this.#onIdentity();
    }
  }

  /**
   * Makes the partition's sequence fit to send: begins it, or begins it anew after a gap.
   * @param transactional then only the coordinator moves the epoch on
   * @returns false while that has to wait for an identity or for what is in flight
   */
  prepare(queue: PartitionQueue, transactional: boolean): boolean {
    const { identity } = this;
    if (identity === undefined) {
      if (!transactional) void this.#load();
      return false;
    }
    const { sequence } = queue;
    const outdated = sequence === undefined || (transactional && sequence.identity !== identity);
    if (!outdated && !queue.gap) return true;
    if (queue.inFlight.length > 0) return false;
    if (!queue.gap || transactional) this.#begin(queue, identity);
    else {
      const next = sequence === undefined ? identity : nextEpoch(sequence.identity);
      if (next === undefined) {
        this.identity = undefined;
        queue.sequence = undefined;
        return this.prepare(queue, transactional);
      }
      this.#begin(queue, next);
    }
    return true;
  }

  /** The batch's numbers are missing from now on, or were used by records we know nothing about. */
  noteFailed(queue: PartitionQueue, batch: ProduceBatch): void {
    if (batch.baseSequence < 0) return;
    queue.gap = true;
    this.gapSeen = true;
  }

  #begin(queue: PartitionQueue, identity: Identity): void {
    queue.sequence = new SequenceState(identity);
    queue.gap = false;
    for (const batch of queue.waiting) batch.baseSequence = -1;
  }

  /** Gives the batch its sequence; one that was sent before keeps its own. */
  assign(queue: PartitionQueue, batch: ProduceBatch): Identity {
    if (queue.sequence === undefined) return NO_IDENTITY;
    if (batch.baseSequence < 0) batch.baseSequence = queue.sequence.assign(batch.count);
    return queue.sequence.identity;
  }
}
