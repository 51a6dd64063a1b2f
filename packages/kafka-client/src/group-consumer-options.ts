import { DEFAULT_ASSIGNORS } from "./assignor/assignors.ts";
import type { AssignorName } from "./assignor/assignors.ts";
import { KafkaError } from "./errors.ts";
import type { FetcherOptions } from "./fetcher-options.ts";
import type { TopicSelection } from "./group-topics.ts";
import type { TopicPartition } from "./types.ts";

export interface GroupConsumerOptions extends FetcherOptions {
  groupId: string;
  /** One of `topics` and `topicsRegex`. */
  topics?: readonly string[];
  /** Matched against whole names, as topics come and go. Java: topics.regex. */
  topicsRegex?: RegExp;
  /** Most wanted first. Java: partition.assignment.strategy. Default range, cooperative-sticky. */
  assignors?: readonly AssignorName[];
  /** Java: session.timeout.ms. Default 45 000. */
  sessionTimeoutMs?: number;
  /** Java: max.poll.interval.ms. Default 300 000. */
  rebalanceTimeoutMs?: number;
  /** Java: heartbeat.interval.ms. Default 3000. */
  heartbeatIntervalMs?: number;
  /** Java: group.instance.id. */
  groupInstanceId?: string;
  /** Java: allow.auto.create.topics. Default true. */
  allowAutoTopicCreation?: boolean;
  /** Java: exclude.internal.topics. Default true. */
  excludeInternalTopics?: boolean;
}

/**
 * Told of what a rebalance gives and takes. Called inside `poll` and `close`, one at a time, and
 * awaited: no other member gets a partition before `revoked` has settled (Java:
 * ConsumerRebalanceListener).
 */
export interface RebalanceListener {
  /** What is new. Positions are set; a seek here counts. Called after every rebalance, even with []. */
  assigned(partitions: TopicPartition[]): Promise<void>;
  /** Still ours: the time to finish work and commit. */
  revoked(partitions: TopicPartition[]): Promise<void>;
  /** Not ours any more, and perhaps another's already: too late to commit. */
  lost(partitions: TopicPartition[]): Promise<void>;
}

/** With Java's defaults (ConsumerConfig 4.3.1). */
export interface ResolvedGroupOptions {
  groupId: string;
  groupInstanceId: string | undefined;
  assignors: readonly AssignorName[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  heartbeatIntervalMs: number;
  rackId: string | null;
  selection: TopicSelection;
}

/** @throws KafkaError INVALID_CONFIG */
export function resolveGroupOptions(options: GroupConsumerOptions): ResolvedGroupOptions {
  const { groupId, topics, topicsRegex } = options;
  if (groupId === "")
    throw new KafkaError("INVALID_CONFIG", "A group consumer needs a group.id that is not empty");
  if ((topics === undefined) === (topicsRegex === undefined))
    throw new KafkaError("INVALID_CONFIG", "Give a group consumer either topics or topicsRegex");
  return {
    groupId,
    groupInstanceId: options.groupInstanceId,
    assignors: options.assignors ?? DEFAULT_ASSIGNORS,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 300_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3000,
    rackId: options.rackId ?? null,
    selection: {
      topics: topicsRegex ?? topics ?? [],
      allowAutoTopicCreation: options.allowAutoTopicCreation ?? true,
      excludeInternalTopics: options.excludeInternalTopics ?? true,
    },
  };
}
