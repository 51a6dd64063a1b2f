import { inspect } from "node:util";
import {
  ConnectError,
  type OffsetStorageReader,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";

/**
 * Source offsets in memory, with what the worker's offset topic does to them: values go
 * through JSON, so only texts, numbers, booleans and null come through, an integer is a
 * `number` when safe and a `bigint` when not, and partitions are compared by content,
 * whatever the order of their keys.
 */
export class MemoryOffsets implements OffsetStorageReader {
  readonly #stored = new Map<string, { partition: SourcePartition; offset: SourceOffset }>();

  constructor(entries: Iterable<readonly [SourcePartition, SourceOffset]> = []) {
    for (const [partition, offset] of entries) this.set(partition, offset);
  }

  async offset(partition: SourcePartition): Promise<SourceOffset | null> {
    const found = this.#stored.get(keyOf(partition));
    return found === undefined ? null : { ...found.offset };
  }

  async offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | null)[]> {
    return Promise.all(partitions.map((partition) => this.offset(partition)));
  }

  /** Stores an offset; null resets the partition. @throws {ConnectError} for a value that offsets cannot hold */
  set(partition: SourcePartition, offset: SourceOffset | null): void {
    const key = keyOf(partition);
    if (offset === null) this.#stored.delete(key);
    else this.#stored.set(key, { partition: stored(partition), offset: stored(offset) });
  }

  /** Stores the offsets of records that reached Kafka, in their order. */
  commit(
    records: Iterable<{
      readonly sourcePartition: SourcePartition;
      readonly sourceOffset: SourceOffset | null;
    }>,
  ): void {
    for (const { sourcePartition, sourceOffset } of records) {
      if (sourceOffset !== null) this.set(sourcePartition, sourceOffset);
    }
  }

  *[Symbol.iterator](): Generator<[SourcePartition, SourceOffset]> {
    for (const { partition, offset } of this.#stored.values()) yield [partition, offset];
  }

  /** As it is now, so that a test can resume from here later. */
  copy(): MemoryOffsets {
    return new MemoryOffsets(this);
  }
}

function keyOf(partition: SourcePartition): string {
  const entries = Object.entries(stored(partition)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}

function stored(values: SourcePartition | SourceOffset): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, storedValue(key, value)]),
  );
}

function storedValue(key: string, value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      break;
    case "bigint": {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case "undefined":
      return null;
    default:
      if (value === null) return null;
  }
  throw new ConnectError(
    `Offsets and partitions hold texts, numbers, booleans and null; "${key}" is ${inspect(value)}`,
  );
}
