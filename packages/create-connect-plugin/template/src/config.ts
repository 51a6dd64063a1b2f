import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

/** How to reach the service: keys of both connectors. */
export const SERVICE_CONFIG = {
  "example.url": {
    type: "STRING",
    importance: "HIGH",
    check: (value) =>
      URL.canParse(String(value)) ? undefined : "it is no URL, such as https://items.test",
    doc: "Address of the service, such as https://items.test.",
  },
  "example.token": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    doc: "Token that requests are made with, if the service asks for one.",
  },
  "example.timeout.ms": {
    type: "INT",
    default: 10_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds to wait for an answer.",
  },
} as const satisfies ConfigDef;

export type ServiceConfig = ConfigOf<typeof SERVICE_CONFIG>;

export const SOURCE_CONFIG = {
  ...SERVICE_CONFIG,
  topic: {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Topic to write to.",
  },
  "batch.size": {
    type: "INT",
    default: 500,
    min: 1,
    max: 10_000,
    importance: "LOW",
    doc: "Items asked for at once.",
  },
  "poll.interval.ms": {
    type: "INT",
    default: 1_000,
    min: 1,
    importance: "MEDIUM",
    doc: "Milliseconds to wait where there was nothing new.",
  },
} as const satisfies ConfigDef;

export const SINK_CONFIG = SERVICE_CONFIG;
