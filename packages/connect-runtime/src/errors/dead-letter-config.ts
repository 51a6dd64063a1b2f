import type { Props } from "@millrace/connect-api";

/** Where a connector wants its failed records written. */
export interface DeadLetterConfig {
  readonly topic: string;
  /** Of a topic that the worker has to make; -1 is the broker's default. */
  readonly replicationFactor: number;
  /** Whether headers tell where and why a record failed. */
  readonly contextHeaders: boolean;
  /** The key that names the topic, for messages. */
  readonly key: string;
}

const SINK = "errors.deadletterqueue.";
const SOURCE = "errors.deadletterqueue.source.";

/** Of a sink (KIP-298); undefined without a topic. */
export function sinkDeadLetters(connectorProps: Props): DeadLetterConfig | undefined {
  const headers = connectorProps[`${SINK}context.headers.enable`] ?? "";
  return configOf(connectorProps, SINK, headers.trim().toLowerCase() === "true");
}

/**
 * Of a source, which Java does not have. The key is another than that of sinks: with Java
 * a source may carry that one without any effect. Without its headers nobody could tell
 * where such a record comes from, so they are always there.
 */
export function sourceDeadLetters(connectorProps: Props): DeadLetterConfig | undefined {
  return configOf(connectorProps, SOURCE, true);
}

function configOf(
  props: Props,
  prefix: string,
  contextHeaders: boolean,
): DeadLetterConfig | undefined {
  const topic = (props[`${prefix}topic.name`] ?? "").trim();
  if (topic === "") return undefined;
  return {
    topic,
    replicationFactor: Number(props[`${prefix}topic.replication.factor`] ?? 3),
    contextHeaders,
    key: `${prefix}topic.name`,
  };
}
