import { availableParallelism } from "node:os";
import {
  type ConfigDef,
  type ConfigOf,
  ConfigError,
  DataError,
  isConnectError,
  JavaSearch,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { parseDocument, parseDocuments } from "../bson/json-reader.ts";
import type { JsonMode } from "../bson/json-writer.ts";
import { SERVER_KEYS, SOURCE_URI_KEY } from "../connection/config.ts";
import { errorKeys, ownDoc, ownKey } from "../error-keys.ts";
import { parseAvroSchema } from "./avro-schema.ts";
import { DEFAULT_KEY_SCHEMA, DEFAULT_VALUE_SCHEMA } from "./default-schemas.ts";
import { parseOperationTime } from "./operation-time.ts";
import { TopicMapper } from "./topic-mapper.ts";

const PACKAGE = "com.mongodb.kafka.connect.source.";
const DEFAULT_TOPIC_MAPPER = `${PACKAGE}topic.mapping.DefaultTopicMapper`;
const FORMATS = ["json", "bson", "schema"] as const;

/** Formatters by Java class. */
export const FORMATTERS: Readonly<Record<string, JsonMode>> = {
  [`${PACKAGE}json.formatter.DefaultJson`]: "strict",
  [`${PACKAGE}json.formatter.ExtendedJson`]: "extended",
  [`${PACKAGE}json.formatter.SimplifiedJson`]: "simplified",
};

const STARTUP = { importance: "MEDIUM", group: "Startup", width: "MEDIUM" } as const;
/** The keys of the copy, which have an old name as well. */
const COPY = {
  threads: {
    ...STARTUP,
    type: "INT",
    default: availableParallelism(),
    min: 1,
    displayName: "Copy existing max number of threads",
  },
  queueSize: {
    ...STARTUP,
    type: "INT",
    default: 16000,
    min: 1,
    displayName: "Copy existing queue size",
  },
  pipeline: {
    ...STARTUP,
    type: "STRING",
    default: "",
    check: jsonDocuments,
    displayName: "Copy existing initial pipeline",
  },
  namespaceRegex: {
    ...STARTUP,
    type: "STRING",
    default: "",
    check: regex,
    displayName: "Copy existing namespace regex",
  },
  allowDiskUse: {
    ...STARTUP,
    type: "BOOLEAN",
    default: true,
    displayName: "Copy existing allow disk use with the copying aggregation",
  },
} as const;
const DEAD_LETTERS = {
  type: "STRING",
  default: "",
  importance: "MEDIUM",
  group: "Errors",
  width: "SHORT",
  displayName: "Output errors to the dead letter queue",
} as const;

/** The source's keys (Java: `MongoSourceConfig`). */
export const CONFIG = {
  ...SOURCE_URI_KEY,
  "change.stream.history.lost": {
    type: "STRING",
    default: "fail",
    oneOf: ["fail", "copy_existing", "latest"],
    beyondJava: true,
    importance: "MEDIUM",
    group: "Startup",
    width: "MEDIUM",
    displayName: "When the server's history does not reach back",
    doc: "What happens when the server has no longer the events behind the offset: fail, copy_existing (all documents are copied again, deletes in between are not seen) or latest (the events in between are lost). errors.tolerance has no say in it.",
  },
  database: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Connection",
    width: "MEDIUM",
    displayName: "The database to watch.",
    doc: "Database to watch; empty = all of the deployment.",
  },
  collection: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Connection",
    width: "MEDIUM",
    displayName: "The collection to watch.",
    doc: "Collection to watch; empty = all of the database.",
  },
  ...SERVER_KEYS,
  pipeline: {
    type: "STRING",
    default: "[]",
    check: jsonDocuments,
    importance: "MEDIUM",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The pipeline to apply to the change stream",
    doc: "Stages applied to the change stream, a JSON array; they must keep _id.",
  },
  "batch.size": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "MEDIUM",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The cursor batch size",
    doc: "Events per answer of the server; 0 = its choice.",
  },
  "publish.full.document.only": {
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "Publish only the `fullDocument` field",
    doc: "Whether the document is the value instead of the event. Implies change.stream.full.document=updateLookup.",
  },
  "publish.full.document.only.tombstone.on.delete": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "Send a null value on a delete event. Requires publish.full.document.only=true.",
    doc: "Whether an event without document then has a null value. Otherwise there is no record of it.",
  },
  "change.stream.document.key.as.key": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "Use the `documentKey` for the source record key",
    doc: "Whether the document's key is the record's key. Otherwise the event's id.",
  },
  "change.stream.full.document.before.change": {
    type: "STRING",
    default: "",
    oneOf: ["", "default", "off", "whenAvailable", "required"],
    recommend: () => ["default", "off", "whenAvailable", "required"],
    importance: "HIGH",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The `fullDocumentBeforeChange` configuration.",
    doc: "Whether events have the document as it was: off, whenAvailable or required; the collection has to keep pre-images.",
  },
  "change.stream.full.document": {
    type: "STRING",
    default: "",
    oneOf: ["", "default", "updateLookup", "whenAvailable", "required"],
    recommend: () => ["default", "updateLookup", "whenAvailable", "required"],
    importance: "HIGH",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The `fullDocument` configuration.",
    doc: "Whether events of updates have the document: default (no), updateLookup (as it is by then), whenAvailable or required (as it was after the change).",
  },
  "change.stream.show.expanded.events": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The `showExpandedEvents` configuration.",
    doc: "Whether events of more kinds, as of indexes, are shown; MongoDB 6.",
  },
  collation: {
    type: "STRING",
    default: "",
    check: jsonDocument,
    importance: "HIGH",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The collation options",
    doc: "Collation of the pipeline, a JSON document.",
  },
  "poll.max.batch.size": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "The maximum batch size",
    doc: "Events per poll, at most.",
  },
  "poll.await.time.ms": {
    type: "LONG",
    default: 5000,
    min: 1,
    importance: "LOW",
    group: "Change stream",
    width: "MEDIUM",
    displayName: "Poll await time (ms)",
    doc: "Milliseconds that the server waits for events.",
  },
  "topic.mapper": {
    type: "STRING",
    default: DEFAULT_TOPIC_MAPPER,
    oneOf: [DEFAULT_TOPIC_MAPPER],
    importance: "HIGH",
    group: "Topic mapping",
    width: "LONG",
    displayName: "The topic mapper class",
    doc: "What says which topic an event goes to; only DefaultTopicMapper.",
  },
  "topic.separator": {
    type: "STRING",
    default: ".",
    importance: "LOW",
    group: "Topic mapping",
    width: "MEDIUM",
    displayName: "The topic separator",
    doc: "Between the parts of topics' names.",
  },
  "topic.prefix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Topic mapping",
    width: "MEDIUM",
    displayName: "The topic prefix",
    doc: "First part of topics' names.",
  },
  "topic.suffix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Topic mapping",
    width: "MEDIUM",
    displayName: "The topic suffix",
    doc: "Last part of topics' names.",
  },
  "topic.namespace.map": {
    type: "STRING",
    default: "",
    check: topicMap,
    importance: "HIGH",
    group: "Topic mapping",
    width: "MEDIUM",
    displayName: "The namespace to topic map",
    doc: 'Topics by namespace, a JSON document: {"db.coll": "topic", "db": "part before .coll", "/regex": "{db}{sep_coll}", "*": "rest"}.',
  },
  "output.format.key": {
    type: "STRING",
    default: "json",
    oneOf: FORMATS,
    recommend: () => FORMATS,
    importance: "HIGH",
    group: "Schema",
    width: "MEDIUM",
    displayName: "The key output format",
    doc: "json (text), bson (bytes) or schema.",
  },
  "output.format.value": {
    type: "STRING",
    default: "json",
    oneOf: FORMATS,
    recommend: () => FORMATS,
    importance: "HIGH",
    group: "Schema",
    width: "MEDIUM",
    displayName: "The value output format",
    doc: "json (text), bson (bytes) or schema.",
  },
  "output.schema.infer.value": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Schema",
    width: "MEDIUM",
    displayName: "Enable Infer Schemas for the value",
    doc: "With output.format.value=schema: whether each document's schema is made from it. Otherwise output.schema.value is.",
  },
  "output.schema.key": {
    type: "STRING",
    default: DEFAULT_KEY_SCHEMA,
    check: avroSchema,
    importance: "HIGH",
    group: "Schema",
    width: "MEDIUM",
    displayName: "The Avro schema definition for the key.",
    doc: "Avro schema of keys, for output.format.key=schema.",
  },
  "output.schema.value": {
    type: "STRING",
    default: DEFAULT_VALUE_SCHEMA,
    check: avroSchema,
    importance: "HIGH",
    group: "Schema",
    width: "MEDIUM",
    displayName: "The Avro schema definition for the value.",
    doc: "Avro schema of values, for output.format.value=schema.",
  },
  "output.json.formatter": {
    type: "STRING",
    default: "com.mongodb.kafka.connect.source.json.formatter.DefaultJson",
    oneOf: Object.keys(FORMATTERS),
    importance: "MEDIUM",
    group: "Schema",
    width: "MEDIUM",
    displayName: "The json formatter class",
    doc: "How JSON writes types that it has not: DefaultJson, ExtendedJson or SimplifiedJson, with their package.",
  },
  "startup.mode": {
    type: "STRING",
    default: "",
    oneOf: ["", "latest", "timestamp", "copy_existing"],
    importance: "MEDIUM",
    group: "Startup",
    width: "MEDIUM",
    displayName: "The start up behavior when there is no source offset available.",
    dependents: [
      "startup.mode.timestamp.start.at.operation.time",
      "startup.mode.copy.existing.max.threads",
      "startup.mode.copy.existing.queue.size",
      "startup.mode.copy.existing.pipeline",
      "startup.mode.copy.existing.namespace.regex",
      "startup.mode.copy.existing.allow.disk.use",
    ],
    doc: "Where to begin without an offset: latest, timestamp or copy_existing (all documents first).",
  },
  "startup.mode.timestamp.start.at.operation.time": {
    type: "STRING",
    default: "",
    check: operationTime,
    importance: "MEDIUM",
    group: "Startup",
    width: "MEDIUM",
    displayName: "The `startAtOperationTime` configuration.",
    doc: "For timestamp: seconds since the epoch, an ISO-8601 moment or extended JSON's $timestamp; 0 = the oldest event there is.",
  },
  "startup.mode.copy.existing.max.threads": {
    ...COPY.threads,
    doc: "For copy_existing: collections that are read at once.",
  },
  "startup.mode.copy.existing.queue.size": {
    ...COPY.queueSize,
    doc: "For copy_existing: documents that are read ahead, of all collections.",
  },
  "startup.mode.copy.existing.pipeline": {
    ...COPY.pipeline,
    doc: "For copy_existing: stages applied to the documents first, a JSON array.",
  },
  "startup.mode.copy.existing.namespace.regex": {
    ...COPY.namespaceRegex,
    doc: "For copy_existing: only namespaces (db.collection) in which this is found.",
  },
  "startup.mode.copy.existing.allow.disk.use": {
    ...COPY.allowDiskUse,
    doc: "For copy_existing: whether the server may use its disk for the stages.",
  },
  "copy.existing": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Startup",
    width: "MEDIUM",
    displayName: "Copy existing data",
    doc: "Old name of startup.mode=copy_existing.",
  },
  "copy.existing.max.threads": {
    ...COPY.threads,
    doc: "Old name of startup.mode.copy.existing.max.threads.",
  },
  "copy.existing.queue.size": {
    ...COPY.queueSize,
    doc: "Old name of startup.mode.copy.existing.queue.size.",
  },
  "copy.existing.pipeline": {
    ...COPY.pipeline,
    doc: "Old name of startup.mode.copy.existing.pipeline.",
  },
  "copy.existing.namespace.regex": {
    ...COPY.namespaceRegex,
    doc: "Old name of startup.mode.copy.existing.namespace.regex.",
  },
  "copy.existing.allow.disk.use": {
    ...COPY.allowDiskUse,
    doc: "Old name of startup.mode.copy.existing.allow.disk.use.",
  },
  ...errorKeys(
    ["none", "data", "all"],
    "Whether an event that cannot be converted is skipped (all) or fails the task. No tolerance skips events that are lost.",
  ),
  "errors.deadletterqueue.topic.name": {
    ...DEAD_LETTERS,
    doc: "Topic for events that cannot be converted, as texts; empty = none.",
  },
  "mongo.errors.deadletterqueue.topic.name": {
    ...DEAD_LETTERS,
    doc: ownDoc("errors.deadletterqueue.topic.name"),
  },
  "heartbeat.interval.ms": {
    type: "LONG",
    default: 0,
    min: 0,
    importance: "MEDIUM",
    group: "Errors",
    width: "MEDIUM",
    displayName: "Heartbeat interval",
    doc: "Milliseconds between records that say how far the stream has been read while it gives none; 0 = none. Without them, a quiet collection's offset may leave the server's history.",
  },
  "heartbeat.topic.name": {
    type: "STRING",
    default: "__mongodb_heartbeats",
    nonEmpty: true,
    importance: "MEDIUM",
    group: "Errors",
    width: "MEDIUM",
    displayName: "The heartbeat topic name",
    doc: "Topic of those records.",
  },
  "offset.partition.name": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Partition",
    width: "SHORT",
    displayName: "Offset partition name",
    doc: "Name under which offsets are kept; empty = made of hosts, database and collection. A new one begins afresh.",
  },
  provider: {
    type: "STRING",
    default: "",
    group: "",
    orderInGroup: -1,
    importance: "LOW",
    doc: "Has no effect: Java's connector tells the server who has set it up by it.",
  },
} as const satisfies ConfigDef;

export type SourceKeys = ConfigOf<typeof CONFIG>;

export type StartupMode = "latest" | "timestamp" | "copy_existing";

/** The parsed table, old names and shared ones decided. */
export interface Config extends SourceKeys {
  readonly startupMode: StartupMode;
  readonly copy: {
    readonly threads: number;
    readonly queueSize: number;
    readonly pipeline: string;
    readonly namespaceRegex: string;
    readonly allowDiskUse: boolean;
  };
  readonly tolerates: boolean;
  readonly logsErrors: boolean;
  readonly deadLetterTopic: string;
}

/** @throws {ConfigError} for the first key that is wrong */
export function readConfig(props: Props): Config {
  const config = parseConfig(CONFIG, props);
  return {
    ...config,
    startupMode: startupMode(config),
    copy: config["startup.mode"] === "" ? oldCopyKeys(config) : copyKeys(config),
    tolerates: config[ownKey(props, "errors.tolerance")] !== "none",
    logsErrors: config[ownKey(props, "errors.log.enable")],
    deadLetterTopic: config[ownKey(props, "errors.deadletterqueue.topic.name")],
  };
}

function copyKeys(config: SourceKeys): Config["copy"] {
  return {
    threads: config["startup.mode.copy.existing.max.threads"],
    queueSize: config["startup.mode.copy.existing.queue.size"],
    pipeline: config["startup.mode.copy.existing.pipeline"],
    namespaceRegex: config["startup.mode.copy.existing.namespace.regex"],
    allowDiskUse: config["startup.mode.copy.existing.allow.disk.use"],
  };
}

/** Those that go with `copy.existing`. */
function oldCopyKeys(config: SourceKeys): Config["copy"] {
  return {
    threads: config["copy.existing.max.threads"],
    queueSize: config["copy.existing.queue.size"],
    pipeline: config["copy.existing.pipeline"],
    namespaceRegex: config["copy.existing.namespace.regex"],
    allowDiskUse: config["copy.existing.allow.disk.use"],
  };
}

function startupMode(config: SourceKeys): StartupMode {
  if (config["startup.mode"] !== "") return config["startup.mode"];
  return config["copy.existing"] ? "copy_existing" : "latest";
}

/** The documents of a key that is a JSON list of them or empty. */
export function stages(text: string): Record<string, unknown>[] {
  return text.trim() === "" ? [] : parseDocuments(text);
}

function jsonDocuments(value: unknown, key: string): undefined {
  try {
    stages(value as string);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const text = value as string;
    throw new ConfigError(
      `Invalid value ${text} for configuration ${key}: Invalid value org.bson.json.JsonParseException: ${javaReason(text) ?? error.message} for configuration Not a valid JSON array`,
    );
  }
}

/** Java's words for a text that is no JSON value from its first character on. */
function javaReason(text: string): string | undefined {
  const [word = ""] = /^\s*[A-Za-z_$][\w$]*/.exec(text) ?? [];
  const found = word.trim();
  return found === "" ? undefined : `JSON reader was expecting a value but found '${found}'.`;
}

function jsonDocument(value: unknown): string | undefined {
  return problem(() => {
    if ((value as string).trim() !== "") parseDocument(value as string);
  });
}

function topicMap(value: unknown): string | undefined {
  return problem(
    () => new TopicMapper({ separator: ".", prefix: "", suffix: "", map: value as string }),
  );
}

function avroSchema(value: unknown): string | undefined {
  return problem(() => parseAvroSchema(value as string));
}

function operationTime(value: unknown): string | undefined {
  return problem(() => parseOperationTime(value as string));
}

function regex(value: unknown): string | undefined {
  return problem(() => new JavaSearch(value as string));
}

function problem(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (isConnectError(error)) return error.message;
    throw error;
  }
}
