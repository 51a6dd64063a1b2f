import type { SourceOffset, SourcePartition, SourceRecord } from "@millrace/connect-api";

/**
 * The last offset of each source partition in a batch. Records of one partition usually
 * share the partition object, so it is found by identity; equal partitions in different
 * objects come together when they are written, the later one last.
 */
export class PartitionOffsets {
  #partition: SourcePartition | undefined;
  #offset: SourceOffset | undefined;
  #others: Map<SourcePartition, SourceOffset> | undefined;

  get isEmpty(): boolean {
    return this.#offset === undefined;
  }

  note(record: SourceRecord): void {
    if (record.sourceOffset === null) return;
    if (record.sourcePartition !== this.#partition) this.#change(record.sourcePartition);
    this.#offset = record.sourceOffset;
  }

  *[Symbol.iterator](): Generator<[SourcePartition, SourceOffset]> {
    if (this.#others) yield* this.#others;
    if (this.#partition && this.#offset) yield [this.#partition, this.#offset];
  }

  #change(partition: SourcePartition): void {
    if (this.#partition && this.#offset) {
      this.#others ??= new Map();
      // Deleted first, so that the map stays in the order in which offsets were noted.
      this.#others.delete(this.#partition);
      this.#others.set(this.#partition, this.#offset);
    }
    this.#partition = partition;
  }
}
