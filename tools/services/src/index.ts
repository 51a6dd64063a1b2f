export { KAFKA_VERSION, startKafka } from "./kafka.ts";
export type { Kafka, KafkaBroker, KafkaOptions } from "./kafka.ts";
export type { KafkaListener, SaslMechanism } from "./kafka-properties.ts";
export { obtain } from "./obtain.ts";
export type { ObtainedService, ServiceName } from "./obtain.ts";
export { sharedKafka, sharedPostgres, sharedService } from "./shared.ts";
export { createDatabase, startPostgres } from "./postgres.ts";
export type { FreshDatabase, Postgres, PostgresOptions } from "./postgres.ts";
export type { ServerProcess } from "./server-process.ts";
