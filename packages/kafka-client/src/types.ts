/** A string stands for its UTF-8 bytes and is encoded straight into the record batch. */
export type Bytes = Uint8Array | string | null;

/** Headers keep their order and their duplicates, as in the record format; a value may be null. */
export interface RecordHeader {
  key: string;
  value: Bytes;
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

export interface BrokerAddress {
  nodeId: number;
  host: string;
  port: number;
  rack: string | null;
}

export interface PartitionMetadata {
  partition: number;
  /** Node id of the leader, -1 while there is none. */
  leader: number;
  /** -1 where the broker does not tell it. */
  leaderEpoch: number;
  replicas: number[];
  isr: number[];
}

export interface TopicMetadata {
  topic: string;
  /** Changes when a topic is deleted and created again. */
  topicId: string;
  internal: boolean;
  /** Ordered by partition number, without gaps. */
  partitions: PartitionMetadata[];
}

export interface ClusterMetadata {
  clusterId: string;
  /** Node id, -1 while there is no controller. */
  controllerId: number;
  brokers: BrokerAddress[];
}

/** "topic-partition", as Kafka writes it in its messages. */
export function formatTopicPartition(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
