import { KafkaError } from "../errors.ts";
import { Reader, Writer } from "../protocol.ts";
import type { TopicPartition } from "../types.ts";

/**
 * The bytes that consumers exchange through the group coordinator, as Java's ConsumerProtocol
 * writes them. Versions only add fields at the end, so every version reads every other.
 */
const VERSION = 3;

export interface Subscription {
  topics: string[];
  userData: Buffer | null;
  /** What the member holds while it joins (cooperative protocol). Since version 1. */
  ownedPartitions: TopicPartition[];
  /** When it got them, -1 unknown. Since version 2. */
  generationId: number;
  /** Since version 3. */
  rackId: string | null;
}

export interface ConsumerAssignment {
  partitions: TopicPartition[];
  userData: Buffer | null;
}

export function encodeSubscription(subscription: Subscription): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendArray(
      sorted(subscription.topics),
      (w, topic) => w.appendString(topic, false),
      false,
      false,
    )
    .appendBytes(subscription.userData, false)
    .appendFrom(topicPartitions(subscription.ownedPartitions))
    .appendInt32(subscription.generationId)
    .appendString(subscription.rackId, false).buffer;
}

/** @throws KafkaError INCONSISTENT_GROUP_PROTOCOL for bytes that are no subscription */
export function decodeSubscription(bytes: Buffer): Subscription {
  return decoding("subscription", bytes, (reader, version) => {
    const topics = reader.readArray((r) => r.readString(false), false, false);
    const userData = reader.readNullableBytes(false);
    // Some clients announce a version and leave its fields out.
    const more = (since: number): boolean => version >= since && reader.remaining > 0;
    return {
      topics,
      userData,
      ownedPartitions: more(1) ? readTopicPartitions(reader) : [],
      generationId: more(2) ? reader.readInt32() : -1,
      rackId: more(3) ? reader.readNullableString(false) : null,
    };
  });
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendFrom(topicPartitions(partitions))
    .appendBytes(null, false).buffer;
}

/** No bytes at all are an empty assignment: what a member gets that its leader left out. */
export function decodeAssignment(bytes: Buffer): ConsumerAssignment {
  if (bytes.length === 0) return { partitions: [], userData: null };
  return decoding("assignment", bytes, (reader) => ({
    partitions: reader.remaining > 0 ? readTopicPartitions(reader) : [],
    userData: reader.remaining > 0 ? reader.readNullableBytes(false) : null,
  }));
}

/** What Java's StickyAssignor remembers in its user data: the last assignment and its generation. */
export function encodeStickyUserData(
  partitions: readonly TopicPartition[],
  generationId: number,
): Buffer {
  return Writer.create().appendFrom(topicPartitions(partitions)).appendInt32(generationId).buffer;
}

export function decodeStickyUserData(bytes: Buffer | null): {
  partitions: TopicPartition[];
  generationId: number;
} {
  if (bytes === null || bytes.length === 0) return { partitions: [], generationId: -1 };
  try {
    const reader = Reader.from(bytes);
    const partitions = readTopicPartitions(reader);
    return { partitions, generationId: reader.remaining >= 4 ? reader.readInt32() : -1 };
  } catch {
    // Another assignor's data: Java starts afresh then, too. Nothing but stickiness is lost.
    return { partitions: [], generationId: -1 };
  }
}

/** CooperativeStickyAssignor's user data is the generation alone. */
export function encodeGeneration(generationId: number): Buffer {
  return Writer.create().appendInt32(generationId).buffer;
}

function decoding<T>(what: string, bytes: Buffer, read: (r: Reader, version: number) => T): T {
  try {
    const reader = Reader.from(bytes);
    return read(reader, reader.readInt16());
  } catch (cause) {
    throw new KafkaError(
      "INCONSISTENT_GROUP_PROTOCOL",
      `Could not read a group member's ${what} of ${bytes.length} bytes; ` +
        "every member of the group must speak Kafka's consumer protocol",
      { cause, retriable: false },
    );
  }
}

function topicPartitions(partitions: readonly TopicPartition[]): Writer {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic);
    if (numbers === undefined) topics.set(topic, [partition]);
    else numbers.push(partition);
  }
  return Writer.create().appendArray(
    sorted(topics.keys()),
    (w, topic) => {
      const numbers = topics.get(topic) ?? [];
      w.appendString(topic, false);
      w.appendArray(
        numbers.sort((a, b) => a - b),
        (p, partition) => p.appendInt32(partition),
        false,
        false,
      );
    },
    false,
    false,
  );
}

function readTopicPartitions(reader: Reader): TopicPartition[] {
  return reader
    .readArray(
      (r) => {
        const topic = r.readString(false);
        const partitions = r.readArray((p) => p.readInt32(), false, false);
        return partitions.map((partition) => ({ topic, partition }));
      },
      false,
      false,
    )
    .flat();
}

/** By UTF-16 units, as Java compares strings. */
function sorted(texts: Iterable<string>): string[] {
  return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
