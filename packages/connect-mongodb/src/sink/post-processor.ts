import type { Logger, SinkRecord, TimestampType } from "@millrace/connect-api";
import { Long } from "mongodb";
import { removeNulls } from "../bson/document.ts";
import type { TopicConfig } from "./config.ts";
import { idStrategyOf } from "./id-strategy.ts";
import { makeProjection } from "./projection.ts";
import type { RecordDocument } from "./record-document.ts";
import { byMapping, byRegExp, renameFields } from "./rename.ts";
import { timeFieldConversion } from "./time-series/time-field.ts";

/** Changes a record's documents in place. @throws {DataError} when it cannot */
export type PostProcessor = (document: RecordDocument, record: SinkRecord) => void;

const PACKAGE = "com.mongodb.kafka.connect.sink.processor.";
export const DOCUMENT_ID_ADDER = `${PACKAGE}DocumentIdAdder`;

type Make = (config: TopicConfig) => PostProcessor;

/** Processors by Java class. */
export const POST_PROCESSORS: Readonly<Record<string, Make>> = {
  [DOCUMENT_ID_ADDER]: addId,
  [`${PACKAGE}AllowListKeyProjector`]: (config) => project("key", "allowlist", config),
  [`${PACKAGE}AllowListValueProjector`]: (config) => project("value", "allowlist", config),
  [`${PACKAGE}BlockListKeyProjector`]: (config) => project("key", "blocklist", config),
  [`${PACKAGE}BlockListValueProjector`]: (config) => project("value", "blocklist", config),
  // Their names before version 1.5.
  [`${PACKAGE}WhitelistKeyProjector`]: (config) => project("key", "allowlist", config),
  [`${PACKAGE}WhitelistValueProjector`]: (config) => project("value", "allowlist", config),
  [`${PACKAGE}BlacklistKeyProjector`]: (config) => project("key", "blocklist", config),
  [`${PACKAGE}BlacklistValueProjector`]: (config) => project("value", "blocklist", config),
  [`${PACKAGE}KafkaMetaAdder`]: () => addKafkaMeta,
  [`${PACKAGE}NullFieldValueRemover`]: () => (document) => {
    const { value } = document;
    if (value !== undefined) removeNulls(value);
  },
  [`${PACKAGE}field.renaming.RenameByMapping`]: (config) =>
    renaming(byMapping(config["field.renamer.mapping"])),
  [`${PACKAGE}field.renaming.RenameByRegExp`]: (config) =>
    renaming(byRegExp(config["field.renamer.regexp"])),
};

/** The processors of a topic, in their order; `_id` is always added, first where nothing else is said. */
export function postProcessors(config: TopicConfig, logger: Logger): PostProcessor[] {
  const chain = config["post.processor.chain"];
  const classes = chain.includes(DOCUMENT_ID_ADDER) ? chain : [DOCUMENT_ID_ADDER, ...chain];
  const processors = classes.map((name) => POST_PROCESSORS[name]!(config));
  const conversion = timeFieldConversion(config, logger);
  return conversion === undefined ? processors : [...processors, conversion];
}

function addId(config: TopicConfig): PostProcessor {
  const makeId = idStrategyOf(config);
  const overwrites = config["document.id.strategy.overwrite.existing"];
  return (document, record) => {
    const { value } = document;
    if (value === undefined) return;
    if (overwrites || !Object.hasOwn(value, "_id")) value["_id"] = makeId(document, record);
  };
}

function project(part: "key" | "value", type: string, config: TopicConfig): PostProcessor {
  const projection = makeProjection(type, config[`${part}.projection.list`]);
  return (document) => {
    const target = document[part];
    if (target !== undefined) projection?.(target);
  };
}

const TIMESTAMP_TYPES: Readonly<Record<TimestampType, string>> = {
  NoTimestampType: "NO_TIMESTAMP_TYPE",
  CreateTime: "CREATE_TIME",
  LogAppendTime: "LOG_APPEND_TIME",
};

function addKafkaMeta({ value }: RecordDocument, record: SinkRecord): void {
  if (value === undefined) return;
  const { topic, kafkaPartition, kafkaOffset, timestamp, timestampType } = record;
  value["topic-partition-offset"] = `${topic}-${kafkaPartition}-${kafkaOffset}`;
  if (timestamp !== null) value[TIMESTAMP_TYPES[timestampType]] = Long.fromNumber(timestamp);
}

function renaming(rename: (path: string, name: string) => string): PostProcessor {
  return (document) => {
    const { key, value } = document;
    if (key !== undefined) renameFields("key", key, rename);
    if (value !== undefined) renameFields("value", value, rename);
  };
}
