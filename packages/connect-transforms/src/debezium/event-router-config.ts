import { type ConfigDef, type ConfigOf, javaText } from "@millrace/connect-api";
import { regexProblem } from "../regex-problem.ts";

const oneOf = (...choices: readonly string[]) => ({
  check: (value: unknown, key: string) =>
    choices.includes((value as string).toLowerCase())
      ? undefined
      : `The '${key}' value is invalid: Value must be one of ${choices.join(", ")}`,
});

/** Column, place and, where it gets another name there, the name. */
const PLACEMENT = /^[^:]+:(?:header|envelope|partition)(?::[^:]+)?$/i;

function placements(value: unknown, key: string): string | undefined {
  if ((value as readonly string[]).every((text) => PLACEMENT.test(text))) return undefined;
  return `The '${key}' value is invalid: A comma-separated list of valid String pairs or trios is expected but got: ${javaText(null, value)}`;
}

const table = { group: "Table", width: "MEDIUM" } as const;
const router = { group: "Router", width: "MEDIUM" } as const;
const tracing = { group: "Tracing", width: "MEDIUM" } as const;
const IGNORED = "Not used: spans are not traced here.";

export const EVENT_ROUTER_CONFIG = {
  "table.field.event.id": {
    ...table,
    type: "STRING",
    default: "id",
    importance: "LOW",
    doc: "Column with the event's id, which goes to the header `id`.",
    displayName: "Event ID Field",
  },
  "table.field.event.key": {
    ...table,
    type: "STRING",
    default: "aggregateid",
    importance: "LOW",
    doc: "Column with the key of the record.",
    displayName: "Event Key Field",
  },
  "table.field.event.type": {
    ...table,
    type: "STRING",
    default: "type",
    importance: "LOW",
    doc: "Column with the type of the event. Not used, as in Debezium.",
    displayName: "Event Type Field",
  },
  "table.field.event.payload": {
    ...table,
    type: "STRING",
    default: "payload",
    importance: "LOW",
    doc: "Column with the value of the record.",
    displayName: "Event Payload Field",
  },
  "table.field.event.timestamp": {
    ...table,
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Column with the timestamp of the record; without it, that of the event.",
    displayName: "Event Timestamp Field",
  },
  "table.fields.additional.placement": {
    ...table,
    type: "LIST",
    default: null,
    importance: "HIGH",
    check: placements,
    doc: "Other columns to take along, as `column:place:name`. Places are header, envelope (beside the payload, in a struct) and partition; the name may be left out.",
    displayName: "Settings for each additional column in the outbox table",
  },
  "table.field.additional.missing": {
    ...table,
    ...oneOf("error", "ignore"),
    type: "STRING",
    default: "error",
    importance: "MEDIUM",
    doc: "Whether such a column that there is not is an error, or ignored.",
    displayName: "Behavior when an additional field is missing in the change data",
  },
  "table.field.event.schema.version": {
    ...table,
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Column with the version of the value's schema, where that is a struct made here.",
    displayName: "Event Schema Version Field",
  },
  "table.op.invalid.behavior": {
    ...table,
    ...oneOf("warn", "error", "fatal"),
    type: "STRING",
    default: "warn",
    importance: "MEDIUM",
    doc: "What is done about an update, which an outbox does not have: with fatal the record is an error, else it is left out.",
    displayName: "Behavior when capturing an unexpected outbox event",
  },
  "table.expand.json.payload": {
    ...table,
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    check: (value) =>
      value === true
        ? "JSON is not expanded into structs here: have the payload written as text, with StringConverter"
        : undefined,
    doc: "Not supported: must be false.",
    displayName: "Expand Payload escaped string as real JSON",
  },
  "table.json.payload.null.behavior": {
    ...table,
    type: "STRING",
    default: "ignore",
    importance: "MEDIUM",
    doc: "Not used.",
    displayName: "Behavior when json payload including null value",
  },
  "table.json.payload.empty.array.behavior": {
    ...table,
    type: "STRING",
    default: "ignore",
    importance: "MEDIUM",
    doc: "Not used.",
    displayName: "Behavior when json payload including empty array value",
  },
  "route.by.field": {
    ...router,
    type: "STRING",
    default: "aggregatetype",
    importance: "HIGH",
    doc: "Column that the topic is made of.",
    displayName: "Field to route events by",
  },
  "route.topic.regex": {
    ...router,
    type: "STRING",
    default: "(?<routedByValue>.*)",
    check: (value) => regexProblem(value as string),
    importance: "LOW",
    doc: "Java regular expression for the column's value; where it does not match, the topic has the value as its name.",
    displayName: "The name of the routed topic",
  },
  "route.topic.replacement": {
    ...router,
    type: "STRING",
    default: "outbox.event.${routedByValue}",
    importance: "HIGH",
    doc: "The name of the topic, with groups of the expression.",
    displayName: "The name of the routed topic",
  },
  "route.tombstone.on.empty.payload": {
    ...router,
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    doc: "Make a tombstone of an event whose payload is null or an empty text.",
    displayName: "Empty payloads cause a tombstone message",
  },
  "tracing.span.context.field": {
    ...tracing,
    type: "STRING",
    default: "tracingspancontext",
    importance: "HIGH",
    doc: IGNORED,
    displayName: "Serialized tracing span context field",
  },
  "tracing.operation.name": {
    ...tracing,
    type: "STRING",
    default: "debezium-read",
    importance: "HIGH",
    doc: IGNORED,
    displayName: "Tracing operation name",
  },
  "tracing.with.context.field.only": {
    ...tracing,
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    doc: IGNORED,
    displayName: "Trace only events with context field present",
  },
} as const satisfies ConfigDef;

export type EventRouterConfig = ConfigOf<typeof EVENT_ROUTER_CONFIG>;
