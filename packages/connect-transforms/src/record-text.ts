import {
  type ConnectRecord,
  javaText,
  type Schema,
  type SinkRecord,
  type SourceRecord,
} from "@millrace/connect-api";

/** A record as Java prints it (`SourceRecord.toString`, `SinkRecord.toString`). */
export function recordText(record: ConnectRecord): string {
  return `${"kafkaOffset" in record ? sinkText(record as SinkRecord) : sourceText(record as SourceRecord)} ConnectRecord{${commonText(record)}}`;
}

function sourceText({ sourcePartition, sourceOffset }: SourceRecord): string {
  return `SourceRecord{sourcePartition=${javaText(null, sourcePartition)}, sourceOffset=${javaText(null, sourceOffset)}}`;
}

function sinkText(record: SinkRecord): string {
  return `SinkRecord{kafkaOffset=${record.kafkaOffset}, timestampType=${record.timestampType}, originalTopic=${record.originalTopic}, originalKafkaPartition=${record.originalKafkaPartition}, originalKafkaOffset=${record.originalKafkaOffset}}`;
}

function commonText(record: ConnectRecord): string {
  const { topic, kafkaPartition, keySchema, valueSchema, timestamp } = record;
  const headers = [...record.headers].map(
    ({ key, value, schema }) =>
      `ConnectHeader(key=${key}, value=${javaText(schema, value)}, schema=${schemaText(schema)})`,
  );
  return [
    `topic='${topic}'`,
    `kafkaPartition=${kafkaPartition}`,
    `key=${javaText(keySchema, record.key)}`,
    `keySchema=${schemaText(keySchema)}`,
    `value=${javaText(valueSchema, record.value)}`,
    `valueSchema=${schemaText(valueSchema)}`,
    `timestamp=${timestamp}`,
    `headers=ConnectHeaders(headers=${headers.length === 0 ? "" : `[${headers.join(", ")}]`})`,
  ].join(", ");
}

function schemaText(schema: Schema | null): string {
  return schema === null ? "null" : schema.toString();
}
