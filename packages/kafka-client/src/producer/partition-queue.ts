import { ProduceBatch } from "./batch.ts";
import type { SequenceState } from "./sequences.ts";

/** The batches of one partition, in the order of their records. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Takes records. */
  open: ProduceBatch | undefined;
  /** Full, or to be sent again. Ascending by ordinal. */
  readonly waiting: ProduceBatch[] = [];
  /** Sent and not answered, in the order they were sent. */
  readonly inFlight: ProduceBatch[] = [];
  /** The broker that has them. */
  inFlightAt = -1;
  /** Records appended so far. */
  ordinal = 0;
  /** Epoch milliseconds before which nothing is sent, after a failure. */
  notBefore = 0;
  /** Upper bound of a batch; shrinks when the broker finds one too large. */
  maxBatchSize: number;
  /** Size of the batch before: a good guess of what the next one will need. */
  lastBatchSize = 0;
  sequence: SequenceState | undefined;
  /** There is a gap in the sequence: it starts anew once nothing is in flight. */
  gap = false;

  constructor(topic: string, partition: number, maxBatchSize: number) {
    this.topic = topic;
    this.partition = partition;
    this.maxBatchSize = maxBatchSize;
  }

  get isEmpty(): boolean {
    return this.open === undefined && this.waiting.length === 0 && this.inFlight.length === 0;
  }

  /** Nothing before it is unacknowledged. */
  isNext(batch: ProduceBatch): boolean {
    const first = this.inFlight[0] ?? batch;
    const waiting = this.waiting[0] ?? batch;
    return first.ordinal >= batch.ordinal && waiting.ordinal >= batch.ordinal;
  }

  /** Puts a batch back in its place. */
  reinsert(batch: ProduceBatch): void {
    const at = this.waiting.findIndex(({ ordinal }) => ordinal > batch.ordinal);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, batch);
  }

  removeInFlight(batch: ProduceBatch): void {
    const at = this.inFlight.indexOf(batch);
    if (at >= 0) this.inFlight.splice(at, 1);
  }
}
