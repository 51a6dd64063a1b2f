export { makeCertificates } from "./certificates.ts";
export type { Certificates, ClientTls, Identity } from "./certificates.ts";
export { ELASTICSEARCH_VERSION, startElasticsearch } from "./elasticsearch.ts";
export type { Elasticsearch, ElasticsearchOptions } from "./elasticsearch.ts";
export { KAFKA_VERSION, startKafka } from "./kafka.ts";
export type { Kafka, KafkaBroker, KafkaOptions } from "./kafka.ts";
export type { KafkaListener, SaslMechanism } from "./kafka-properties.ts";
export { obtain } from "./obtain.ts";
export type { ObtainedService, ServiceName } from "./obtain.ts";
export { sharedElasticsearch, sharedKafka, sharedPostgres, sharedService } from "./shared.ts";
export { createDatabase, startPostgres } from "./postgres.ts";
export type { FreshDatabase, Postgres, PostgresOptions } from "./postgres.ts";
export type { ServerProcess } from "./server-process.ts";
export { ConnectClient, type ConnectAnswer, type ConnectorStatus } from "./connect-client.ts";
export {
  startConnectWorker,
  type ConnectWorker,
  type ConnectWorkerOptions,
} from "./connect-worker.ts";
