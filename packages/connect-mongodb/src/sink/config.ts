import {
  type ConfigDef,
  type ConfigOf,
  DataError,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { parseDocuments } from "../bson/json-reader.ts";
import { SINK_CONNECTION } from "../connection/config.ts";
import { errorKeys, ownKey } from "../error-keys.ts";
import { CDC_HANDLERS } from "./cdc/handlers.ts";
import { ID_STRATEGIES } from "./id-strategy.ts";
import { NAMESPACE_MAPPERS } from "./namespace.ts";
import { POST_PROCESSORS } from "./post-processor.ts";
import { PROJECTION_TYPES } from "./projection.ts";
import { compileDatePattern, DEFAULT_DATE_PATTERN } from "./time-series/date-pattern.ts";
import { DELETE_MODELS, WRITE_MODELS } from "./write-model.ts";

const PARTIAL_LIST = {
  type: "STRING",
  default: "",
  importance: "LOW",
  group: "Id Strategies",
  width: "MEDIUM",
} as const;
const PARTIAL_TYPE = {
  ...PARTIAL_LIST,
  oneOf: ["", ...PROJECTION_TYPES],
  ignoreCase: true,
  recommend: () => PROJECTION_TYPES,
} as const;

/** The sink's keys (Java: `MongoSinkConfig`, `MongoSinkTopicConfig`). */
export const CONFIG = {
  topics: {
    type: "LIST",
    default: [],
    importance: "HIGH",
    group: "Connection",
    width: "MEDIUM",
    displayName: "The Kafka topics",
    doc: "Topics to read; either these or topics.regex.",
  },
  "topics.regex": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    group: "Connection",
    width: "MEDIUM",
    displayName: "Topics regex",
    doc: "Java expression that names of topics to read match as a whole.",
  },
  ...SINK_CONNECTION,
  "topic.override.%s.%s": {
    type: "STRING",
    default: "",
    visible: () => false,
    importance: "LOW",
    group: "Overrides",
    width: "MEDIUM",
    displayName: "Per topic configuration overrides.",
    doc: "Pattern of keys for one topic: topic.override.<topic>.<key> stands above <key> for its records.",
  },
  provider: {
    type: "STRING",
    default: "",
    group: "",
    orderInGroup: -1,
    importance: "LOW",
    doc: "Has no effect: Java's connector tells the server who has set it up by it.",
  },
  database: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Namespace",
    width: "MEDIUM",
    displayName: "The MongoDB database name.",
    doc: "Database to write to.",
  },
  collection: {
    type: "STRING",
    default: "",
    importance: "HIGH",
    group: "Namespace",
    width: "MEDIUM",
    displayName: "The default MongoDB collection name",
    doc: "Collection to write to; empty = the topic's name.",
  },
  "namespace.mapper": {
    type: "STRING",
    default: "com.mongodb.kafka.connect.sink.namespace.mapping.DefaultNamespaceMapper",
    oneOf: Object.keys(NAMESPACE_MAPPERS),
    importance: "HIGH",
    group: "Namespace mapping",
    width: "LONG",
    displayName: "The namespace mapper class",
    doc: "What says which collection a record goes to: DefaultNamespaceMapper (database and collection) or FieldPathNamespaceMapper (fields of the record).",
  },
  "namespace.mapper.key.database.field": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Namespace mapping",
    width: "MEDIUM",
    displayName: "The key field to use as the destination database name.",
    doc: "Path of the key's field that names the database, for FieldPathNamespaceMapper.",
  },
  "namespace.mapper.key.collection.field": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Namespace mapping",
    width: "MEDIUM",
    displayName: "The key field to use as the destination collection name.",
    doc: "Path of the key's field that names the collection, for FieldPathNamespaceMapper.",
  },
  "namespace.mapper.value.database.field": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Namespace mapping",
    width: "MEDIUM",
    displayName: "The value field to use as the destination database name.",
    doc: "Path of the value's field that names the database, for FieldPathNamespaceMapper.",
  },
  "namespace.mapper.value.collection.field": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Namespace mapping",
    width: "MEDIUM",
    displayName: "The value field to use as the destination collection name.",
    doc: "Path of the value's field that names the collection, for FieldPathNamespaceMapper.",
  },
  "namespace.mapper.error.if.invalid": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Namespace mapping",
    width: "MEDIUM",
    displayName: "Throw an error if the mapped field is missing or invalid.",
    doc: "Whether a record without such a field, or with one that is no text, is an error. Otherwise database and collection are taken.",
  },
  "delete.on.null.values": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Writes",
    width: "MEDIUM",
    displayName: "Delete on null values",
    doc: "Whether a record without value deletes the document of its key. Otherwise it is an error.",
  },
  "writemodel.strategy": {
    type: "STRING",
    default: "com.mongodb.kafka.connect.sink.writemodel.strategy.DefaultWriteModelStrategy",
    oneOf: Object.keys(WRITE_MODELS),
    importance: "LOW",
    group: "Writes",
    width: "MEDIUM",
    displayName: "The writeModel strategy",
    doc: "What a record with a value does: DefaultWriteModelStrategy (replace, or insert into a time series), InsertOneDefaultStrategy, ReplaceOneDefaultStrategy, ReplaceOneBusinessKeyStrategy, UpdateOneDefaultStrategy, UpdateOneTimestampsStrategy, UpdateOneBusinessKeyTimestampStrategy, DeleteOneDefaultStrategy or DeleteOneBusinessKeyStrategy, with their package.",
  },
  "delete.writemodel.strategy": {
    type: "STRING",
    default: "com.mongodb.kafka.connect.sink.writemodel.strategy.DeleteOneDefaultStrategy",
    oneOf: Object.keys(DELETE_MODELS),
    importance: "LOW",
    group: "Writes",
    width: "MEDIUM",
    displayName: "The delete writeModel strategy",
    doc: "What a record without value deletes: DeleteOneDefaultStrategy (by key), DeleteOneBusinessKeyStrategy or DeleteOneTombstoneBusinessKeyStrategy, with their package.",
  },
  "max.batch.size": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "MEDIUM",
    group: "Writes",
    width: "MEDIUM",
    displayName: "The maximum batch size",
    doc: "Records per bulk write, at most; 0 = all that are at hand.",
  },
  "bulk.write.ordered": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    group: "Writes",
    width: "MEDIUM",
    displayName: "Use ordered bulk writes",
    doc: "Whether a bulk write is done in order. Otherwise only writes of one document are, and the rest side by side.",
  },
  "rate.limiting.timeout": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "LOW",
    group: "Writes",
    width: "MEDIUM",
    displayName: "The rate limiting timeout",
    doc: "Milliseconds to wait after every rate.limiting.every.n bulk writes; 0 = none.",
  },
  "rate.limiting.every.n": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "LOW",
    group: "Writes",
    width: "MEDIUM",
    displayName: "The rate limiting batch number",
    doc: "Bulk writes between such waits; 0 = there are none.",
  },
  "post.processor.chain": {
    type: "LIST",
    default: ["com.mongodb.kafka.connect.sink.processor.DocumentIdAdder"],
    oneOf: Object.keys(POST_PROCESSORS),
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The post processor chain",
    doc: "What changes documents before they are written, class by class: DocumentIdAdder (the first where it is not named), AllowListKeyProjector, AllowListValueProjector, BlockListKeyProjector, BlockListValueProjector, field.renaming.RenameByMapping, field.renaming.RenameByRegExp, KafkaMetaAdder, NullFieldValueRemover.",
  },
  "key.projection.type": {
    type: "STRING",
    default: "none",
    oneOf: PROJECTION_TYPES,
    ignoreCase: true,
    recommend: () => PROJECTION_TYPES,
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The key projection type",
    doc: "What key.projection.list names: fields of the key to keep (allowlist) or to drop (blocklist).",
  },
  "key.projection.list": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The key projection list",
    dependents: ["key.projection.type"],
    doc: "Names or paths of the key's fields; * stands for one name, ** for all below.",
  },
  "value.projection.type": {
    type: "STRING",
    default: "none",
    oneOf: PROJECTION_TYPES,
    ignoreCase: true,
    recommend: () => PROJECTION_TYPES,
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The type of value projection to use Use either `AllowList` or `BlockList`.",
    doc: "What value.projection.list names: fields of the value to keep (allowlist) or to drop (blocklist).",
  },
  "value.projection.list": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The value projection list",
    dependents: ["value.projection.type"],
    doc: "Names or paths of the value's fields; * stands for one name, ** for all below.",
  },
  "field.renamer.mapping": {
    type: "STRING",
    default: "[]",
    check: jsonDocuments,
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The field renamer mapping",
    doc: 'For RenameByMapping: [{"oldName": "value.a.b", "newName": "c"}], the path beginning with key or value.',
  },
  "field.renamer.regexp": {
    type: "STRING",
    default: "[]",
    check: jsonDocuments,
    importance: "LOW",
    group: "Post Processing",
    width: "MEDIUM",
    displayName: "The field renamer regex",
    doc: 'For RenameByRegExp: [{"regexp": "^value\\\\.a.*$", "pattern": "x", "replace": "y"}]; names whose paths match regexp have pattern replaced.',
  },
  "document.id.strategy": {
    type: "STRING",
    default: "com.mongodb.kafka.connect.sink.processor.id.strategy.BsonOidStrategy",
    oneOf: Object.keys(ID_STRATEGIES),
    importance: "HIGH",
    group: "Id Strategies",
    width: "MEDIUM",
    displayName: "The document id strategy",
    doc: "Where _id comes from: BsonOidStrategy (new), UuidStrategy, KafkaMetaDataStrategy, FullKeyStrategy, PartialKeyStrategy, PartialValueStrategy, ProvidedInKeyStrategy, ProvidedInValueStrategy, UuidProvidedInKeyStrategy or UuidProvidedInValueStrategy, with their package. Only ids that come from the record make a repeated record harmless.",
  },
  "document.id.strategy.overwrite.existing": {
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    group: "Id Strategies",
    width: "MEDIUM",
    displayName: "The document id strategy overwrite existing setting",
    doc: "Whether an _id that the value has already is overwritten.",
  },
  "document.id.strategy.uuid.format": {
    type: "STRING",
    default: "string",
    oneOf: ["string", "binary"],
    ignoreCase: true,
    recommend: () => ["string", "binary"],
    importance: "HIGH",
    group: "Id Strategies",
    width: "MEDIUM",
    displayName: "The document id strategy uuid format",
    doc: "How UuidStrategy writes ids.",
  },
  "document.id.strategy.partial.key.projection.type": {
    ...PARTIAL_TYPE,
    displayName: "The document id strategy key projection",
    doc: "As key.projection.type, for PartialKeyStrategy alone; empty = the same.",
  },
  "document.id.strategy.partial.key.projection.list": {
    ...PARTIAL_LIST,
    displayName: "The document id strategy key projection list",
    dependents: ["document.id.strategy.partial.key.projection.type"],
    doc: "As key.projection.list, for PartialKeyStrategy alone; empty = the same.",
  },
  "document.id.strategy.partial.value.projection.type": {
    ...PARTIAL_TYPE,
    displayName: "The document id strategy value projection",
    doc: "As value.projection.type, for PartialValueStrategy alone; empty = the same.",
  },
  "document.id.strategy.partial.value.projection.list": {
    ...PARTIAL_LIST,
    displayName: "The document id strategy value projection list",
    dependents: ["document.id.strategy.partial.value.projection.type"],
    doc: "As value.projection.list, for PartialValueStrategy alone; empty = the same.",
  },
  ...errorKeys(
    ["none", "all", "data"],
    "Whether a record that cannot be written is reported and skipped (all, data) or fails the task.",
  ),
  "change.data.capture.handler": {
    type: "STRING",
    default: "",
    oneOf: ["", ...Object.keys(CDC_HANDLERS)],
    importance: "LOW",
    group: "Change Data Capture",
    width: "MEDIUM",
    displayName: "The CDC handler",
    doc: "What reads change events instead of documents: cdc.mongodb.ChangeStreamHandler, cdc.debezium.mongodb.MongoDbHandler or ChangeStreamHandler, cdc.debezium.rdbms.RdbmsHandler, its mysql.MysqlHandler and postgres.PostgresHandler, or cdc.qlik.rdbms.RdbmsHandler, below com.mongodb.kafka.connect.sink. Post processors have no part in it.",
  },
  "change.data.capture.handler.remove.null.values": {
    type: "BOOLEAN",
    default: false,
    beyondJava: true,
    importance: "LOW",
    group: "Change Data Capture",
    width: "MEDIUM",
    displayName: "Remove null values of change events",
    doc: "Whether fields that are null are left out of what a change event writes.",
  },
  "timeseries.timefield": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "The field used for time",
    doc: "Field of the time; makes the collection a time series, which is created where there is none.",
  },
  "timeseries.metafield": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "The field describing the series",
    doc: "Field that tells the series apart.",
  },
  "timeseries.expire.after.seconds": {
    type: "LONG",
    default: 0,
    min: 0,
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "The data expiry time in seconds",
    doc: "Seconds after which documents are deleted; 0 = never.",
  },
  "timeseries.granularity": {
    type: "STRING",
    default: "",
    oneOf: ["", "seconds", "minutes", "hours"],
    ignoreCase: true,
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "The data expiry time",
    doc: "Distance of a series' documents: seconds, minutes or hours; empty = the server's choice.",
  },
  "timeseries.timefield.auto.convert": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "Convert the field to a BSON datetime type.",
    doc: "Whether a number (milliseconds) or text in the field of the time is made a date.",
  },
  "timeseries.timefield.auto.convert.date.format": {
    type: "STRING",
    default: DEFAULT_DATE_PATTERN,
    check: datePattern,
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName: "The DateTimeFormatter pattern for the date.",
    doc: "Pattern of such texts, as of Java's DateTimeFormatter; patterns with texts of a language are refused.",
  },
  "timeseries.timefield.auto.convert.locale.language.tag": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Time series",
    width: "MEDIUM",
    displayName:
      "The DateTimeFormatter locale language tag to use: Defaults to using the neutral Locale.ROOT.",
    doc: "Has no effect: only patterns that need no language are supported.",
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;

/** The configuration of one topic's records: overrides applied, tolerance decided. */
export interface TopicConfig extends Config {
  readonly topic: string;
  readonly tolerates: boolean;
  readonly logsErrors: boolean;
}

const OVERRIDE = "topic.override.";

/** A topic's configuration. @throws {ConfigError} for the first value that is wrong */
export function topicConfig(topic: string, props: Props): TopicConfig {
  const overridden: Record<string, string> = { ...props };
  const prefix = `${OVERRIDE}${topic}.`;
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith(prefix)) overridden[key.slice(prefix.length)] = value;
  }
  const config = parseConfig(CONFIG, overridden);
  const tolerance = config[ownKey(overridden, "errors.tolerance")];
  const logs = config[ownKey(overridden, "errors.log.enable")];
  return { ...config, topic, tolerates: tolerance !== "none", logsErrors: logs };
}

/** Topics that have keys of their own; names may have dots, so the key that ends them is looked for. */
export function overriddenTopics(props: Props): string[] {
  const topics = new Set<string>();
  for (const name of Object.keys(props)) {
    if (!name.startsWith(OVERRIDE)) continue;
    const rest = name.slice(OVERRIDE.length);
    const key = Object.keys(CONFIG).find((candidate) => rest.endsWith(`.${candidate}`));
    if (key !== undefined) topics.add(rest.slice(0, -key.length - 1));
  }
  return [...topics];
}

/** `check` of a key whose text is a JSON list of documents. */
function jsonDocuments(value: unknown): string | undefined {
  try {
    if ((value as string).trim() !== "") parseDocuments(value as string);
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return `Not a valid JSON array: ${error.message}`;
    throw error;
  }
}

function datePattern(value: unknown, key: string): undefined {
  compileDatePattern(key, value as string);
}
