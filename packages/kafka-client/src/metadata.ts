import type { BrokerAddress, ClusterMetadata, PartitionMetadata, TopicMetadata } from "./types.ts";
import { errorName } from "./errors.ts";

/** What a Metadata answer tells, in every version we speak. */
export interface MetadataAnswer {
  brokers: { nodeId: number; host: string; port: number; rack?: string | null | undefined }[];
  clusterId?: string | null | undefined;
  controllerId: number;
  topics: {
    errorCode: number;
    name?: string | null | undefined;
    topicId?: string | undefined;
    isInternal: boolean;
    partitions: {
      errorCode: number;
      partitionIndex: number;
      leaderId: number;
      leaderEpoch: number;
      replicaNodes: number[];
      isrNodes: number[];
    }[];
  }[];
}

interface CachedTopic extends TopicMetadata {
  /** Asked for since the last look at what is in use. */
  used: boolean;
}

/** What we know of the cluster. Filled by answers, read synchronously by the data path. */
export class MetadataCache {
  readonly #topics = new Map<string, CachedTopic>();
  readonly #brokers = new Map<number, BrokerAddress>();
  #clusterId: string | undefined;
  #controllerId = -1;
  #version = 0;

  /** Grows with every answer: a cheap way to ask "did anything change since". */
  get version(): number {
    return this.#version;
  }

  get cluster(): ClusterMetadata {
    return {
      clusterId: this.#clusterId ?? "",
      controllerId: this.#controllerId,
      brokers: [...this.#brokers.values()],
    };
  }

  get brokers(): ReadonlyMap<number, BrokerAddress> {
    return this.#brokers;
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /** As {@link topic}, and keeps it fresh. */
  use(name: string): TopicMetadata | undefined {
    const topic = this.#topics.get(name);
    if (topic !== undefined) topic.used = true;
    return topic;
  }

  /** Keeps the topic fresh, as {@link use}. */
  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.use(topic)?.partitions[partition];
  }

  /** Drops what no one asked for since the last call. @returns the others */
  forgetUnused(): string[] {
    for (const [name, topic] of this.#topics) {
      if (!topic.used) this.#topics.delete(name);
      topic.used = false;
    }
    return [...this.#topics.keys()];
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** The leader a partition's broker named in an answer (KIP-951), ahead of the next refresh. */
  learnLeader(topic: string, partition: number, leader: number, leaderEpoch: number): void {
    const known = this.#topics.get(topic)?.partitions[partition];
    if (known === undefined || leaderEpoch <= known.leaderEpoch) return;
    known.leader = leader;
    known.leaderEpoch = leaderEpoch;
  }

  /** @returns topics of the answer that are in error, with the error's name */
  update(answer: MetadataAnswer): Map<string, string> {
    this.#version++;
    this.#clusterId = answer.clusterId ?? undefined;
    this.#controllerId = answer.controllerId;
    // An answer without brokers comes from a broker that is only starting.
    if (answer.brokers.length > 0) this.#brokers.clear();
    for (const { nodeId, host, port, rack } of answer.brokers)
      this.#brokers.set(nodeId, { nodeId, host, port, rack: rack ?? null });
    const failed = new Map<string, string>();
    for (const topic of answer.topics) {
      if (topic.name == null) continue;
      if (topic.errorCode !== 0) {
        const error = errorName(topic.errorCode);
        failed.set(topic.name, error);
        if (error === "UNKNOWN_TOPIC_OR_PARTITION") this.#topics.delete(topic.name);
        continue;
      }
      this.#topics.set(topic.name, this.#merge(topic));
    }
    return failed;
  }

  #merge(topic: MetadataAnswer["topics"][number]): CachedTopic {
    const name = topic.name ?? "";
    const topicId = topic.topicId ?? "";
    const known = this.#topics.get(name);
    const partitions: PartitionMetadata[] = [];
    for (const partition of topic.partitions) {
      const fresh: PartitionMetadata = {
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
      };
      // A broker that lags behind must not lead us back to an older leader (KIP-320), unless the
      // topic was made anew, where epochs start again.
      const before = known?.topicId === topicId ? known.partitions[fresh.partition] : undefined;
      const stale = before !== undefined && fresh.leaderEpoch < before.leaderEpoch;
      partitions[fresh.partition] = stale ? before : fresh;
    }
    return { topic: name, topicId, internal: topic.isInternal, partitions, used: true };
  }
}
