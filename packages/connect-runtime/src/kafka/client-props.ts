import type { Props } from "@millrace/connect-api";
import { CLIENT_TABLES } from "../config/client-tables.ts";
import { withoutPrefix } from "../record/converters.ts";
import type { TaskSpec } from "../threads/units.ts";

/**
 * The settings of the Kafka clients that tasks use, as Java client properties. Of what
 * the framework sets, the worker's `producer.`, `consumer.` or `admin.` keys, and the
 * connector's `….override.` keys, the later wins.
 */

/** Whose client it is. */
type ClientOwner = Pick<TaskSpec, "connector" | "task" | "connectorProps">;

const FOREVER_MS = String(2 ** 31 - 1);

/**
 * Unlike the Java worker, whose source producers are not idempotent and so send one
 * request at a time to keep the order, ours are: five requests in flight, no duplicates
 * from retries.
 */
export function sourceProducerProps(
  workerProps: Props,
  { connector, task, connectorProps }: ClientOwner,
): Props {
  return {
    ...bootstrap(workerProps),
    acks: "all",
    "enable.idempotence": "true",
    "max.in.flight.requests.per.connection": "5",
    "delivery.timeout.ms": FOREVER_MS,
    "client.id": `connector-producer-${connector}-${task}`,
    ...withoutPrefix(workerProps, "producer."),
    ...withoutPrefix(connectorProps, "producer.override."),
  };
}

export function sinkConsumerProps(
  workerProps: Props,
  { connector, task, connectorProps }: ClientOwner,
): Props {
  return {
    ...bootstrap(workerProps),
    "group.id": `connect-${connector}`,
    "auto.offset.reset": "earliest",
    "client.id": `connector-consumer-${connector}-${task}`,
    ...withoutPrefix(workerProps, "consumer."),
    ...withoutPrefix(connectorProps, "consumer.override."),
    // Offsets are committed by the sink loop, once they are durable on the other side (I1).
    "enable.auto.commit": "false",
  };
}

/** The `client.id` of the client that carries a task's records. */
export function clientIdOf(
  type: "source" | "sink" | "unknown",
  workerProps: Props,
  owner: ClientOwner,
): string {
  const props = type === "sink" ? sinkConsumerProps : sourceProducerProps;
  return props(workerProps, owner)["client.id"] ?? "";
}

/**
 * Of the producer that writes dead letters, with Java's settings. It is not idempotent:
 * letters are few and come twice after a crash in any case, and so it needs no rights but
 * those on its topic.
 */
export function deadLetterProducerProps(
  workerProps: Props,
  { connector, task, connectorProps }: TaskSpec,
): Props {
  return {
    ...bootstrap(workerProps),
    acks: "all",
    "enable.idempotence": "false",
    "max.in.flight.requests.per.connection": "1",
    "delivery.timeout.ms": FOREVER_MS,
    "client.id": `connector-dlq-producer-${connector}-${task}`,
    ...withoutPrefix(workerProps, "producer."),
    ...withoutPrefix(connectorProps, "producer.override."),
  };
}

/** As in Java, an admin client has the worker's own client settings where `admin.` does not say otherwise. */
export function adminProps(
  workerProps: Props,
  { connector, task, connectorProps }: TaskSpec,
): Props {
  const own = Object.entries(workerProps).filter(([key]) =>
    Object.hasOwn(CLIENT_TABLES.ADMIN, key),
  );
  return {
    ...bootstrap(workerProps),
    "client.id": `connector-adminclient-${connector}-${task}`,
    ...Object.fromEntries(own),
    ...withoutPrefix(workerProps, "admin."),
    ...withoutPrefix(connectorProps, "admin.override."),
  };
}

function bootstrap(workerProps: Props): Props {
  return { "bootstrap.servers": workerProps["bootstrap.servers"] ?? "localhost:9092" };
}
