import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import {
  Admin,
  isKafkaError,
  type KafkaClient,
  type KafkaError,
  unwrap,
} from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";

export type InternalTopicKind = "config" | "offset" | "status";

/** A topic that a distributed worker keeps its state in. */
export interface InternalTopic {
  readonly kind: InternalTopicKind;
  readonly name: string;
  /** The key that names it; by default the worker's. */
  readonly key?: string;
  /** -1: the brokers' default. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic settings for its creation, cleanup.policy among them. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What is lost when a topic of the kind is not compacted, for messages. */
const HOLDS: Record<InternalTopicKind, string> = {
  config: "connector and task configurations",
  offset: "source connector offsets",
  status: "connector and task statuses",
};
const DEFAULT_PARTITIONS = { config: 1, offset: 25, status: 5 } as const;
const DEFAULT_REPLICATION_FACTOR = 3;
const FORBIDDEN: ReadonlySet<string> = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
]);
/** Also where the brokers are too old. */
const CANNOT: ReadonlySet<string> = new Set([...FORBIDDEN, "UNSUPPORTED_VERSION"]);
const APPEAR_MS = 30_000;
const RETRY_MS = 100;

/**
 * The topic by the worker's `{config,offset,status}.storage.*` keys; those that the framework does
 * not know itself are settings of the topic, for when it is created.
 */
export function internalTopic(
  kind: InternalTopicKind,
  props: Props,
  logger: Logger,
): InternalTopic {
  const {
    topic: name = "",
    "replication.factor": replicationFactor = DEFAULT_REPLICATION_FACTOR,
    partitions = DEFAULT_PARTITIONS[kind],
    "cleanup.policy": cleanupPolicy,
    "file.filename": file,
    ...settings
  } = withoutPrefix(props, `${kind}.storage.`);
  if (cleanupPolicy !== undefined)
    logger.warn(
      `Ignoring ${kind}.storage.cleanup.policy=${cleanupPolicy}: the topic is always compacted`,
    );
  if (file !== undefined)
    logger.warn(
      `Ignoring ${kind}.storage.file.filename: a worker of a cluster keeps its state in topics`,
    );
  if (kind === "config" && "config.storage.partitions" in props)
    logger.warn("Ignoring config.storage.partitions: the topic always has one partition");
  return {
    kind,
    name,
    partitions: kind === "config" ? 1 : Number(partitions),
    replicationFactor: Number(replicationFactor),
    settings: { ...settings, "cleanup.policy": "compact" },
  };
}

/**
 * Creates the topic where it is missing, waits until it is there, and checks that nothing that
 * stands in it can be lost.
 * @throws {ConnectError} in one line: worker key, topic, what is wrong and what mends it
 */
export async function ensureInternalTopic(
  client: KafkaClient,
  topic: InternalTopic,
  logger: Logger,
  signal?: AbortSignal,
): Promise<void> {
  await using admin = new Admin(client);
  try {
    await createIfMissing(admin, topic, logger);
    signal?.throwIfAborted();
    const partitions = await awaitTopic(client, topic, signal);
    if (topic.kind === "config" && partitions !== 1)
      throw new ConnectError(
        `${named(topic)} has ${partitions} partitions, and must have exactly one, since the order of all configurations matters: name another topic, or delete it and let the worker make it`,
      );
    await checkCompaction(admin, topic, logger);
  } catch (error) {
    if (!isKafkaError(error)) throw error;
    throw new ConnectError(`${named(topic)} could not be prepared: ${error.message}`, {
      cause: error,
    });
  }
}

/** The topic with the key that names it, for messages. */
export function named({ kind, name, key = `${kind}.storage.topic` }: InternalTopic): string {
  return `Topic ${name} (${key})`;
}

async function createIfMissing(admin: Admin, topic: InternalTopic, logger: Logger): Promise<void> {
  const { name, partitions, replicationFactor, settings: configs } = topic;
  const found = (await admin.describeTopics([name])).get(name);
  if (!isKafkaError(found)) return;
  if (found.code !== "UNKNOWN_TOPIC_OR_PARTITION") throw found;
  const created = (
    await admin.createTopics([{ name, partitions, replicationFactor, configs }])
  ).get(name);
  if (!isKafkaError(created)) {
    logger.info(`Created ${named(topic)}`);
    return;
  }
  await explainRefusal(admin, topic, created, logger);
}

/** Returns where the topic may be there all the same, or come by itself. */
async function explainRefusal(
  admin: Admin,
  topic: InternalTopic,
  refusal: KafkaError,
  logger: Logger,
): Promise<void> {
  const { kind, replicationFactor } = topic;
  if (CANNOT.has(refusal.code)) {
    logger.info(
      `${named(topic)} may not be created by the worker (${refusal.code}); waiting for the brokers, or somebody else, to create it`,
    );
    return;
  }
  switch (refusal.code) {
    case "TOPIC_ALREADY_EXISTS": // another worker was faster
      return;
    case "INVALID_REPLICATION_FACTOR": {
      const { brokers } = await admin.describeCluster();
      throw new ConnectError(
        `${named(topic)} could not be created with ${replicationFactor} replicas (${kind}.storage.replication.factor), since there are ${brokers.length} brokers: set ${kind}.storage.replication.factor to at most ${brokers.length}, or start more brokers`,
        { cause: refusal },
      );
    }
    case "POLICY_VIOLATION":
    case "INVALID_CONFIG":
    case "INVALID_PARTITIONS":
      throw new ConnectError(
        `${named(topic)} could not be created, since the brokers refuse its settings: ${refusal.message}; change the worker's keys ${kind}.storage.*, or create the topic with cleanup.policy=compact`,
        { cause: refusal },
      );
    default:
      throw refusal;
  }
}

/** @returns its partitions */
async function awaitTopic(
  client: KafkaClient,
  topic: InternalTopic,
  signal: AbortSignal | undefined,
): Promise<number> {
  // Brokers that may create it by themselves do so when they are asked for it.
  let allowAutoTopicCreation = true;
  for (const deadline = Date.now() + APPEAR_MS; ; await sleep(RETRY_MS, undefined, { signal })) {
    const request = { allowAutoTopicCreation, timeoutMs: Math.max(0, deadline - Date.now()) };
    try {
      const found = await client.metadata([topic.name], signal ? { ...request, signal } : request);
      const partitions = found.get(topic.name)?.partitions.length ?? 0;
      if (partitions > 0) return partitions;
    } catch (error) {
      const isForbidden = isKafkaError(error) && FORBIDDEN.has(error.code);
      if (!isForbidden || !allowAutoTopicCreation) throw error;
      allowAutoTopicCreation = false;
    }
    if (Date.now() < deadline) continue;
    throw new ConnectError(
      `${named(topic)} did not appear within ${APPEAR_MS} ms: create it with cleanup.policy=compact, or let the worker's principal create it`,
    );
  }
}

async function checkCompaction(admin: Admin, topic: InternalTopic, logger: Logger): Promise<void> {
  const { kind, name } = topic;
  let policy: string | null | undefined;
  try {
    policy = await cleanupPolicy(admin, name);
  } catch (error) {
    if (!isKafkaError(error) || !CANNOT.has(error.code)) throw error;
    logger.warn(
      `Could not check that ${named(topic)} has cleanup.policy=compact (${error.code}): make sure that it has, or ${HOLDS[kind]} will be lost`,
    );
    return;
  }
  if (policy === "compact") return;
  throw new ConnectError(
    `${named(topic)} has cleanup.policy=${policy ?? ""}, which would lose ${HOLDS[kind]}; it must be compact: kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config cleanup.policy=compact, or name another topic`,
  );
}

/** A broker may not have heard of a topic that has only just been made. */
async function cleanupPolicy(admin: Admin, name: string): Promise<string | null | undefined> {
  for (const deadline = Date.now() + APPEAR_MS; ; await sleep(RETRY_MS)) {
    const described = await admin.describeConfigs("topic", [name], ["cleanup.policy"]);
    const outcome = described.get(name);
    const unknown = isKafkaError(outcome) && outcome.code === "UNKNOWN_TOPIC_OR_PARTITION";
    if (!unknown || Date.now() >= deadline)
      return unwrap(outcome, name).get("cleanup.policy")?.value;
  }
}
