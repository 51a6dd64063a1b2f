import { isUtf8 } from "node:buffer";
import { canonicalKey } from "./canonical-key.ts";

interface Written {
  readonly value: string;
  /** The greatest is the one read last. */
  readonly rank: number;
}

interface Partition {
  readonly connector: string;
  /** By each key that the partition was written with. */
  readonly byKey: Map<string, Written>;
}

/**
 * Source offsets by source partition, with all the keys that stand for it. The topic is compacted by
 * the bytes of keys, and Java connectors give the fields of a partition in the order of whatever
 * map they use: one partition may have several keys there. The one read last counts, is written
 * to, and all of them have to be deleted.
 */
export class PartitionKeys {
  /** By canonical key. */
  readonly #partitions = new Map<string, Partition>();
  #live = false;

  /**
   * Until then, records of several topic partitions come in any order, and of different keys the
   * one with the later timestamp counts as read last.
   */
  goLive(): void {
    this.#live = true;
  }

  /** @returns why the record was skipped, if it was */
  apply(key: Buffer, value: Buffer | null, timestamp: number): string | undefined {
    const text = isUtf8(key) ? key.toString() : undefined;
    const connector = text === undefined ? undefined : connectorOf(text);
    if (text === undefined || connector === undefined)
      return 'its key is not ["connector", {source partition}]';
    const canonical = canonicalKey(text);
    const offset = value === null ? null : offsetText(value);
    if (offset === undefined) return "its value is not a JSON object";
    const known = this.#partitions.get(canonical);
    if (offset === null) {
      known?.byKey.delete(text);
      if (known?.byKey.size === 0) this.#partitions.delete(canonical);
      return undefined;
    }
    const partition = known ?? { connector, byKey: new Map<string, Written>() };
    this.#partitions.set(canonical, partition);
    partition.byKey.delete(text);
    const top = latest(partition)?.[1].rank ?? -Infinity;
    partition.byKey.set(text, {
      value: offset,
      rank: this.#live ? Math.max(timestamp, top) : timestamp,
    });
    return undefined;
  }

  /** The offset of the partition that a key stands for. */
  value(key: string): string | undefined {
    const partition = this.#partitions.get(canonicalKey(key));
    return partition && latest(partition)?.[1].value;
  }

  /** The key that the partition was written with last. */
  key(key: string): string | undefined {
    const partition = this.#partitions.get(canonicalKey(key));
    return partition && latest(partition)?.[0];
  }

  /** All keys that the partition has in the topic. */
  keys(key: string): string[] {
    return [...(this.#partitions.get(canonicalKey(key))?.byKey.keys() ?? [])];
  }

  /** Of each partition of a connector the key that it was written with last, and its offset. */
  entries(connector: string): Map<string, string> {
    const entries = new Map<string, string>();
    for (const partition of this.#partitions.values()) {
      const last = partition.connector === connector ? latest(partition) : undefined;
      if (last !== undefined) entries.set(last[0], last[1].value);
    }
    return entries;
  }
}

/** Of equal rank the later one in the map, which is the one read last. */
function latest({ byKey }: Partition): [string, Written] | undefined {
  let last: [string, Written] | undefined;
  for (const entry of byKey) if (last === undefined || entry[1].rank >= last[1].rank) last = entry;
  return last;
}

function connectorOf(key: string): string | undefined {
  const parsed = parse(key);
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined;
  const [connector, partition] = parsed as [unknown, unknown];
  // Java allows a null partition.
  return typeof connector === "string" && isObject(partition, true) ? connector : undefined;
}

/** @returns null for no offset (JSON's null is one of its forms), undefined for what is none */
function offsetText(value: Buffer): string | null | undefined {
  if (!isUtf8(value)) return undefined;
  const text = value.toString();
  const parsed = parse(text);
  if (parsed === null) return null;
  return isObject(parsed, false) ? text : undefined;
}

function isObject(value: unknown, orNull: boolean): boolean {
  return value === null ? orNull : typeof value === "object" && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
