import { type JsonSchema, ref } from "./operation.ts";
import { list, object, oneOf } from "./schemas.ts";

const text: JsonSchema = { type: "string" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const time: JsonSchema = { type: "string", format: "date-time" };

const texts = list(text);
const textOrNull: JsonSchema = { type: ["string", "null"] };
const truncated: JsonSchema = {
  description: "The text is cut.",
  const: true,
};
const failure = object({
  stage: oneOf("KEY_CONVERTER", "VALUE_CONVERTER", "HEADER_CONVERTER", "TRANSFORMATION"),
  class: text,
  error: text,
});
const notDone = object({ outcome: oneOf("failed", "skipped"), reason: text });

const restarts = object({
  attempts: { description: "Within `errors.restart.window.ms`.", ...count },
  next: { description: "When it is due; null: none is.", type: ["string", "null"] },
});
const state = oneOf("UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "RESTARTING", "STOPPED");
const unit = { state, worker_id: text };
const unitDetails = {
  since: time,
  error: { description: "The first line of the trace.", ...text },
  restarts,
};
/** With the fields of all events. */
const event = (
  type: string,
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
) => object({ id: text, time, type: { const: type }, ...properties }, optional);

/** What the answers of our own are made of, by name. */
export const MILLRACE_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  UnknownKey: object({ key: text, nearest: textOrNull }, { note: text }),
  ConfigDiff: object({
    exists: { description: "Whether there is a connector of this name.", type: "boolean" },
    added: ref("Props"),
    removed: ref("Props"),
    changed: {
      type: "object",
      additionalProperties: object({ from: text, to: text }),
    },
  }),
  ShownValue: object(
    {
      schema: { description: "Its type, and the name of its schema.", ...textOrNull },
      text: { description: "JSON without schema.", ...textOrNull },
    },
    { truncated },
  ),
  ShownRecord: object({
    topic: text,
    partition: { type: ["integer", "null"] },
    timestamp: { description: "Milliseconds since 1970.", type: ["integer", "null"] },
    key: ref("ShownValue"),
    value: ref("ShownValue"),
    headers: list(object({ name: text, schema: textOrNull, text: textOrNull }, { truncated })),
  }),
  ShownBytes: object({ encoding: oneOf("utf8", "base64"), text: textOrNull }, { truncated }),
  SampledRecord: object(
    {
      from: {
        description:
          "Topic, partition and offset in Kafka, or a source's partition and offset as JSON.",
        type: "object",
        additionalProperties: { type: ["string", "integer"] },
      },
      outcome: oneOf("passed", "filtered", "failed"),
    },
    {
      failure,
      before: { description: "Before the transformations.", ...ref("ShownRecord") },
      after: { description: "Behind the transformations.", ...ref("ShownRecord") },
      written: {
        description: "What a source would write to Kafka.",
        ...object({ key: ref("ShownBytes"), value: ref("ShownBytes") }),
      },
    },
  ),
  DryRun: object(
    {
      name: text,
      class: text,
      type: oneOf("source", "sink", "unknown"),
      version: textOrNull,
      verdict: oneOf("ok", "problems"),
      validation: object(
        {
          outcome: oneOf("passed", "failed"),
          error_count: count,
          errors: list(object({ key: text, errors: texts })),
        },
        { reason: text, configs: list(ref("ConfigInfo")) },
      ),
      unknown_keys: list(ref("UnknownKey")),
      diff: ref("ConfigDiff"),
    },
    {
      plan: {
        anyOf: [
          notDone,
          object({ outcome: oneOf("passed"), tasks_max: count, tasks: list(ref("Props")) }),
        ],
      },
      connection: {
        anyOf: [
          notDone,
          object({ outcome: oneOf("not offered") }),
          object({ outcome: oneOf("passed"), message: text }),
        ],
      },
      records: {
        anyOf: [
          notDone,
          object({
            outcome: oneOf("passed", "failed"),
            records: list(ref("SampledRecord")),
            notes: { description: "What kept more from being read.", ...texts },
          }),
        ],
      },
    },
  ),
  ConnectorHealth: object({
    name: text,
    health: oneOf("healthy", "degraded", "failed", "stale", "paused", "stopped"),
    reason: textOrNull,
    since: { type: ["string", "null"], format: "date-time" },
    last_error: {
      anyOf: [object({ error: text, time, worker_id: text }, { task: count }), { type: "null" }],
    },
    connector: object(unit, unitDetails),
    tasks: list(object({ id: count, ...unit }, unitDetails)),
  }),
  Event: {
    anyOf: [
      event(
        "status",
        {
          connector: text,
          state,
          previous: { anyOf: [state, { type: "null" }] },
          worker_id: text,
        },
        { task: count, error: { description: "The first line of the trace.", ...text } },
      ),
      event("config", { connector: text, change: oneOf("created", "updated", "deleted") }),
      event("tasks", { connector: text, count }),
      event("target", { connector: text, target: oneOf("STARTED", "PAUSED", "STOPPED") }),
      event("restart", {
        connector: text,
        include_tasks: { type: "boolean" },
        only_failed: { type: "boolean" },
      }),
      event("rebalance", { generation: count, leader: text, connectors: count, tasks: count }),
    ],
  },
  LogLine: object(
    {
      id: text,
      time,
      level: oneOf("trace", "debug", "info", "warn", "error"),
      logger: text,
      message: text,
    },
    { task: count, details: { type: "object" } },
  ),
};
