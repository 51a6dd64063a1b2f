import { type JsonSchema, ref } from "./operation.ts";

const text: JsonSchema = { type: "string" };
const texts: JsonSchema = { type: "array", items: text };
const textOrNull: JsonSchema = { type: ["string", "null"] };
const count: JsonSchema = { type: "integer", minimum: 0 };

/** An object of these properties and no others, all of which are there but the optional ones. */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

export function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

export function oneOf(...values: readonly string[]): JsonSchema {
  return { type: "string", enum: values };
}

const state = oneOf("UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "RESTARTING", "STOPPED");
const connectorType = oneOf("source", "sink", "unknown");
const status = { state, worker_id: text };
const trace = { trace: text, version: text };

/** What the answers and bodies of Kafka Connect's own API are made of, by name. */
export const JAVA_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: object({ error_code: { type: "integer" }, message: textOrNull }),
  Config: {
    description: "A configuration. Numbers and booleans are taken as the texts they are.",
    type: "object",
    additionalProperties: { type: ["string", "number", "boolean", "null"] },
  },
  Props: {
    description: "A configuration as it was submitted: variables are not resolved.",
    type: "object",
    additionalProperties: text,
  },
  TaskId: object({ connector: text, task: count }),
  ConnectorInfo: object({
    name: text,
    config: ref("Props"),
    tasks: list(ref("TaskId")),
    type: connectorType,
  }),
  TaskInfo: object({ id: ref("TaskId"), config: ref("Props") }),
  TaskState: object({ id: count, ...status }, trace),
  ConnectorState: object({
    name: text,
    connector: object(status, trace),
    tasks: list(ref("TaskState")),
    type: connectorType,
  }),
  CreateConnector: object(
    { config: ref("Config") },
    {
      name: textOrNull,
      initial_state: {
        description: "RUNNING, PAUSED or STOPPED, in any case.",
        type: ["string", "null"],
      },
    },
  ),
  Offsets: object({
    offsets: list(
      object({
        partition: { type: ["object", "null"] },
        offset: { type: ["object", "null"] },
      }),
    ),
  }),
  Message: object({ message: text }),
  Plugin: object({
    class: text,
    type: oneOf("sink", "source", "transformation", "predicate", "converter", "header_converter"),
    version: text,
  }),
  Definition: object({
    name: text,
    type: oneOf("BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"),
    required: { type: "boolean" },
    default_value: textOrNull,
    importance: oneOf("HIGH", "MEDIUM", "LOW"),
    documentation: textOrNull,
    group: textOrNull,
    order_in_group: { type: "integer" },
    width: oneOf("NONE", "SHORT", "MEDIUM", "LONG"),
    display_name: text,
    dependents: texts,
  }),
  ConfigInfos: object({
    name: text,
    error_count: count,
    groups: texts,
    configs: list(ref("ConfigInfo")),
  }),
  ConfigInfo: object({
    definition: { anyOf: [ref("Definition"), { type: "null" }] },
    value: object({
      name: text,
      value: textOrNull,
      recommended_values: texts,
      errors: texts,
      visible: { type: "boolean" },
    }),
  }),
  LoggerLevel: object({
    level: text,
    last_modified: {
      description: "Milliseconds since 1970; null: nobody has set it.",
      type: ["integer", "null"],
    },
  }),
  WorkerHealth: object({ status: oneOf("healthy", "starting", "unhealthy"), message: text }),
  WorkerInfo: object({ version: text, commit: text, kafka_cluster_id: text }),
};
