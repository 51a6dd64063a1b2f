export { cacheFolder } from "./cache.ts";
export { makeCertificates } from "./certificates.ts";
export type { Certificates, ClientTls, Identity } from "./certificates.ts";
export { ELASTICSEARCH_VERSION, startElasticsearch } from "./elasticsearch.ts";
export type { Elasticsearch, ElasticsearchOptions } from "./elasticsearch.ts";
export { KAFKA_VERSION, startKafka } from "./kafka.ts";
export type { Kafka, KafkaBroker, KafkaOptions } from "./kafka.ts";
export type { KafkaListener, SaslMechanism } from "./kafka-properties.ts";
export { endWithUs, noLongerOurs } from "./death-watch.ts";
export { sendExactly, type ExactAnswer, type ExactHeaders } from "./exact-request.ts";
export { findJava, type Java } from "./java.ts";
export { FERRETDB_VERSION, startFerretDb } from "./ferretdb.ts";
export type { FerretDb, FerretDbOptions } from "./ferretdb.ts";
export { installService, obtain, SERVICE_NAMES } from "./obtain.ts";
export type { ObtainedService, ServiceName } from "./obtain.ts";
export {
  isRealMongo,
  MONGO_JAVA_SERVER_VERSION,
  type Mongo,
  MONGODB_VERSION,
  startMongoJavaServer,
} from "./mongo.ts";
export { OwnedServer } from "./owned-server.ts";
export { releasePorts, reservePorts } from "./ports.ts";
export { pythonPackages, type PythonPackages } from "./python.ts";
export { processTree } from "./process-tree.ts";
export { startProgress, type Progress } from "./progress.ts";
export { makeRunFolder, type RunFolder } from "./run-folder.ts";
export { type OpenApiDocument, type Undocumented, undocumentedBy } from "./undocumented.ts";
export { Scrape } from "./scrape.ts";
export { MINIO_VERSION, minioOf, startMinio } from "./minio.ts";
export type { Minio, MinioOptions, S3Address } from "./minio.ts";
export { SCHEMA_REGISTRY_VERSION, startSchemaRegistry } from "./schema-registry.ts";
export type { SchemaRegistry } from "./schema-registry.ts";
export {
  createMysqlDatabase,
  MARIADB_VERSION,
  MYSQL_VERSION,
  startMariadb,
  startMysql,
} from "./mysql.ts";
export type { Mysql, MysqlOptions } from "./mysql.ts";
export { OPENSEARCH_VERSION, startOpenSearch } from "./opensearch.ts";
export type { OpenSearch, OpenSearchOptions } from "./opensearch.ts";
export {
  sharedElasticsearch,
  sharedKafka,
  sharedMariadb,
  sharedMinio,
  sharedMongo,
  sharedMysql,
  sharedOpenSearch,
  sharedPostgres,
  sharedSchemaRegistry,
  sharedService,
} from "./shared.ts";
export { createDatabase, startPostgres } from "./postgres.ts";
export type { FreshDatabase, Postgres, PostgresOptions } from "./postgres.ts";
export type { ServerCommand, ServerProcess } from "./server-process.ts";
export {
  ConnectClient,
  type ConnectAnswer,
  type ConnectorConfig,
  type ConnectorStatus,
  type PartStatus,
} from "./connect-client.ts";
export {
  startConnectWorker,
  startDistributedWorker,
  type ConnectWorker,
  type ConnectWorkerOptions,
  type DistributedWorkerOptions,
} from "./connect-worker.ts";
export { compileJavaPlugin, startJavaConnect, type JavaConnectOptions } from "./java-connect.ts";
export type { WorkerProperties } from "./worker-properties.ts";
