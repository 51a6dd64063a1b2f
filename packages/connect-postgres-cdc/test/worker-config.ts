/** Records without schemas, which other clients read as they are. */
export const PLAIN_JSON = {
  "value.converter.schemas.enable": false,
  "key.converter.schemas.enable": false,
};

/** A connector for a worker, which writes topics of one partition. */
export function captureConfig(postgresUrl: string, prefix: string): Record<string, string> {
  const url = new URL(postgresUrl);
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": url.hostname,
    "database.port": url.port,
    "database.user": url.username,
    "database.password": url.password,
    "database.dbname": "postgres",
    "topic.prefix": prefix,
    "plugin.name": "pgoutput",
    "publication.autocreate.mode": "filtered",
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "1",
  };
}
