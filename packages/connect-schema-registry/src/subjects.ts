import { ConfigError, DataError } from "@millrace/connect-api";

/** Names the subject of a topic's keys or values. @param record the schema's name, if it has one */
export type SubjectStrategy = (topic: string, record: string | undefined) => string;

/** @throws {ConfigError} for a class that is none of Confluent's three */
export function subjectStrategy(key: string, className: string, isKey: boolean): SubjectStrategy {
  switch (className.slice(className.lastIndexOf(".") + 1)) {
    case "TopicNameStrategy":
      return (topic) => `${topic}-${isKey ? "key" : "value"}`;
    case "RecordNameStrategy":
      return (topic, record) => named(record, topic, isKey);
    case "TopicRecordNameStrategy":
      return (topic, record) => `${topic}-${named(record, topic, isKey)}`;
    default:
      throw new ConfigError(
        key,
        className,
        "known are TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy of io.confluent.kafka.serializers.subject",
      );
  }
}

function named(record: string | undefined, topic: string, isKey: boolean): string {
  if (record !== undefined) return record;
  throw new DataError(
    `The ${isKey ? "key" : "value"} of a record of topic ${topic} is no record with a name, which the subject name strategy asks for: give its schema a name, or use TopicNameStrategy`,
  );
}
