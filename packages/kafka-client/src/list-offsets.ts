import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError, protocolError } from "./errors.ts";
import { groupBy } from "./group-by.ts";
import { PartitionMap } from "./partition-map.ts";
import {
  listOffsetsV5,
  listOffsetsV6,
  listOffsetsV7,
  listOffsetsV8,
  listOffsetsV9,
} from "./protocol.ts";
import type { TopicPartition } from "./types.ts";

export type Isolation = "read_committed" | "read_uncommitted";

/** A place in a log: its ends, the first record at or after a time, or the one with the latest time. */
export type OffsetSpec = "earliest" | "latest" | "max_timestamp" | { timestampMs: number };

export interface OffsetQuery extends TopicPartition {
  spec: OffsetSpec;
}

export interface ListedOffset {
  /** -1 where no record matches a time. */
  offset: number;
  /** -1 for the ends of the log. */
  timestampMs: number;
  /** -1 where unknown. */
  leaderEpoch: number;
}

const SPECS = { latest: -1n, earliest: -2n, max_timestamp: -3n } as const;
const CONSUMER = -1;

/**
 * Asks the leader of each partition, once. What fails for one partition is data: errors in the
 * result, of which the retriable ones call for fresh metadata and another try.
 */
export async function listOffsetsOnce(
  client: KafkaClient,
  queries: readonly OffsetQuery[],
  isolation: Isolation,
  signal?: AbortSignal,
): Promise<PartitionMap<ListedOffset | KafkaError>> {
  const result = new PartitionMap<ListedOffset | KafkaError>();
  const led: LedQuery[] = [];
  for (const query of queries) {
    const { leader = -1, leaderEpoch = -1 } =
      client.cache.partition(query.topic, query.partition) ?? {};
    if (leader < 0) result.set(query.topic, query.partition, noLeader(query));
    else led.push({ ...query, leader, leaderEpoch });
  }
  await Promise.all(
    Array.from(
      groupBy(led, ({ leader }) => leader),
      ([leader, of]) => askLeader(client, leader, of, isolation, result, signal),
    ),
  );
  return result;
}

interface LedQuery extends OffsetQuery {
  leader: number;
  /** So that a broker that was replaced as leader refuses to answer. */
  leaderEpoch: number;
}

async function askLeader(
  client: KafkaClient,
  leader: number,
  queries: LedQuery[],
  isolation: Isolation,
  result: PartitionMap<ListedOffset | KafkaError>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const topics = groupBy(queries, ({ topic }) => topic);
  const apis = [
    listOffsetsV9.api,
    listOffsetsV8.api,
    listOffsetsV7.api,
    // Before version 7 a broker does not know max_timestamp and would read it as a time.
    ...(queries.some(({ spec }) => spec === "max_timestamp")
      ? []
      : [listOffsetsV6.api, listOffsetsV5.api]),
  ];
  try {
    const answer = await client.send(
      leader,
      apis,
      [CONSUMER, isolation === "read_committed" ? 1 : 0, [...topics].map(toRequest)],
      signal === undefined ? {} : { signal },
    );
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
        result.set(
          name,
          partitionIndex,
          errorCode === 0
            ? { offset: Number(offset), timestampMs: Number(timestamp), leaderEpoch }
            : protocolError(errorCode, "list offsets of", {
                topic: name,
                partition: partitionIndex,
              }),
        );
      }
    }
  } catch (error) {
    if (!isKafkaError(error)) throw error;
    for (const { topic, partition } of queries) result.set(topic, partition, error);
  }
}

function toRequest([name, queries]: [string, LedQuery[]]) {
  return {
    name,
    partitions: queries.map(({ partition, spec, leaderEpoch }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: leaderEpoch,
      timestamp: typeof spec === "string" ? SPECS[spec] : BigInt(spec.timestampMs),
    })),
  };
}

function noLeader({ topic, partition }: TopicPartition): KafkaError {
  return new KafkaError(
    "LEADER_NOT_AVAILABLE",
    `Could not list offsets of ${topic}-${partition}: no leader is known now`,
    { topic, partition },
  );
}
