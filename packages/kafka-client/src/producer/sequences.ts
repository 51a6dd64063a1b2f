/** An idempotent producer's id, as the broker gave it. */
export interface Identity {
  readonly producerId: number;
  readonly epoch: number;
}

const SEQUENCE_RANGE = 2 ** 31;

/**
 * The sequence numbers of one partition under one identity. Numbers count records, start at 0 with
 * each identity and wrap after 2^31.
 */
export class SequenceState {
  readonly identity: Identity;
  #next = 0;
  /**
   * A batch was acknowledged. Before that the broker has no state of ours and takes any number, so
   * that a second batch could overtake a first one that failed: only one is sent at a time.
   */
  confirmed = false;

  constructor(identity: Identity) {
    this.identity = identity;
  }

  /** @returns the sequence of the first of `count` records */
  assign(count: number): number {
    const first = this.#next;
    this.#next = advanceSequence(first, count);
    return first;
  }
}

export function advanceSequence(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCE_RANGE;
}

const MAX_EPOCH = 32_766;

/**
 * The identity under which a partition starts its sequence anew: the next epoch, so that the broker
 * refuses what may still come of the one before (KIP-360).
 * @returns undefined when epochs are used up and a new producer id is needed
 */
export function nextEpoch({ producerId, epoch }: Identity): Identity | undefined {
  return epoch >= MAX_EPOCH ? undefined : { producerId, epoch: epoch + 1 };
}
