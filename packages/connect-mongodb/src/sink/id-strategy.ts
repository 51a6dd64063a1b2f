import { randomUUID } from "node:crypto";
import { ConfigError, DataError, type SinkRecord } from "@millrace/connect-api";
import { Binary, ObjectId, UUID } from "mongodb";
import { bsonType, type Document, getField } from "../bson/document.ts";
import { makeProjection, type Projection } from "./projection.ts";
import type { RecordDocument } from "./record-document.ts";
import type { TopicConfig } from "./config.ts";

/** Makes the `_id` of a record's document. @throws {DataError} when the record has none */
export type IdStrategy = (document: RecordDocument, record: SinkRecord) => unknown;

const PACKAGE = "com.mongodb.kafka.connect.sink.processor.id.strategy.";
export const BSON_OID = `${PACKAGE}BsonOidStrategy`;
export const PARTIAL_KEY = `${PACKAGE}PartialKeyStrategy`;
export const PARTIAL_VALUE = `${PACKAGE}PartialValueStrategy`;

/** Strategies by Java class. */
export const ID_STRATEGIES: Readonly<Record<string, (config: TopicConfig) => IdStrategy>> = {
  [BSON_OID]: () => () => new ObjectId(),
  [`${PACKAGE}FullKeyStrategy`]: () => (document) => document.key ?? {},
  [`${PACKAGE}KafkaMetaDataStrategy`]: () => (_document, record) =>
    `${record.topic}#${record.kafkaPartition}#${record.kafkaOffset}`,
  [PARTIAL_KEY]: (config) => partial("key", config),
  [PARTIAL_VALUE]: (config) => partial("value", config),
  [`${PACKAGE}ProvidedInKeyStrategy`]: () => (document) => provided(document.key),
  [`${PACKAGE}ProvidedInValueStrategy`]: () => (document) => provided(document.value),
  [`${PACKAGE}UuidStrategy`]: (config) =>
    config["document.id.strategy.uuid.format"].toLowerCase() === "binary"
      ? () => new UUID()
      : () => randomUUID(),
  [`${PACKAGE}UuidProvidedInKeyStrategy`]: () => (document) => toUuid(provided(document.key)),
  [`${PACKAGE}UuidProvidedInValueStrategy`]: () => (document) => toUuid(provided(document.value)),
};

/** @throws {ConfigError} when a partial strategy has no projection */
export function idStrategyOf(config: TopicConfig): IdStrategy {
  return ID_STRATEGIES[config["document.id.strategy"]]!(config);
}

/** Whether ids are documents of some fields, by which business keys look for these fields. */
export function isPartialId(config: TopicConfig): boolean {
  return [PARTIAL_KEY, PARTIAL_VALUE].includes(config["document.id.strategy"]);
}

function partial(part: "key" | "value", config: TopicConfig): IdStrategy {
  const project = partialProjection(part, config);
  return (document) => {
    const clone = copy(document[part] ?? {});
    project(clone);
    return clone;
  };
}

function partialProjection(part: "key" | "value", config: TopicConfig): Projection {
  const own = `document.id.strategy.partial.${part}.projection` as const;
  const type = config[`${own}.type`] || config[`${part}.projection.type`];
  const list = config[`${own}.list`] || config[`${part}.projection.list`];
  const projection = makeProjection(type, list);
  if (projection !== undefined) return projection;
  throw new ConfigError(
    "document.id.strategy",
    config["document.id.strategy"],
    `It needs ${own}.type or ${part}.projection.type, which must be allowlist or blocklist`,
  );
}

/** Documents and lists anew, other values as they are. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copy(item)])) as T;
}

function provided(document: Document | undefined): unknown {
  const id = document && getField(document, "_id");
  if (id !== undefined && id !== null) return id;
  throw new DataError(
    id === null
      ? "Provided id strategy used but the document structure contained an _id of type BsonNull"
      : "Provided id strategy is used but the document structure either contained no _id field or it was null",
  );
}

const UUID_TEXT = /^([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})$/i;

function toUuid(id: unknown): Binary {
  if (bsonType(id) === "Binary") {
    const { sub_type: type } = id as Binary;
    if (type === Binary.SUBTYPE_UUID || type === Binary.SUBTYPE_UUID_OLD) return id as Binary;
  }
  if (typeof id === "string" && UUID_TEXT.test(id)) {
    return new UUID(id.replace(UUID_TEXT, "$1-$2-$3-$4-$5"));
  }
  throw new DataError(`UUID cannot be constructed from provided value: \`${String(id)}\``);
}
