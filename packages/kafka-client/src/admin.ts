import { describeConfigs, incrementalAlterConfigs } from "./admin-configs.ts";
import type { ConfigChange, ConfigEntry, ConfigResource } from "./admin-configs.ts";
import { deleteGroupOffsets, deleteGroups, describeGroups, listGroups } from "./admin-groups.ts";
import type { GroupDescription, ListedGroup } from "./admin-groups.ts";
import { deleteRecords, listOffsets } from "./admin-records.ts";
import type { RecordsToDelete } from "./admin-records.ts";
import { settle } from "./admin-settle.ts";
import type { Outcomes } from "./admin-settle.ts";
import { createPartitions, createTopics, deleteTopics, describeTopics } from "./admin-topics.ts";
import type { CreatedTopic, NewTopic } from "./admin-topics.ts";
import type { KafkaClient } from "./client.ts";
import { protocolError } from "./errors.ts";
import type { KafkaError } from "./errors.ts";
import { commitOffsets, fetchOffsets } from "./group-offsets.ts";
import type { CommittedOffset } from "./group-offsets.ts";
import type { Isolation, ListedOffset, OffsetQuery } from "./list-offsets.ts";
import type { PartitionMap } from "./partition-map.ts";
import type { OffsetToCommit } from "./producer/transactions.ts";
import { initProducerIdV3, initProducerIdV4, initProducerIdV5 } from "./protocol.ts";
import type { ClusterMetadata, TopicMetadata, TopicPartition } from "./types.ts";

/**
 * Looks at and changes a cluster (Java: Admin). Where several things are asked for, each has its
 * own outcome: a value, or a KafkaError. Errors that may heal are repeated for `apiTimeoutMs`.
 */
export class Admin implements AsyncDisposable {
  readonly #client: KafkaClient;
  readonly #lane: string;

  constructor(client: KafkaClient) {
    this.#client = client;
    this.#lane = client.newLane("admin");
  }

  /** @throws KafkaError when no broker answers */
  async describeCluster(): Promise<ClusterMetadata> {
    await this.#client.metadata([], { timeoutMs: this.#client.options.apiTimeoutMs });
    return this.#client.cache.cluster;
  }

  /** Names of all topics. @throws KafkaError */
  async listTopics({ internal = false } = {}): Promise<string[]> {
    const topics = await this.#client.allTopics();
    return [...topics.values()]
      .filter((topic) => internal || !topic.internal)
      .map(({ topic }) => topic);
  }

  /** A topic that does not exist has UNKNOWN_TOPIC_OR_PARTITION as its outcome. */
  describeTopics(topics: readonly string[]): Promise<Outcomes<TopicMetadata>> {
    return describeTopics(this.#client, topics);
  }

  /**
   * A topic that exists has TOPIC_ALREADY_EXISTS as its outcome.
   *
   * @param options.validateOnly creates nothing, only tells whether it would work
   */
  createTopics(
    topics: readonly NewTopic[],
    { validateOnly = false } = {},
  ): Promise<Outcomes<CreatedTopic>> {
    return createTopics(this.#client, this.#lane, topics, validateOnly);
  }

  deleteTopics(topics: readonly string[]): Promise<Outcomes<true>> {
    return deleteTopics(this.#client, this.#lane, topics);
  }

  /** @param counts how many partitions each topic shall have */
  createPartitions(counts: ReadonlyMap<string, number>): Promise<Outcomes<true>> {
    return createPartitions(this.#client, this.#lane, counts);
  }

  /** @param keys undefined asks for all settings */
  describeConfigs(
    type: ConfigResource,
    names: readonly string[],
    keys?: readonly string[],
  ): Promise<Outcomes<Map<string, ConfigEntry>>> {
    return describeConfigs(this.#client, this.#lane, type, names, keys);
  }

  incrementalAlterConfigs(
    type: ConfigResource,
    changes: ReadonlyMap<string, ConfigChange>,
  ): Promise<Outcomes<true>> {
    return incrementalAlterConfigs(this.#client, this.#lane, type, changes);
  }

  listOffsets(
    queries: readonly OffsetQuery[],
    isolation: Isolation = "read_uncommitted",
  ): Promise<PartitionMap<ListedOffset | KafkaError>> {
    return listOffsets(this.#client, queries, isolation);
  }

  /** @returns where each log starts now */
  deleteRecords(records: readonly RecordsToDelete[]): Promise<PartitionMap<number | KafkaError>> {
    return deleteRecords(this.#client, this.#lane, records);
  }

  /** Groups of every type. @throws KafkaError if a broker does not answer: half a list misleads */
  listGroups(): Promise<ListedGroup[]> {
    return listGroups(this.#client, this.#lane);
  }

  /** Groups of every type; one that does not exist is described as Dead. */
  describeGroups(groupIds: readonly string[]): Promise<Outcomes<GroupDescription>> {
    return describeGroups(this.#client, this.#lane, groupIds);
  }

  deleteGroups(groupIds: readonly string[]): Promise<Outcomes<true>> {
    return deleteGroups(this.#client, this.#lane, groupIds);
  }

  /** @param partitions undefined asks for all that the group has. @throws KafkaError */
  async fetchGroupOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
  ): Promise<CommittedOffset[]> {
    const options = { requireStable: false, lane: this.#lane };
    return [...(await fetchOffsets(this.#client, groupId, partitions, options)).values()];
  }

  /**
   * Sets offsets of a group without members.
   *
   * @throws KafkaError of the first partition that was refused: UNKNOWN_MEMBER_ID if the group has
   *   members, UNKNOWN_TOPIC_OR_PARTITION
   */
  alterGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    const outsider = { groupId, generationId: -1, memberId: "", groupInstanceId: null };
    const options = { lane: this.#lane, waitForTopics: false };
    return commitOffsets(this.#client, outsider, offsets, options);
  }

  /** @throws KafkaError of the first partition that was refused, as GROUP_SUBSCRIBED_TO_TOPIC */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#client, this.#lane, groupId, partitions);
  }

  /**
   * Fences off producers with these transactional ids and aborts what they have open.
   *
   * @returns the epoch that fences each
   */
  fenceProducers(
    transactionalIds: readonly string[],
  ): Promise<Outcomes<{ producerId: bigint; epoch: number }>> {
    const { requestTimeoutMs } = this.#client.options;
    return settle(this.#client, transactionalIds, async (ids) => {
      const fence = async (transactionalId: string) => {
        const { errorCode, producerId, producerEpoch } = await this.#client.send(
          { transactionalId },
          [initProducerIdV5.api, initProducerIdV4.api, initProducerIdV3.api],
          // The timeout is for a transaction of ours, which there never is.
          [transactionalId, requestTimeoutMs, -1n, -1],
          { lane: this.#lane },
        );
        const outcome =
          errorCode === 0
            ? { producerId, epoch: producerEpoch }
            : protocolError(errorCode, `fence transactional id ${transactionalId}`);
        return [transactionalId, outcome] as const;
      };
      return new Map(await Promise.all(ids.map(fence)));
    });
  }

  close(): Promise<void> {
    this.#client.closeLane(this.#lane);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
