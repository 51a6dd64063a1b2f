import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { macDigest } from "./mac-algorithms.ts";
import { WORKER_CONFIG } from "./worker-config.ts";

/** Keys of a worker of a cluster (Java: `DistributedConfig`), besides those of its Kafka clients. */
export const DISTRIBUTED_CONFIG = {
  ...WORKER_CONFIG,
  "group.id": {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Name of the cluster: workers with the same one share its connectors.",
  },
  "config.storage.topic": {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Topic that configurations are kept in.",
  },
  "config.storage.replication.factor": {
    type: "SHORT",
    default: 3,
    importance: "LOW",
    doc: "Copies of the configuration topic, used when it is created; -1 takes the brokers' default.",
    check: positiveOrDefault,
  },
  "offset.storage.topic": {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Topic that the offsets of sources are kept in.",
  },
  "offset.storage.partitions": {
    type: "INT",
    default: 25,
    importance: "LOW",
    doc: "Partitions of the offsets topic, used when it is created; -1 takes the brokers' default.",
    check: positiveOrDefault,
  },
  "offset.storage.replication.factor": {
    type: "SHORT",
    default: 3,
    importance: "LOW",
    doc: "Copies of the offsets topic, used when it is created; -1 takes the brokers' default.",
    check: positiveOrDefault,
  },
  "status.storage.topic": {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Topic that the states of connectors and tasks are kept in.",
  },
  "status.storage.partitions": {
    type: "INT",
    default: 5,
    importance: "LOW",
    doc: "Partitions of the status topic, used when it is created; -1 takes the brokers' default.",
    check: positiveOrDefault,
  },
  "status.storage.replication.factor": {
    type: "SHORT",
    default: 3,
    importance: "LOW",
    doc: "Copies of the status topic, used when it is created; -1 takes the brokers' default.",
    check: positiveOrDefault,
  },
  "session.timeout.ms": {
    type: "INT",
    default: 10_000,
    min: 1,
    importance: "HIGH",
    doc: "Milliseconds without a heartbeat after which the cluster gives a worker up.",
  },
  "heartbeat.interval.ms": {
    type: "INT",
    default: 3000,
    min: 1,
    importance: "HIGH",
    doc: "Milliseconds between two heartbeats: a third of session.timeout.ms, or less.",
  },
  "rebalance.timeout.ms": {
    type: "INT",
    default: 60_000,
    min: 1,
    importance: "HIGH",
    doc: "Milliseconds that workers have to give up work when it is shared out anew.",
  },
  "worker.sync.timeout.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "MEDIUM",
    doc: "Milliseconds a worker tries to catch up with the configuration topic before it gives its work back.",
  },
  "worker.unsync.backoff.ms": {
    type: "INT",
    default: 300_000,
    min: 0,
    importance: "MEDIUM",
    doc: "Milliseconds a worker that could not catch up stays away from the cluster (connect.protocol=eager).",
  },
  "connect.protocol": {
    type: "STRING",
    default: "sessioned",
    oneOf: ["eager", "compatible", "sessioned"],
    ignoreCase: false,
    importance: "LOW",
    doc: "How work is shared out: eager stops all of it each time; compatible only what moves; sessioned as that, and workers sign their requests to each other.",
  },
  "scheduled.rebalance.max.delay.ms": {
    type: "INT",
    default: 300_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds that the work of a lost worker waits for its return before others get it.",
  },
  "exactly.once.source.support": {
    type: "STRING",
    default: "disabled",
    oneOf: ["DISABLED", "PREPARING", "ENABLED"],
    ignoreCase: true,
    importance: "HIGH",
    doc: "Whether the cluster can write the records of sources exactly once.",
  },
  "inter.worker.key.generation.algorithm": {
    type: "STRING",
    default: "HmacSHA256",
    importance: "LOW",
    doc: "Algorithm that session keys are made for.",
    check: macProblem,
  },
  "inter.worker.key.size": {
    type: "INT",
    default: null,
    importance: "LOW",
    doc: "Bits of a session key; by default as many as the algorithm gives.",
  },
  "inter.worker.key.ttl.ms": {
    type: "INT",
    default: 3_600_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds after which the leader makes a new session key; 0: never.",
  },
  "inter.worker.signature.algorithm": {
    type: "STRING",
    default: "HmacSHA256",
    importance: "LOW",
    doc: "Algorithm that workers sign their requests to each other with.",
    check: macProblem,
  },
  "inter.worker.verification.algorithms": {
    type: "LIST",
    default: ["HmacSHA256"],
    importance: "LOW",
    doc: "Algorithms of signatures that this worker accepts.",
    check: (value) =>
      Array.isArray(value) && value.length > 0
        ? value.map(macProblem).find((problem) => problem !== undefined)
        : "List of algorithms must not be empty",
  },
  "request.timeout.ms": {
    type: "INT",
    default: 40_000,
    min: 0,
    importance: "MEDIUM",
    doc: "Milliseconds to wait for a broker's answer.",
  },
  "retry.backoff.ms": {
    type: "LONG",
    default: 100,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds before a request that failed is repeated for the first time.",
  },
  "retry.backoff.max.ms": {
    type: "LONG",
    default: 1000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds before a request that failed is repeated, at most.",
  },
  "rest.wait.for.rebalance.ms": {
    type: "INT",
    default: 3_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds that a request waits for a rebalance to end before it is answered with 409. In Java requests wait in a queue meanwhile.",
  },
} as const satisfies ConfigDef;

export type DistributedConfig = ConfigOf<typeof DISTRIBUTED_CONFIG>;

/** @throws {ConfigError} for the first key that is missing or wrong */
export function parseDistributedConfig(props: Props): DistributedConfig {
  const config = parseConfig(DISTRIBUTED_CONFIG, props);
  const signature = config["inter.worker.signature.algorithm"];
  const verified = config["inter.worker.verification.algorithms"];
  if (!verified.includes(signature)) {
    throw new ConfigError(
      "inter.worker.verification.algorithms",
      verified.join(","),
      `The list must hold inter.worker.signature.algorithm (${signature}), or workers refuse each other's requests`,
    );
  }
  const session = config["session.timeout.ms"];
  if (config["heartbeat.interval.ms"] >= session) {
    throw new ConfigError(
      "heartbeat.interval.ms",
      config["heartbeat.interval.ms"],
      `must be less than session.timeout.ms (${session}); a third of it is usual`,
    );
  }
  const topics = ["config.storage.topic", "offset.storage.topic", "status.storage.topic"] as const;
  for (const [at, key] of topics.entries()) {
    const same = topics.slice(0, at).find((other) => config[other] === config[key]);
    if (same === undefined) continue;
    throw new ConfigError(key, config[key], `${same} is the same topic: each needs its own`);
  }
  return config;
}

/** How far a worker takes part in exactly-once delivery of sources (KIP-618). */
export type ExactlyOnceSupport =
  | "disabled"
  /** As leader it writes in transactions, and fences: what must hold before any worker is enabled. */
  | "preparing"
  | "enabled";

export function exactlyOnceSupport(config: DistributedConfig): ExactlyOnceSupport {
  return config["exactly.once.source.support"].toLowerCase() as ExactlyOnceSupport;
}

function positiveOrDefault(value: unknown): string | undefined {
  return value === -1 || (typeof value === "number" && value > 0)
    ? undefined
    : "Value must be at least 1, or -1 to use the broker's default";
}

function macProblem(value: unknown): string | undefined {
  return macDigest(String(value)) === undefined
    ? "No such algorithm; HmacSHA256 and HmacSHA512 are usual"
    : undefined;
}
