import { compileJavaRegex, type ConfigDef, type ConfigOf } from "@millrace/connect-api";
import { RESTART_CONFIG } from "./restart-config.ts";

/** Names that other keys contain; each may be there once. */
const ALIASES = {
  keepDuplicates: true,
  checksNull: true,
  check: (value: unknown) => {
    const names = value as readonly string[] | null;
    if (names === null) return "entry must be non null";
    return new Set(names).size < names.length ? "Duplicate alias provided." : undefined;
  },
} as const;

/** Keys of every connector (Java: `ConnectorConfig`). */
export const CONNECTOR_CONFIG = {
  name: {
    type: "STRING",
    importance: "HIGH",
    doc: "Name of the connector, unique in the cluster.",
    check: (value) => nameProblem(value as string),
    group: "Common",
    orderInGroup: 1,
    width: "MEDIUM",
    displayName: "Connector name",
  },
  "connector.class": {
    type: "STRING",
    importance: "HIGH",
    doc: "Class of the connector: its full name, its simple name, or that without Connector at its end.",
    group: "Common",
    orderInGroup: 2,
    width: "LONG",
    displayName: "Connector class",
  },
  "connector.plugin.version": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Version or version range of the connector; by default the newest installed.",
    group: "Common",
    orderInGroup: 3,
    width: "MEDIUM",
    displayName: "Connector version",
  },
  "tasks.max": {
    type: "INT",
    default: 1,
    min: 1,
    importance: "HIGH",
    doc: "Most tasks the connector may split its work into.",
    group: "Common",
    orderInGroup: 4,
    width: "SHORT",
    displayName: "Tasks max",
  },
  "tasks.max.enforce": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Fail the connector when it makes more tasks than tasks.max.",
    group: "Common",
    orderInGroup: 5,
    width: "SHORT",
    displayName: "Enforce tasks max",
  },
  "key.converter": {
    type: "CLASS",
    default: null,
    importance: "LOW",
    doc: "Converter of record keys; by default the worker's. Its keys are given with the prefix key.converter.",
    group: "Common",
    orderInGroup: 6,
    width: "SHORT",
    displayName: "Key converter class",
  },
  "key.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the key converter.",
    group: "Common",
    orderInGroup: 7,
    width: "SHORT",
    displayName: "Key converter version",
  },
  "value.converter": {
    type: "CLASS",
    default: null,
    importance: "LOW",
    doc: "Converter of record values; by default the worker's. Its keys are given with the prefix value.converter.",
    group: "Common",
    orderInGroup: 8,
    width: "SHORT",
    displayName: "Value converter class",
  },
  "value.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the value converter.",
    group: "Common",
    orderInGroup: 9,
    width: "SHORT",
    displayName: "Value converter version",
  },
  "header.converter": {
    type: "CLASS",
    default: null,
    importance: "LOW",
    doc: "Converter of header values; by default the worker's. Its keys are given with the prefix header.converter.",
    group: "Common",
    orderInGroup: 10,
    width: "SHORT",
    displayName: "Header converter class",
  },
  "header.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the header converter.",
    group: "Common",
    orderInGroup: 11,
    width: "SHORT",
    displayName: "Header converter version",
  },
  transforms: {
    type: "LIST",
    default: [],
    ...ALIASES,
    importance: "LOW",
    doc: "Names of the transformations applied to each record, in this order; each has its keys under transforms.<name>.",
    group: "Transforms",
    orderInGroup: 12,
    width: "LONG",
    displayName: "Transforms",
  },
  predicates: {
    type: "LIST",
    default: [],
    ...ALIASES,
    importance: "LOW",
    doc: "Names of the predicates that transformations refer to; each has its keys under predicates.<name>.",
    group: "Predicates",
    orderInGroup: 13,
    width: "LONG",
    displayName: "Predicates",
  },
  "config.action.reload": {
    type: "STRING",
    default: "restart",
    oneOf: ["none", "restart"],
    importance: "LOW",
    doc: "What happens when a configuration provider says that values have expired.",
    group: "Common",
    orderInGroup: 14,
    width: "MEDIUM",
    displayName: "Reload Action",
  },
  "errors.retry.timeout": {
    type: "LONG",
    default: 0,
    importance: "MEDIUM",
    doc: "Milliseconds that a failed operation is tried again; 0 not at all, -1 for ever.",
    group: "Error Handling",
    orderInGroup: 1,
    width: "MEDIUM",
    displayName: "Retry Timeout for Errors",
  },
  "errors.retry.delay.max.ms": {
    type: "LONG",
    default: 60_000,
    importance: "MEDIUM",
    doc: "Longest pause between two tries, in milliseconds.",
    group: "Error Handling",
    orderInGroup: 2,
    width: "MEDIUM",
    displayName: "Maximum Delay Between Retries for Errors",
  },
  "errors.tolerance": {
    type: "STRING",
    default: "none",
    oneOf: ["none", "all"],
    importance: "MEDIUM",
    doc: "none: an error in a record fails the task; all: the record is skipped.",
    group: "Error Handling",
    orderInGroup: 3,
    width: "SHORT",
    displayName: "Error Tolerance",
  },
  "errors.log.enable": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Log each error with the operation it happened in.",
    group: "Error Handling",
    orderInGroup: 4,
    width: "SHORT",
    displayName: "Log Errors",
  },
  "errors.log.include.messages": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Log topic, partition, offset and timestamp of the record too.",
    group: "Error Handling",
    orderInGroup: 5,
    width: "SHORT",
    displayName: "Log Error Details",
  },
} as const satisfies ConfigDef;

/** Keys of a source connector (Java: `SourceConnectorConfig`). */
export const SOURCE_CONNECTOR_CONFIG = {
  ...CONNECTOR_CONFIG,
  "topic.creation.groups": {
    type: "LIST",
    default: [],
    ...ALIASES,
    importance: "LOW",
    doc: "Names of groups of topics that are created with settings of their own, given under topic.creation.<group>.",
    group: "Topic Creation",
    orderInGroup: 1,
    width: "LONG",
    displayName: "Topic Creation Groups",
  },
  "exactly.once.support": {
    type: "STRING",
    default: "requested",
    oneOf: ["REQUIRED", "REQUESTED"],
    ignoreCase: true,
    importance: "MEDIUM",
    doc: "required: refuse the connector unless exactly-once delivery is sure.",
    group: "Exactly Once Support",
    orderInGroup: 2,
    width: "SHORT",
    displayName: "Exactly once support",
  },
  "transaction.boundary": {
    type: "STRING",
    default: "poll",
    oneOf: ["INTERVAL", "POLL", "CONNECTOR"],
    ignoreCase: true,
    importance: "MEDIUM",
    doc: "What ends a transaction: each poll, an interval, or the connector itself.",
    group: "Exactly Once Support",
    orderInGroup: 3,
    width: "SHORT",
    displayName: "Transaction Boundary",
  },
  "transaction.boundary.interval.ms": {
    type: "LONG",
    default: null,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds between two transactions where transaction.boundary is interval.",
    group: "Exactly Once Support",
    orderInGroup: 4,
    width: "SHORT",
    displayName: "Transaction boundary interval",
  },
  "offsets.storage.topic": {
    type: "STRING",
    default: null,
    nonEmpty: true,
    importance: "LOW",
    doc: "Topic for this connector's offsets, besides the worker's own.",
    group: "offsets.topic",
    orderInGroup: 1,
    width: "LONG",
    displayName: "Offsets topic",
  },
} as const satisfies ConfigDef;

/** Keys of a sink connector (Java: `SinkConnectorConfig`). */
export const SINK_CONNECTOR_CONFIG = {
  ...CONNECTOR_CONFIG,
  topics: {
    type: "LIST",
    default: [],
    distinct: true,
    importance: "HIGH",
    doc: "Topics to consume, separated by commas.",
    group: "Common",
    orderInGroup: 4,
    width: "LONG",
    displayName: "Topics",
  },
  "topics.regex": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "Regular expression of the topics to consume, instead of topics.",
    check: (value) => regexProblem(value as string),
    group: "Common",
    orderInGroup: 4,
    width: "LONG",
    displayName: "Topics regex",
  },
  "errors.deadletterqueue.topic.name": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    doc: "Topic that records with errors are written to; empty: none.",
    group: "Error Handling",
    orderInGroup: 6,
    width: "MEDIUM",
    displayName: "Dead Letter Queue Topic Name",
  },
  "errors.deadletterqueue.topic.replication.factor": {
    type: "SHORT",
    default: 3,
    importance: "MEDIUM",
    doc: "Copies of the dead letter topic, where the worker creates it.",
    group: "Error Handling",
    orderInGroup: 7,
    width: "MEDIUM",
    displayName: "Dead Letter Queue Topic Replication Factor",
  },
  "errors.deadletterqueue.context.headers.enable": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Add headers that tell where and why a record failed.",
    group: "Error Handling",
    orderInGroup: 8,
    width: "MEDIUM",
    displayName: "Enable Error Context Headers",
  },
} as const satisfies ConfigDef;

/**
 * Keys of every connector that Java does not have. They are checked like all others, but
 * shown only where they are given: clients expect Java's lists.
 */
export const OWN_CONNECTOR_CONFIG = {
  "task.isolation": {
    type: "STRING",
    default: "shared",
    oneOf: ["shared", "dedicated", "inline"],
    importance: "LOW",
    doc: "Where tasks run: in threads they share, each in a thread of its own, or, for tests and debugging only, in the worker's main thread, where none can be ended.",
    group: "Common",
    width: "SHORT",
    displayName: "Task isolation",
  },
  ...RESTART_CONFIG,
} as const satisfies ConfigDef;

/** Such keys of sources. */
export const OWN_SOURCE_CONFIG = {
  ...OWN_CONNECTOR_CONFIG,
  "source.filtered.offsets": {
    type: "STRING",
    default: "ignore",
    oneOf: ["ignore", "commit"],
    importance: "MEDIUM",
    doc: "What becomes of the offset of a record that a transformation drops or errors.tolerance=all skips. ignore: it is not committed, as in Kafka Connect; commit: it is, once everything that was read before it is written.",
    group: "Common",
    width: "SHORT",
    displayName: "Offsets of Filtered Records",
  },
  "errors.deadletterqueue.source.topic.name": {
    type: "STRING",
    default: "",
    check: (value) => topicProblem(value as string),
    importance: "MEDIUM",
    doc: "Topic that records which cannot be transformed, converted or written go to, with headers that tell where and why they failed; empty: none.",
    group: "Error Handling",
    width: "MEDIUM",
    displayName: "Source Dead Letter Queue Topic Name",
  },
  "errors.deadletterqueue.source.topic.replication.factor": {
    type: "SHORT",
    default: 3,
    importance: "MEDIUM",
    doc: "Copies of that topic, where the worker creates it; -1 leaves it to the broker.",
    group: "Error Handling",
    width: "MEDIUM",
    displayName: "Source Dead Letter Queue Topic Replication Factor",
  },
} as const satisfies ConfigDef;

/** Such keys of sinks. */
export const OWN_SINK_CONFIG = {
  ...OWN_CONNECTOR_CONFIG,
  "errors.put.isolate": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "With errors.tolerance=all: give a batch that the connector refuses with an error that is not retriable to it again in halves, down to the guilty records, which are reported and skipped.",
    group: "Error Handling",
    width: "SHORT",
    displayName: "Isolate Records That Put Refuses",
  },
} as const satisfies ConfigDef;

export type ConnectorConfig = ConfigOf<typeof CONNECTOR_CONFIG>;
export type SourceConnectorConfig = ConfigOf<typeof SOURCE_CONNECTOR_CONFIG>;
export type SinkConnectorConfig = ConfigOf<typeof SINK_CONNECTOR_CONFIG>;

function nameProblem(name: string): string | undefined {
  if (name === "") return "String may not be empty";
  const control = Array.from(name, (c) => c.codePointAt(0)!).filter(
    (c) => c < 0x20 || (c >= 0x7f && c < 0xa0),
  );
  return control.length === 0
    ? undefined
    : `String may not contain control sequences but had the following ASCII chars: ${control.join(", ")}`;
}

function regexProblem(pattern: string): string | undefined {
  try {
    compileJavaRegex(pattern);
    return undefined;
  } catch (error) {
    return `Invalid regex: ${(error as Error).message}`;
  }
}

function topicProblem(name: string): string | undefined {
  const trimmed = name.trim();
  if (trimmed === "" || (/^[\w.-]{1,249}$/.test(trimmed) && !/^\.\.?$/.test(trimmed)))
    return undefined;
  return "topic names are 1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'";
}
