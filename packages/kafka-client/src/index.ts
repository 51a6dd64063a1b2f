export { KafkaClient, isCoordinatorLost, type RequestOptions, type Target } from "./client.ts";
export type { ClientOptions } from "./client-options.ts";
export type { MetadataOptions } from "./metadata-loader.ts";
export {
  KafkaError,
  ProducerFenced,
  RecordTooLarge,
  errorName,
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
export type { ProduceGroup } from "./producer/group.ts";
export type { ProducerOptions } from "./producer/options.ts";
export type { GroupMetadata, OffsetToCommit } from "./producer/transactions.ts";
export {
  clientSettings,
  type ConsumerSettings,
  type JavaProps,
  type ProducerSettings,
} from "./java-settings.ts";
export type { ClientRole } from "./java-settings/java-keys.ts";
