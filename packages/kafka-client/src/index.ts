export { KafkaClient, isCoordinatorLost, type RequestOptions, type Target } from "./client.ts";
export type { ClientOptions } from "./client-options.ts";
export { systemClock, type Clock } from "./clock.ts";
export type { MetadataOptions } from "./metadata-loader.ts";
export {
  KafkaError,
  ProducerFenced,
  RecordTooLarge,
  errorName,
  isFenced,
  isKafkaError,
  isRetriable,
  protocolError,
  type ClientErrorCode,
} from "./errors.ts";
export {
  formatTopicPartition,
  type BrokerAddress,
  type Bytes,
  type ClusterMetadata,
  type PartitionMetadata,
  type RecordHeader,
  type TopicMetadata,
  type TopicPartition,
} from "./types.ts";
export { Producer } from "./producer.ts";
export type { Delivery, DeliveryPart } from "./producer/delivery.ts";
export { partitionOfKey } from "./producer/partitioner.ts";
export type { ProduceGroup } from "./producer/group.ts";
export type { FetchObserver, ProduceObserver } from "./observers.ts";
export type { ProducerOptions } from "./producer/options.ts";
export type { GroupMetadata, OffsetToCommit } from "./producer/transactions.ts";
export {
  clientSettings,
  type ConsumerSettings,
  type JavaProps,
  type ProducerSettings,
} from "./java-settings.ts";
export type { TlsSettings } from "@millrace/java-tls";
export { tlsSettings } from "./security/security.ts";
export type { ClientRole } from "./java-settings/java-keys.ts";
export { GroupConsumer } from "./group-consumer.ts";
export type { RebalanceListener } from "./group-consumer-options.ts";
export type { GroupConsumerOptions } from "./group-consumer-options.ts";
export { Fetcher, type Position, type StartPosition } from "./fetcher.ts";
export type { FetcherOptions } from "./fetcher-options.ts";
export type { FetchedRecords } from "./record-batch/decode.ts";
export type { OffsetReset } from "./fetcher-options.ts";
export type { TimestampType } from "./record-batch/decode.ts";
export type { AssignorName } from "./assignor/assignors.ts";
export type { CommittedOffset } from "./group-offsets.ts";
export { GroupMember } from "./group-member.ts";
export type {
  Generation,
  GroupMemberEvents,
  GroupMemberOptions,
  GroupProtocol,
  JoinedGroup,
} from "./group-membership.ts";
export {
  groupTransport,
  type GroupTransport,
  type GroupTransportOptions,
  type JoinedMember,
  type ProtocolMetadata,
} from "./group-transport.ts";
export { TopicLog, type LogReader, type TopicLogOptions } from "./topic-log.ts";
export { Admin } from "./admin.ts";
export { unwrap, type Outcomes } from "./admin-settle.ts";
export type { CreatedTopic, NewTopic } from "./admin-topics.ts";
export type { ConfigChange, ConfigEntry, ConfigResource, ConfigSource } from "./admin-configs.ts";
export type { GroupDescription, GroupMemberDescription, ListedGroup } from "./admin-groups.ts";
export type { RecordsToDelete } from "./admin-records.ts";
export type { Isolation, ListedOffset, OffsetQuery, OffsetSpec } from "./list-offsets.ts";
export { PartitionMap } from "./partition-map.ts";
