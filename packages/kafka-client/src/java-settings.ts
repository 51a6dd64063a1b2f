import { DEFAULT_ASSIGNORS, type AssignorName } from "./assignor/assignors.ts";
import { parseAddress } from "./broker-choice.ts";
import type { ClientOptions } from "./client-options.ts";
import { KafkaError } from "./errors.ts";
import type { FetcherOptions, OffsetReset } from "./fetcher-options.ts";
import type { ClientRole } from "./java-settings/java-keys.ts";
import { JavaValues } from "./java-settings/values.ts";
import type { ProducerOptions } from "./producer/options.ts";
import { securityOf } from "./security/security.ts";

export type JavaProps = Readonly<Record<string, string | undefined>>;

/** What a group consumer is made of, besides its subscription. */
export interface ConsumerSettings extends FetcherOptions {
  /** Empty where none was given: then there is no group to join. */
  groupId: string;
  groupInstanceId?: string;
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
  /** max.poll.interval.ms */
  rebalanceTimeoutMs: number;
  assignors: AssignorName[];
  allowAutoTopicCreation: boolean;
  excludeInternalTopics: boolean;
  /** For the caller's polls. */
  maxPollRecords: number;
}

export interface ProducerSettings extends ProducerOptions {
  /** For the caller's waits: metadata, buffer memory. */
  maxBlockMs: number;
}

interface Common {
  client: ClientOptions;
  /** Settings without effect, one sentence each. */
  warnings: string[];
}

/**
 * Java client settings, as they stand in worker and connector configs without their prefix, in our
 * terms. Sizes that only make Java slower (batch.size, linger.ms, fetch sizes) keep our defaults
 * unless given; everything else has Java 4.3.1's.
 * @throws KafkaError INVALID_CONFIG: a value that is none, in Java's words; a security setting that
 *   can't be honoured, with the remedy
 */
export function clientSettings(
  props: JavaProps,
  role: "producer",
): Common & { producer: ProducerSettings };
export function clientSettings(
  props: JavaProps,
  role: "consumer",
): Common & { consumer: ConsumerSettings };
export function clientSettings(props: JavaProps, role: "admin"): Common;
export function clientSettings(
  props: JavaProps,
  role: ClientRole,
): Common & { producer?: ProducerSettings; consumer?: ConsumerSettings } {
  const values = new JavaValues(props, role);
  const client = clientOptions(values);
  const { warnings } = values;
  switch (role) {
    case "producer":
      return { client, warnings, producer: producerSettings(values) };
    case "consumer":
      return { client, warnings, consumer: consumerSettings(values) };
    case "admin":
      if (values.given("retries") !== undefined)
        warnings.push("The admin setting 'retries' has no effect; default.api.timeout.ms limits");
      return { client, warnings };
  }
}

function clientOptions(values: JavaValues): ClientOptions {
  const bootstrapServers = values.given("bootstrap.servers");
  if (bootstrapServers === undefined)
    throw new KafkaError(
      "INVALID_CONFIG",
      'Missing required configuration "bootstrap.servers" which has no default value.',
    );
  for (const address of bootstrapServers) parseAddress(address);
  if (bootstrapServers.length === 0)
    throw new KafkaError(
      "INVALID_CONFIG",
      "No resolvable bootstrap urls given in bootstrap.servers",
    );
  const retryBackoffMs = values.given("retry.backoff.ms") ?? 100;
  const reconnectBackoffMs = values.given("reconnect.backoff.ms") ?? 50;
  return {
    bootstrapServers,
    clientId: values.text("client.id") ?? "",
    requestTimeoutMs: timer(values.given("request.timeout.ms") ?? 30_000),
    connectTimeoutMs: timer(values.given("socket.connection.setup.timeout.ms") ?? 10_000),
    retryBackoffMs,
    retryBackoffMaxMs: timer(values.given("retry.backoff.max.ms") ?? 1000),
    reconnectBackoffMs,
    reconnectBackoffMaxMs: timer(values.given("reconnect.backoff.max.ms") ?? 1000),
    connectionsMaxIdleMs: idleMs(values),
    metadataMaxAgeMs: timer(values.given("metadata.max.age.ms") ?? 300_000),
    apiTimeoutMs:
      values.role === "producer"
        ? (values.given("max.block.ms") ?? 60_000)
        : (values.given("default.api.timeout.ms") ?? 60_000),
    ...securityOf(values),
  };
}

/** A negative connections.max.idle.ms turns the closing off. */
function idleMs(values: JavaValues): number {
  const given = values.given("connections.max.idle.ms");
  if (given === undefined) return values.role === "admin" ? 300_000 : 540_000;
  return given < 0 ? Infinity : given;
}

/** node's timers take no more than 2^31-1 ms, and no 0. */
function timer(ms: number): number {
  return Math.min(Math.max(ms, 1), 2 ** 31 - 1);
}

function producerSettings(values: JavaValues): ProducerSettings {
  checkDeliveryTimeout(values);
  const acks = values.given("acks");
  return {
    maxBlockMs: values.given("max.block.ms") ?? 60_000,
    acks: acks === "0" ? 0 : acks === "1" ? 1 : -1,
    deliveryTimeoutMs: values.given("delivery.timeout.ms") ?? 120_000,
    transactionTimeoutMs: values.given("transaction.timeout.ms") ?? 60_000,
    ...given("idempotent", values.given("enable.idempotence")),
    ...given("transactionalId", values.text("transactional.id")),
    ...given("maxRequestSize", values.given("max.request.size")),
    ...given("batchSize", values.given("batch.size")),
    ...given("bufferMemory", values.given("buffer.memory")),
    ...given("lingerMs", values.given("linger.ms")),
    ...given("retries", values.given("retries")),
    ...given("maxInFlight", values.given("max.in.flight.requests.per.connection")),
    ...compression(values),
    useKeys: values.given("partitioner.ignore.keys") !== true,
  };
}

function compression(
  values: JavaValues,
): Pick<ProducerOptions, "compression" | "compressionLevel"> {
  // The validator lets only these names pass.
  const codec = (values.given("compression.type") ?? "none") as NonNullable<
    ProducerOptions["compression"]
  >;
  const level =
    codec === "gzip"
      ? values.given("compression.gzip.level")
      : codec === "zstd"
        ? values.given("compression.zstd.level")
        : undefined;
  const isDefault = codec === "gzip" && level === -1;
  return { compression: codec, ...given("compressionLevel", isDefault ? undefined : level) };
}

/** As Java's KafkaProducer.configureDeliveryTimeout: too small a value is refused when it was given. */
function checkDeliveryTimeout(values: JavaValues): void {
  const deliveryMs = values.given("delivery.timeout.ms");
  const lingerMs = values.given("linger.ms") ?? 5;
  const requestMs = values.given("request.timeout.ms") ?? 30_000;
  if (deliveryMs === undefined || deliveryMs >= Math.min(lingerMs + requestMs, 2 ** 31 - 1)) return;
  throw new KafkaError(
    "INVALID_CONFIG",
    "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
  );
}

function consumerSettings(values: JavaValues): ConsumerSettings {
  if (values.given("enable.auto.commit") === true)
    values.warnings.push(
      "The consumer setting 'enable.auto.commit=true' has no effect: offsets are committed by the caller",
    );
  return {
    groupId: values.text("group.id") ?? "",
    ...given("groupInstanceId", values.text("group.instance.id")),
    sessionTimeoutMs: values.given("session.timeout.ms") ?? 45_000,
    heartbeatIntervalMs: values.given("heartbeat.interval.ms") ?? 3000,
    rebalanceTimeoutMs: values.given("max.poll.interval.ms") ?? 300_000,
    maxPollRecords: values.given("max.poll.records") ?? 500,
    assignors: assignors(values),
    allowAutoTopicCreation: values.given("allow.auto.create.topics") ?? true,
    excludeInternalTopics: values.given("exclude.internal.topics") ?? true,
    isolation:
      values.given("isolation.level") === "read_committed" ? "read_committed" : "read_uncommitted",
    offsetReset: offsetReset(values.given("auto.offset.reset") ?? "latest"),
    checkCrcs: values.given("check.crcs") ?? true,
    ...given("rackId", values.text("client.rack")),
    ...given("minBytes", values.given("fetch.min.bytes")),
    ...given("maxBytes", values.given("fetch.max.bytes")),
    ...given("maxWaitMs", values.given("fetch.max.wait.ms")),
    ...given("maxPartitionBytes", values.given("max.partition.fetch.bytes")),
  };
}

const ASSIGNORS: Record<string, AssignorName> = {
  RangeAssignor: "range",
  RoundRobinAssignor: "roundrobin",
  StickyAssignor: "sticky",
  CooperativeStickyAssignor: "cooperative-sticky",
};

function assignors(values: JavaValues): AssignorName[] {
  const classes = values.given("partition.assignment.strategy") ?? [];
  const names: AssignorName[] = [];
  for (const name of classes) {
    const assignor = ASSIGNORS[name.slice(name.lastIndexOf(".") + 1)];
    if (assignor !== undefined) names.push(assignor);
    else
      values.warnings.push(
        `The consumer setting 'partition.assignment.strategy' names ${name}, a Java class that can't run here`,
      );
  }
  return names.length > 0 ? names : [...DEFAULT_ASSIGNORS];
}

/** @throws KafkaError INVALID_CONFIG, in the words of Java's AutoOffsetResetStrategy */
function offsetReset(text: string): OffsetReset {
  const lower = text.toLowerCase();
  if (lower === "earliest" || lower === "latest" || lower === "none") return lower;
  const duration = /^by_duration:(.*)$/i.exec(text)?.[1];
  const durationMs = duration === undefined ? undefined : parseDuration(duration);
  if (durationMs !== undefined) return { durationMs };
  throw new KafkaError(
    "INVALID_CONFIG",
    `Invalid value ${text} for configuration auto.offset.reset: ` +
      "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.",
  );
}

/** ISO 8601 as java.time.Duration reads it: days, hours, minutes, seconds. */
function parseDuration(text: string): number | undefined {
  const match =
    /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,9})?)S)?)?$/i.exec(text);
  if (match === null) return undefined;
  const [days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number((part ?? "0").replace(",", ".")));
  return Math.round((((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000);
}

/** The option when there is a value: an option that is undefined would hide its default. */
function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}
