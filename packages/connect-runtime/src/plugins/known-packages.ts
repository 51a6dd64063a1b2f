/** Which package has a connector or REST extension, by the Java class that configurations name. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  "com.mongodb.kafka.connect.MongoSinkConnector": "@millrace/connect-mongodb",
  "com.mongodb.kafka.connect.MongoSourceConnector": "@millrace/connect-mongodb",
  "io.aiven.connect.jdbc.JdbcSinkConnector": "@millrace/connect-jdbc-sink",
  "io.aiven.connect.jdbc.JdbcSourceConnector": "@millrace/connect-jdbc-source",
  "io.aiven.kafka.connect.http.HttpSinkConnector": "@millrace/connect-http",
  "io.aiven.kafka.connect.opensearch.OpensearchSinkConnector":
    "@millrace/connect-elasticsearch-sink",
  "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector":
    "@millrace/connect-elasticsearch-sink",
  "io.confluent.connect.http.HttpSinkConnector": "@millrace/connect-http",
  "io.confluent.connect.http.HttpSourceConnector": "@millrace/connect-http",
  "io.confluent.connect.http.sink.GenericHttpSinkConnector": "@millrace/connect-http",
  "io.confluent.connect.jdbc.JdbcSinkConnector": "@millrace/connect-jdbc-sink",
  "io.confluent.connect.jdbc.JdbcSourceConnector": "@millrace/connect-jdbc-source",
  "io.confluent.connect.s3.S3SinkConnector": "@millrace/connect-s3-sink",
  "io.debezium.connector.postgresql.PostgresConnector": "@millrace/connect-postgres-cdc",
  "org.apache.kafka.connect.file.FileStreamSinkConnector": "@millrace/connect-file",
  "org.apache.kafka.connect.file.FileStreamSourceConnector": "@millrace/connect-file",
  "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension":
    "@millrace/connect-rest-extensions",
};

/**
 * What to do about a connector class that no plugin of this worker has.
 * @returns a sentence that names the npm package to install
 */
export function installHint(className: string): string {
  return `Install ${packageWith(className)} into a folder of plugin.path on every worker and restart them. Its configuration and offsets stay as they are`;
}

/** Where a class is to be had, for sentences. */
export function packageWith(className: string): string {
  const wanted = className.trim();
  const full = Object.keys(PACKAGE_OF).find(
    (known) => known === wanted || simpleNames(known).includes(wanted),
  );
  return full === undefined
    ? "the npm package that has this class"
    : `the npm package ${PACKAGE_OF[full]}`;
}

function simpleNames(className: string): string[] {
  const simple = className.slice(className.lastIndexOf(".") + 1);
  return [simple, simple.replace(/Connector$/, "")];
}
