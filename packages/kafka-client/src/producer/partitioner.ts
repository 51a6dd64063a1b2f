import type { Bytes } from "../types.ts";
import { murmur2 } from "./murmur2.ts";

/** Where Java's default partitioner puts a key, of so many partitions. */
export function partitionOfKey(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count;
}

/**
 * Java's default partitioner (KIP-794): a key decides by its hash; records without a key stay with
 * one partition of the topic until a batch of it is full or sent, then move to another.
 */
export class Partitioner {
  readonly #useKeys: boolean;
  readonly #random: () => number;
  readonly #sticky = new Map<string, number>();
  #scratch = Buffer.allocUnsafe(1024);

  constructor(useKeys: boolean, random: () => number = Math.random) {
    this.#useKeys = useKeys;
    this.#random = random;
  }

  /** @param hasLeader whether records for a partition can be sent now */
  partition(
    topic: string,
    key: Bytes,
    count: number,
    hasLeader: (partition: number) => boolean,
  ): number {
    if (key !== null && this.#useKeys) return (this.#hash(key) & 0x7fffffff) % count;
    const current = this.#sticky.get(topic);
    if (current !== undefined && current < count) return current;
    const start = Math.floor(this.#random() * count);
    let chosen = start;
    for (let i = 0; i < count; i++) {
      chosen = (start + i) % count;
      if (hasLeader(chosen)) break;
    }
    this.#sticky.set(topic, chosen);
    return chosen;
  }

  /** The partition's batch takes no more records. */
  batchDone(topic: string, partition: number): void {
    if (this.#sticky.get(topic) === partition) this.#sticky.delete(topic);
  }

  #hash(key: Uint8Array | string): number {
    if (typeof key !== "string") return murmur2(key);
    const bound = key.length * 3;
    if (bound > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(bound);
    return murmur2(this.#scratch, this.#scratch.write(key, 0));
  }
}
