export { KAFKA_VERSION, startKafka } from "./kafka.ts";
export type { Kafka, KafkaBroker, KafkaOptions } from "./kafka.ts";
export type { KafkaListener, SaslMechanism } from "./kafka-properties.ts";
export { obtain } from "./obtain.ts";
export type { ObtainedService, ServiceName } from "./obtain.ts";
export { sharedKafka, sharedService } from "./shared.ts";
