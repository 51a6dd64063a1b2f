import {
  compileJavaRegex,
  type Connector,
  type ConfigValue,
  parseType,
  type Props,
  type SourceConnector,
} from "@millrace/connect-api";

type Values = ReadonlyMap<string, ConfigValue>;

const GROUP_ID = "consumer.override.group.id";
const BLANK = { recommendedValues: [], visible: true };

/** Rules between the keys of a sink (Java: `SinkConnectorConfig.validate`). */
export function checkSink(props: Props, values: Values): void {
  const topics = props["topics"] ?? "";
  const regex = props["topics.regex"] ?? "";
  const deadLetters = (props["errors.deadletterqueue.topic.name"] ?? "").trim();
  const both = ["topics", "topics.regex"];
  if (topics.trim() !== "" && regex.trim() !== "") {
    refuse(
      values,
      both,
      "topics and topics.regex are mutually exclusive options, but both are set.",
    );
  }
  if (topics.trim() === "" && regex.trim() === "") {
    refuse(values, both, "Must configure one of topics or topics.regex");
  }
  if (deadLetters === "") return;
  const list = parseType("topics", "LIST", topics) as string[];
  if (list.includes(deadLetters)) {
    refuse(
      values,
      ["topics"],
      `The DLQ topic '${deadLetters}' may not be included in the list of topics ('topics=[${list.join(", ")}]') consumed by the connector`,
    );
  }
  // A regular expression that does not compile has its error already.
  const regexValue = values.get("topics.regex");
  if (
    regex.trim() !== "" &&
    regexValue?.errors.length === 0 &&
    compileJavaRegex(regex).test(deadLetters)
  ) {
    refuse(
      values,
      ["topics.regex"],
      `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`,
    );
  }
}

/**
 * Rules of exactly-once sources (KIP-618): a connector that is to deliver exactly once
 * must be able to, on a worker that can. Standalone workers, which cannot, refuse it too;
 * the Java worker would take it silently.
 */
export function checkSource(
  connector: SourceConnector,
  props: Props,
  workerProps: Props,
  values: Values,
): void {
  const support = values.get("exactly.once.support");
  if (support?.errors.length === 0 && /^required$/i.test(String(support.value))) {
    if (!/^enabled$/i.test(workerProps["exactly.once.source.support"] ?? "")) {
      support.errors.push("This worker does not have exactly-once source support enabled.");
    }
    support.errors.push(...asked(() => supportProblem(connector, props)));
  }
  const boundary = values.get("transaction.boundary");
  if (boundary?.errors.length === 0 && /^connector$/i.test(String(boundary.value))) {
    boundary.errors.push(...asked(() => boundaryProblem(connector, props)));
  }
}

/** The name of a consumer group of its own, which must not be that of the workers. */
export function checkSinkGroup(
  props: Props,
  workerProps: Props,
  values: Map<string, ConfigValue>,
): void {
  const named = props[GROUP_ID];
  // Java shows it among the connector's own keys, too.
  if (named !== undefined)
    values.set(GROUP_ID, { ...BLANK, name: GROUP_ID, value: named, errors: [] });
  const workers = workerProps["group.id"];
  const own = named ?? `connect-${props["name"] ?? ""}`;
  if (workers === undefined || own !== workers) return;
  const key = named === undefined ? "name" : GROUP_ID;
  refuse(
    values,
    [key],
    `Consumer group ${own} of the sink is also the group.id of the Connect workers: choose another ${key}`,
  );
}

function supportProblem(connector: Connector, props: Props): string | undefined {
  const answer = (connector as SourceConnector).exactlyOnceSupport(props);
  if (answer === "SUPPORTED") return undefined;
  return answer === "UNSUPPORTED"
    ? "The connector does not support exactly-once semantics with the provided configuration."
    : `The connector does not tell whether it supports exactly-once delivery, so it cannot be required. Consult the connector's documentation, then set exactly.once.support to requested.`;
}

function boundaryProblem(connector: SourceConnector, props: Props): string | undefined {
  if (connector.canDefineTransactionBoundaries(props) === "SUPPORTED") return undefined;
  return "The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.";
}

function asked(question: () => string | undefined): string[] {
  try {
    const problem = question();
    return problem === undefined ? [] : [problem];
  } catch (error) {
    return [`An unexpected error occurred during validation: ${(error as Error).message}`];
  }
}

function refuse(values: Values, keys: readonly string[], error: string): void {
  for (const key of keys) values.get(key)?.errors.push(error);
}
