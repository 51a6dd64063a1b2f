import { Backoff, sleep } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError, protocolError } from "./errors.ts";
import { groupBy } from "./group-by.ts";
import { listOffsetsOnce } from "./list-offsets.ts";
import type { Isolation, ListedOffset, OffsetQuery } from "./list-offsets.ts";
import { PartitionMap } from "./partition-map.ts";
import { deleteRecordsV1, deleteRecordsV2 } from "./protocol.ts";
import type { TopicPartition } from "./types.ts";

export interface RecordsToDelete extends TopicPartition {
  /** Records before this offset go; -1 for all there are. */
  beforeOffset: number;
}

/** Asks the leaders, and again after fresh metadata where an error may heal. */
export function listOffsets(
  client: KafkaClient,
  queries: readonly OffsetQuery[],
  isolation: Isolation,
): Promise<PartitionMap<ListedOffset | KafkaError>> {
  return settlePartitions(client, queries, (pending) =>
    listOffsetsOnce(client, pending, isolation),
  );
}

export function deleteRecords(
  client: KafkaClient,
  lane: string,
  records: readonly RecordsToDelete[],
): Promise<PartitionMap<number | KafkaError>> {
  return settlePartitions(client, records, async (pending) => {
    const outcomes = new PartitionMap<number | KafkaError>();
    const byLeader = groupBy(
      pending,
      ({ topic, partition }) => client.cache.partition(topic, partition)?.leader ?? -1,
    );
    await Promise.all(
      Array.from(byLeader, ([leader, led]) => askLeader(client, lane, leader, led, outcomes)),
    );
    return outcomes;
  });
}

async function askLeader(
  client: KafkaClient,
  lane: string,
  leader: number,
  records: readonly RecordsToDelete[],
  outcomes: PartitionMap<number | KafkaError>,
): Promise<void> {
  const byTopic = groupBy(records, ({ topic }) => topic);
  const request = Array.from(byTopic, ([name, of]) => ({
    name,
    partitions: of.map(({ partition, beforeOffset }) => ({
      partitionIndex: partition,
      offset: BigInt(beforeOffset),
    })),
  }));
  try {
    const { topics } = await client.send(
      leader,
      [deleteRecordsV2.api, deleteRecordsV1.api],
      [request, client.options.requestTimeoutMs],
      { lane },
    );
    for (const { name: topic, partitions } of topics)
      for (const { partitionIndex: partition, lowWatermark, errorCode } of partitions)
        outcomes.set(
          topic,
          partition,
          errorCode === 0
            ? Number(lowWatermark)
            : protocolError(errorCode, "delete records of", { topic, partition }),
        );
  } catch (error) {
    if (!isKafkaError(error)) throw error;
    for (const { topic, partition } of records) outcomes.set(topic, partition, error);
  }
}

/** Errors that no repetition heals, the partition's not existing among them, stay as they are. */
async function settlePartitions<Q extends TopicPartition, T>(
  client: KafkaClient,
  queries: readonly Q[],
  attempt: (pending: readonly Q[]) => Promise<PartitionMap<T | KafkaError>>,
): Promise<PartitionMap<T | KafkaError>> {
  const { apiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = client.options;
  const deadline = Date.now() + apiTimeoutMs;
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
  const outcomes = new PartitionMap<T | KafkaError>();
  let pending = queries;
  while (pending.length > 0) {
    const known = await client.metadata([...new Set(pending.map(({ topic }) => topic))]);
    const existing = pending.filter(
      ({ topic, partition }) => known.get(topic)?.partitions[partition] !== undefined,
    );
    for (const { topic, partition } of pending)
      outcomes.set(topic, partition, missing(topic, partition));
    const answered = await attempt(existing);
    for (const { topic, partition } of existing) {
      const outcome = answered.get(topic, partition);
      if (outcome !== undefined) outcomes.set(topic, partition, outcome);
    }
    if (Date.now() >= deadline) break;
    pending = existing.filter(({ topic, partition }) => {
      const outcome = outcomes.get(topic, partition);
      return isKafkaError(outcome) && outcome.retriable;
    });
    if (pending.length > 0) await sleep(backoff.nextMs());
  }
  return outcomes;
}

function missing(topic: string, partition: number): KafkaError {
  return protocolError(3, "find", { topic, partition, retriable: false });
}
