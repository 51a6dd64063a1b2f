import type { SourceOffset, SourcePartition } from "@millrace/connect-api";
import { offsetKey } from "./offset-json.ts";
import type { PartitionOffsets } from "./partition-offsets.ts";

interface Batch {
  readonly offsets: PartitionOffsets;
  fate: "on its way" | "acknowledged" | "failed";
}

/** Told what became of a batch, once. */
export interface BatchInFlight {
  /**
   * Everything in it is durable.
   * @throws {DataError} when an offset is not made of primitives
   */
  acknowledge(): void;
  /** Something in it never will be: nothing from it on can be committed. */
  fail(): void;
}

/**
 * What a batch on its way costs besides the producer's memory is a kilobyte, however small it is,
 * and the records kept for it. More than a broker near by ever leaves unanswered.
 */
const MAX_BATCHES = 10_000;
const MAX_KEPT_RECORDS = 100_000;

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
  #keptRecords = 0;
  #waiting: (() => void)[] = [];

  constructor(connector: string) {
    this.#connector = connector;
  }

  get size(): number {
    return this.#batches.length;
  }

  /** Too much is on its way to add more to it. */
  get isFull(): boolean {
    return this.#batches.length >= MAX_BATCHES || this.#keptRecords >= MAX_KEPT_RECORDS;
  }

  /** @param keptRecords how many records are kept until its fate is known */
  add(offsets: PartitionOffsets, keptRecords = 0): BatchInFlight {
    const batch: Batch = { offsets, fate: "on its way" };
    this.#batches.push(batch);
    this.#keptRecords += keptRecords;
    const settle = (fate: Batch["fate"]) => {
      batch.fate = fate;
      this.#keptRecords -= keptRecords;
      this.#advance();
    };
    return { acknowledge: () => settle("acknowledged"), fail: () => settle("failed") };
  }

  /** Offsets that may be committed and were not taken before, by their JSON keys. */
  takeCommittable(): Map<string, SourceOffset> {
    const taken = this.#committable;
    this.#committable = new Map();
    return taken;
  }

  /** Resolves when no batch is on its way any more whose offsets could be committed. */
  async drained(): Promise<void> {
    while (this.#batches[0]?.fate === "on its way") await this.#changed();
  }

  /** Resolves when it is not full. */
  async ready(): Promise<void> {
    while (this.isFull) await this.#changed();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #advance(): void {
    let done = 0;
    while (this.#batches[done]?.fate === "acknowledged") {
      this.#note(this.#batches[done]!.offsets);
      done++;
    }
    this.#batches.splice(0, done);
    for (const resolve of this.#waiting.splice(0)) resolve();
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
