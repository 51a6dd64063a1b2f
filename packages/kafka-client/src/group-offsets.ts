import { Backoff, sleep } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, errorName, isKafkaError, isRetriable, protocolError } from "./errors.ts";
import { groupBy } from "./group-by.ts";
import { PartitionMap } from "./partition-map.ts";
import type { GroupMetadata, OffsetToCommit } from "./producer/transactions.ts";
import {
  offsetCommitV7,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV6,
  offsetFetchV7,
  offsetFetchV8,
  offsetFetchV9,
} from "./protocol.ts";
import type { TopicPartition } from "./types.ts";

export interface CommittedOffset extends TopicPartition {
  /** Of the next record to read. */
  offset: number;
  /** Of the record before it; -1 unknown. */
  leaderEpoch: number;
  metadata: string;
}

/** Codes after which the same request may succeed, at this coordinator or at another. */
const AGAIN = new Set([
  "COORDINATOR_LOAD_IN_PROGRESS",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "REQUEST_TIMED_OUT",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNSTABLE_OFFSET_COMMIT",
]);
const COORDINATOR_LOST = new Set([
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
  "REQUEST_TIMED_OUT",
]);

/**
 * Commits offsets of a group; repeats what can heal for `apiTimeoutMs`, topics that are not known
 * among it if `waitForTopics`, as consumers do: the broker may not have heard of a new one.
 *
 * @throws KafkaError of the first partition that was refused, with its code: UNKNOWN_MEMBER_ID,
 *   ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, OFFSET_METADATA_TOO_LARGE…
 */
export async function commitOffsets(
  client: KafkaClient,
  group: GroupMetadata,
  offsets: readonly OffsetToCommit[],
  options: { lane?: string; signal?: AbortSignal; waitForTopics?: boolean } = {},
): Promise<void> {
  if (offsets.length === 0) return;
  const { groupId, generationId, memberId, groupInstanceId } = group;
  const { waitForTopics = true } = options;
  const topics = toRequest(offsets);
  await repeat(client, groupId, options.signal, async () => {
    const answer = await client.send(
      { group: groupId },
      [offsetCommitV9.api, offsetCommitV8.api, offsetCommitV7.api],
      [groupId, generationId, memberId, groupInstanceId, topics],
      options,
    );
    for (const { name, partitions } of answer.topics)
      for (const { partitionIndex, errorCode } of partitions)
        if (errorCode !== 0) {
          const where = { topic: name, partition: partitionIndex };
          const error = partitionError(
            errorCode,
            `commit an offset of group ${groupId} for`,
            where,
          );
          if (waitForTopics || error.code !== "UNKNOWN_TOPIC_OR_PARTITION") return error;
          throw protocolError(errorCode, `commit an offset of group ${groupId} for`, {
            ...where,
            retriable: false,
          });
        }
    return undefined;
  });
}

/**
 * Offsets that a group has committed; partitions without one are absent. Offsets in an open
 * transaction are waited for when `requireStable`, as consumers do (KIP-447).
 *
 * @param partitions undefined asks for all that the group has
 * @throws KafkaError
 */
export async function fetchOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly TopicPartition[] | undefined,
  options: { requireStable?: boolean; lane?: string; signal?: AbortSignal } = {},
): Promise<PartitionMap<CommittedOffset>> {
  const found = new PartitionMap<CommittedOffset>();
  if (partitions?.length === 0) return found;
  const { requireStable = true } = options;
  const topics = partitions === undefined ? null : partitionIndexes(partitions);
  await repeat(client, groupId, options.signal, async () => {
    found.clear();
    const answer: OffsetFetchAnswer = await client.send(
      { group: groupId },
      [offsetFetchV9.api, offsetFetchV8.api, offsetFetchV7.api, offsetFetchV6.api],
      [[{ groupId, memberId: null, memberEpoch: -1, topics }], requireStable],
      options,
    );
    const group = answer.groups[0] ?? { errorCode: answer.errorCode, topics: answer.topics ?? [] };
    if (group.errorCode !== undefined && group.errorCode !== 0)
      return protocolError(group.errorCode, `fetch offsets of group ${groupId}`);
    return collectOffsets(group.topics, groupId, found);
  });
  return found;
}

/** Versions from 8 answer for groups; the older ones have the fields at the top. */
interface OffsetFetchAnswer {
  groups: { errorCode?: number; topics: OffsetFetchTopic[] }[];
  topics?: OffsetFetchTopic[];
  errorCode?: number;
}

interface OffsetFetchTopic {
  name: string;
  partitions: {
    partitionIndex: number;
    committedOffset: bigint;
    committedLeaderEpoch: number;
    metadata?: string | null | undefined;
    errorCode: number;
  }[];
}

function collectOffsets(
  topics: OffsetFetchTopic[],
  groupId: string,
  found: PartitionMap<CommittedOffset>,
): KafkaError | undefined {
  for (const { name: topic, partitions } of topics) {
    for (const one of partitions) {
      const { partitionIndex: partition, committedOffset, errorCode } = one;
      if (errorCode !== 0)
        return partitionError(errorCode, `fetch the offset of group ${groupId} for`, {
          topic,
          partition,
        });
      if (committedOffset < 0n) continue;
      found.set(topic, partition, {
        topic,
        partition,
        offset: Number(committedOffset),
        leaderEpoch: one.committedLeaderEpoch,
        metadata: one.metadata ?? "",
      });
    }
  }
  return undefined;
}

/** Runs until it returns no error, one that no repetition heals, or time is up. */
async function repeat(
  client: KafkaClient,
  groupId: string,
  signal: AbortSignal | undefined,
  attempt: () => Promise<KafkaError | undefined>,
): Promise<void> {
  const { apiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = client.options;
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
  const deadline = Date.now() + apiTimeoutMs;
  for (;;) {
    const error = await attempt().catch((thrown: unknown) => {
      if (isKafkaError(thrown) && isRetriable(thrown)) return thrown;
      throw thrown;
    });
    if (error === undefined) return;
    const again = AGAIN.has(error.code) || error.retriable;
    if (!again || Date.now() >= deadline) throw error;
    if (COORDINATOR_LOST.has(error.code)) client.forgetCoordinator({ group: groupId });
    await sleep(backoff.nextMs(), signal);
  }
}

function partitionError(errorCode: number, attempted: string, where: TopicPartition): KafkaError {
  return protocolError(errorCode, attempted, {
    ...where,
    retriable: AGAIN.has(errorName(errorCode)),
  });
}

function toRequest(offsets: readonly OffsetToCommit[]) {
  return Array.from(byTopic(offsets), ([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, offset, leaderEpoch = -1, metadata = "" }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata,
    })),
  }));
}

function partitionIndexes(partitions: readonly TopicPartition[]) {
  return Array.from(byTopic(partitions), ([name, of]) => ({
    name,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
}

function byTopic<T extends TopicPartition>(items: readonly T[]): Map<string, T[]> {
  return groupBy(items, ({ topic }) => topic);
}
