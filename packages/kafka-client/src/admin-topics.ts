import { settle } from "./admin-settle.ts";
import type { Outcomes } from "./admin-settle.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, errorName, isKafkaError, protocolError } from "./errors.ts";
import {
  createPartitionsV1,
  createPartitionsV2,
  createPartitionsV3,
  createTopicsV5,
  createTopicsV6,
  createTopicsV7,
  deleteTopicsV4,
  deleteTopicsV5,
  deleteTopicsV6,
} from "./protocol.ts";
import type { TopicMetadata } from "./types.ts";

export interface NewTopic {
  name: string;
  /** -1, the default, is the broker's num.partitions. */
  partitions?: number;
  /** -1, the default, is the broker's default.replication.factor. */
  replicationFactor?: number;
  configs?: Readonly<Record<string, string>>;
}

export interface CreatedTopic {
  topicId: string;
  partitions: number;
  replicationFactor: number;
}

export async function createTopics(
  client: KafkaClient,
  lane: string,
  topics: readonly NewTopic[],
  validateOnly: boolean,
): Promise<Outcomes<CreatedTopic>> {
  const byName = new Map(topics.map((topic) => [topic.name, topic]));
  return settle(client, [...byName.keys()], async (names) => {
    const request = names.map((name) => {
      const { partitions = -1, replicationFactor = -1, configs = {} } = byName.get(name)!;
      return {
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      };
    });
    const { topics: answered } = await client.send(
      "controller",
      [createTopicsV7.api, createTopicsV6.api, createTopicsV5.api],
      [request, client.options.requestTimeoutMs, validateOnly],
      { lane },
    );
    return collect(client, "create topic", answered, (topic) => ({
      topicId: topic.topicId ?? "",
      partitions: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
    }));
  });
}

export async function deleteTopics(
  client: KafkaClient,
  lane: string,
  topics: readonly string[],
): Promise<Outcomes<true>> {
  const outcomes = await settle(client, topics, async (names) => {
    const { responses } = await client.send(
      "controller",
      [deleteTopicsV6.api, deleteTopicsV5.api, deleteTopicsV4.api],
      [names.map((name) => ({ name })), client.options.requestTimeoutMs],
      { lane },
    );
    return collect(client, "delete topic", responses, () => true as const);
  });
  for (const [topic, outcome] of outcomes) if (!isKafkaError(outcome)) client.cache.forget(topic);
  return outcomes;
}

export function createPartitions(
  client: KafkaClient,
  lane: string,
  counts: ReadonlyMap<string, number>,
): Promise<Outcomes<true>> {
  return settle(client, [...counts.keys()], async (names) => {
    const request = names.map((name) => ({ name, count: counts.get(name)!, assignments: null }));
    const { results } = await client.send(
      "controller",
      [createPartitionsV3.api, createPartitionsV2.api, createPartitionsV1.api],
      [request, client.options.requestTimeoutMs, false],
      { lane },
    );
    return collect(client, "add partitions to topic", results, () => true as const);
  });
}

export function describeTopics(
  client: KafkaClient,
  topics: readonly string[],
): Promise<Outcomes<TopicMetadata>> {
  return settle(client, topics, async (names) => {
    const outcomes: Outcomes<TopicMetadata> = new Map();
    const wanted = new Set(names);
    while (wanted.size > 0) {
      try {
        const found = await client.metadata([...wanted], { timeoutMs: 0 });
        for (const name of wanted) outcomes.set(name, found.get(name) ?? missing(name));
        break;
      } catch (error) {
        // One that may not be looked at spoils the whole: it is left out of the next attempt.
        if (!isKafkaError(error) || error.topic === undefined || !wanted.delete(error.topic))
          throw error;
        outcomes.set(error.topic, error);
      }
    }
    return outcomes;
  });
}

function missing(topic: string): KafkaError {
  return protocolError(3, "describe topic", { topic, retriable: false });
}

function collect<A extends TopicAnswer, T>(
  client: KafkaClient,
  attempted: string,
  answers: readonly A[],
  read: (answer: A) => T,
): Outcomes<T> {
  const outcomes: Outcomes<T> = new Map();
  for (const answer of answers) {
    const topic = answer.name ?? "";
    const { errorCode, errorMessage } = answer;
    // Another broker may have become controller: the next attempt has to ask who.
    if (errorName(errorCode) === "NOT_CONTROLLER") void client.refreshMetadata([]).catch(() => {});
    outcomes.set(
      topic,
      errorCode === 0
        ? read(answer)
        : protocolError(errorCode, attempted, { topic, serverMessage: errorMessage ?? null }),
    );
  }
  return outcomes;
}

interface TopicAnswer {
  name?: string | null | undefined;
  errorCode: number;
  errorMessage?: string | null | undefined;
}
