import type { SourceOffset, SourcePartition } from "@millrace/connect-api";
import { offsetKey } from "./offset-json.ts";
import type { PartitionOffsets } from "./partition-offsets.ts";

interface Batch {
  readonly offsets: PartitionOffsets;
  acknowledged: boolean;
}

/**
 * The batches that are on their way to Kafka, in the order they were polled. Offsets
 * become committable only as the unbroken run of acknowledged batches grows from the
 * oldest (I1; Java: `SubmittedRecords`).
 */
export class InFlight {
  readonly #connector: string;
  readonly #batches: Batch[] = [];
  /** By the partition's JSON key: equal partitions may be different objects. */
  #committable = new Map<string, SourceOffset>();
  readonly #keys = new WeakMap<SourcePartition, string>();
  #idle: (() => void)[] = [];

  constructor(connector: string) {
    this.#connector = connector;
  }

  get size(): number {
    return this.#batches.length;
  }

  /**
   * Adds a batch; call the result once everything in it is durable.
   * @returns a function that throws {DataError} when an offset is not made of primitives
   */
  add(offsets: PartitionOffsets): () => void {
    const batch: Batch = { offsets, acknowledged: false };
    this.#batches.push(batch);
    return () => {
      batch.acknowledged = true;
      this.#advance();
    };
  }

  /** Offsets that may be committed and were not taken before, by their JSON keys. */
  takeCommittable(): Map<string, SourceOffset> {
    const taken = this.#committable;
    this.#committable = new Map();
    return taken;
  }

  /** Resolves when no batch is on its way. */
  async drained(): Promise<void> {
    if (this.#batches.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #advance(): void {
    let done = 0;
    while (this.#batches[done]?.acknowledged) {
      this.#note(this.#batches[done]!.offsets);
      done++;
    }
    this.#batches.splice(0, done);
    if (this.#batches.length === 0) {
      for (const resolve of this.#idle) resolve();
      this.#idle = [];
    }
  }

  #note(offsets: PartitionOffsets): void {
    for (const [partition, offset] of offsets) {
      let key = this.#keys.get(partition);
      if (key === undefined) {
        key = offsetKey(this.#connector, partition);
        this.#keys.set(partition, key);
      }
      this.#committable.set(key, offset);
    }
  }
}
