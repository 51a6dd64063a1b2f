import { availableParallelism } from "node:os";
import { type ConfigDef, type ConfigOf, parseConfig, type Props } from "@millrace/connect-api";
import { defaultHeapMb } from "../threads/memory-limit.ts";
import { REST_CONFIG, SSL_CONFIG } from "./rest-config.ts";

/** Keys of every worker, with Java's types and defaults (Java: `WorkerConfig`). */
export const WORKER_CONFIG = {
  "bootstrap.servers": {
    type: "LIST",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Brokers to begin with, as host:port; the rest of the cluster is found through them.",
  },
  "client.dns.lookup": {
    type: "STRING",
    default: "use_all_dns_ips",
    oneOf: ["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"],
    importance: "MEDIUM",
    doc: "How names of brokers that have several addresses are used.",
  },
  "key.converter": {
    type: "CLASS",
    importance: "HIGH",
    doc: "Converter of record keys, unless a connector has its own. Its keys are given with the prefix key.converter.",
  },
  "key.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the key converter.",
  },
  "value.converter": {
    type: "CLASS",
    importance: "HIGH",
    doc: "Converter of record values, unless a connector has its own. Its keys are given with the prefix value.converter.",
  },
  "value.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the value converter.",
  },
  "header.converter": {
    type: "CLASS",
    default: "org.apache.kafka.connect.storage.SimpleHeaderConverter",
    importance: "LOW",
    doc: "Converter of header values, unless a connector has its own.",
  },
  "header.converter.plugin.version": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Version or version range of the header converter.",
  },
  "task.shutdown.graceful.timeout.ms": {
    type: "LONG",
    default: 5000,
    importance: "LOW",
    doc: "Milliseconds that tasks get to finish when they are stopped; all tasks stopped together share them.",
  },
  "offset.flush.interval.ms": {
    type: "LONG",
    default: 60_000,
    importance: "LOW",
    doc: "Milliseconds between two commits of a task's offsets.",
  },
  "offset.flush.timeout.ms": {
    type: "LONG",
    default: 5000,
    importance: "LOW",
    doc: "Milliseconds to wait for records and offsets before a commit is given up until next time.",
  },
  "plugin.path": {
    type: "LIST",
    default: null,
    importance: "LOW",
    doc: "Folders of plugins: npm packages, or folders that hold some.",
  },
  "plugin.discovery": {
    type: "STRING",
    default: "hybrid_warn",
    oneOf: ["ONLY_SCAN", "SERVICE_LOAD", "HYBRID_WARN", "HYBRID_FAIL"],
    ignoreCase: true,
    importance: "LOW",
    doc: "How Java finds plugins; here they are always found by their manifests.",
  },
  "config.providers": {
    type: "LIST",
    default: [],
    importance: "LOW",
    doc: "Names of the providers that resolve ${name:path:key} in configurations.",
  },
  "connector.client.config.override.policy": {
    type: "STRING",
    default: "All",
    importance: "MEDIUM",
    doc: "Which settings of their Kafka clients connectors may override: All, None or Principal.",
  },
  "topic.tracking.enable": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Keep track of the topics each connector uses.",
  },
  "topic.tracking.allow.reset": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Let users clear the list of a connector's topics.",
  },
  "topic.creation.enable": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Let source connectors create topics by their topic.creation.* keys.",
  },
  "metrics.sample.window.ms": {
    type: "LONG",
    default: 30_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds one sample of a rate or average covers.",
  },
  "metrics.num.samples": {
    type: "INT",
    default: 2,
    min: 1,
    importance: "LOW",
    doc: "Samples that make up a rate or average.",
  },
  "metrics.recording.level": {
    type: "STRING",
    default: "INFO",
    oneOf: ["INFO", "DEBUG"],
    importance: "LOW",
    doc: "Which metrics are kept.",
  },
  "metric.reporters": {
    type: "LIST",
    default: ["org.apache.kafka.common.metrics.JmxReporter"],
    importance: "LOW",
    doc: "Java's metric reporters. What JmxReporter tells is at /metrics here; others are named in a warning.",
  },
  "task.threads": {
    type: "INT",
    default: null,
    min: 1,
    importance: "MEDIUM",
    doc: "Threads that tasks share. By default the number of processor cores.",
  },
  "task.thread.stuck.ms": {
    type: "LONG",
    default: 60_000,
    min: 1000,
    importance: "LOW",
    doc: "Milliseconds a plugin may block its thread. After that the thread is ended, the task fails, and its neighbours start again elsewhere.",
  },
  "task.thread.max.heap.mb": {
    type: "INT",
    default: null,
    min: 64,
    importance: "LOW",
    doc: "Megabytes of objects, and as many of Buffers, that a thread of tasks may hold; half of it for the threads of connectors and validations. A thread that holds more is ended, and the guilty task fails. By default half of the machine's or container's memory, divided by task.threads: 256 at least and 2048 at most.",
  },
  ...REST_CONFIG,
  ...SSL_CONFIG,
} as const satisfies ConfigDef;

/** Keys of a standalone worker (Java: `StandaloneConfig`). */
export const STANDALONE_CONFIG = {
  ...WORKER_CONFIG,
  "offset.storage.file.filename": {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "File that source offsets are kept in.",
  },
} as const satisfies ConfigDef;

export type WorkerConfig = ConfigOf<typeof WORKER_CONFIG>;
export type StandaloneConfig = ConfigOf<typeof STANDALONE_CONFIG>;

/** @throws {ConfigError} for the first key that is missing or wrong */
export function parseWorkerConfig(props: Props): WorkerConfig {
  return parseConfig(WORKER_CONFIG, props);
}

/** @throws {ConfigError} for the first key that is missing or wrong */
export function parseStandaloneConfig(props: Props): StandaloneConfig {
  return parseConfig(STANDALONE_CONFIG, props);
}

/** Threads for tasks: `task.threads`, or one per core. */
export function taskThreads(config: WorkerConfig): number {
  return config["task.threads"] ?? availableParallelism();
}

/** Megabytes that a thread may hold: `task.thread.max.heap.mb`, or a share of what there is. */
export function threadHeapMb(config: WorkerConfig): number {
  return config["task.thread.max.heap.mb"] ?? defaultHeapMb(taskThreads(config));
}
