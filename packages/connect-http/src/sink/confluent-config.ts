import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import { StatusCodes } from "../http/status-codes.ts";
import type { OtherKey } from "../other-keys.ts";
import type { SettingsReader } from "../settings-reader.ts";
import {
  CONFLUENT_HTTP_KEYS,
  confluentAuthorization,
  confluentClient,
  confluentTls,
  CONFLUENT_OTHER_KEYS,
} from "../confluent-http.ts";
import type { SinkDialect } from "./dialect.ts";
import { laneSettings, SHARED_KEYS } from "./shared-keys.ts";
import type { SinkSettings } from "./settings.ts";

/** Keys of Confluent's HTTP sink V1, with its defaults, and ours. */
export const CONFLUENT_CONFIG = {
  "http.api.url": {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connection",
    doc: "Where records are sent to. ${topic}, ${partition}, ${offset}, ${timestamp}, ${key}, ${key.field}, ${value.field} (or ${field}) and ${header.name} are replaced in path and query, percent-encoded.",
  },
  "request.method": {
    type: "STRING",
    default: "POST",
    oneOf: ["POST", "PUT", "PATCH"],
    ignoreCase: true,
    importance: "HIGH",
    group: "Connection",
    doc: "Method of requests.",
  },
  "request.body.format": {
    type: "STRING",
    default: "string",
    oneOf: ["string", "json"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: "Data",
    doc: "string sends texts as they are, json quotes them. Structures are JSON in both, bytes go as they are.",
  },
  headers: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Connection",
    doc: "Headers, name:value each, with header.separator between them. Values may have references as http.api.url has; data with line ends or other control characters is refused.",
  },
  "header.separator": {
    type: "STRING",
    default: "|",
    nonEmpty: true,
    importance: "LOW",
    group: "Connection",
    doc: "What stands between headers.",
  },
  "behavior.on.null.values": {
    type: "STRING",
    default: "ignore",
    oneOf: ["ignore", "delete", "log", "fail"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data",
    doc: "What a record without value does: nothing but be reported (ignore; log logs it, too), a DELETE without body, or fail the task.",
  },
  "behavior.on.error": {
    type: "STRING",
    default: "fail",
    oneOf: ["ignore", "log", "fail"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data",
    doc: "What a record does that the server refuses, or does not take within max.retries: fail the task, or be reported (dead-letter topic) and skipped; log logs it, too.",
  },
  "batch.max.size": {
    type: "INT",
    default: 1,
    min: 1,
    max: 1_000_000,
    importance: "HIGH",
    group: "Batching",
    doc: "Records per request, at most. A request has records of one topic, with the same address, headers and batch key.",
  },
  "batch.prefix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Batching",
    doc: "What a request begins with, where batch.max.size is above 1.",
  },
  "batch.suffix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Batching",
    doc: "What a request ends with, where batch.max.size is above 1.",
  },
  "batch.separator": {
    type: "STRING",
    default: ",",
    importance: "LOW",
    group: "Batching",
    doc: "What stands between the records of a request.",
  },
  "batch.json.as.array": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Batching",
    doc: "Whether a request is a JSON array of its records, where request.body.format is json and batch.max.size above 1.",
  },
  "batch.key.pattern": {
    type: "STRING",
    default: "someKey",
    importance: "LOW",
    group: "Batching",
    doc: "Records go into one request only where this text, with references as http.api.url has, is the same.",
  },
  "max.retries": {
    type: "INT",
    default: 10,
    min: 0,
    importance: "MEDIUM",
    group: "Retries",
    doc: "How often a request is tried again: after retry.on.status.codes and when no answer came.",
  },
  "retry.backoff.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "MEDIUM",
    group: "Retries",
    doc: "Base of the wait before the n-th retry: a random time up to retry.backoff.ms · 2^(n-1) milliseconds, or what the server asks for with Retry-After.",
  },
  "retry.on.status.codes": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    group: "Retries",
    doc: 'Statuses after which a request is tried again, such as 429,500-599 or 400-. Not set: those that say "not now", 408, 425, 429 and 5xx.',
  },
  ...CONFLUENT_HTTP_KEYS,
  ...SHARED_KEYS,
} as const satisfies ConfigDef;

type ConfluentConfig = ConfigOf<typeof CONFLUENT_CONFIG>;

const OTHER_KEYS: readonly OtherKey[] = [
  {
    name: "regex.patterns",
    idle: [],
    effect: "refuse",
    remedy: "change values with a transform, before they come here",
  },
  {
    name: "reporter.*",
    idle: [],
    effect: "warn",
    remedy:
      "what could not be sent goes to errors.deadletterqueue.topic.name with status and answer; answers to what could be sent are not kept",
  },
  {
    name: "report.errors.as",
    idle: ["error_string"],
    effect: "warn",
    remedy: "reports have status and answer",
  },
  ...CONFLUENT_OTHER_KEYS,
];

/** Confluent's sink V1: `io.confluent.connect.http.HttpSinkConnector`. */
export const CONFLUENT: SinkDialect<typeof CONFLUENT_CONFIG> = {
  config: CONFLUENT_CONFIG,
  otherKeys: OTHER_KEYS,
  settings: (config, read) => [confluentSettings(config, read)],
};

/** What the keys of V1 say; V2 has the same under other names. */
export function confluentSettings(config: ConfluentConfig, read: SettingsReader): SinkSettings {
  const isBatching = config["batch.max.size"] > 1;
  const isJson = config["request.body.format"].toLowerCase() === "json";
  const isArray = isBatching && isJson && config["batch.json.as.array"];
  const headers = config.headers.split(config["header.separator"]).filter((text) => text.trim());
  const batchKey = read.template("batch.key.pattern", config["batch.key.pattern"]);
  const codes = config["retry.on.status.codes"];
  return {
    topics: null,
    url: read.url("http.api.url", config["http.api.url"]),
    method: config["request.method"].toUpperCase(),
    headers: read.headers("headers", headers),
    contentType: isJson ? "application/json" : null,
    idempotencyHeader: config["idempotency.key.header"],
    body: {
      format: isJson ? "json" : "string",
      prefix: isArray ? "[" : isBatching ? config["batch.prefix"] : "",
      separator: isArray ? "," : config["batch.separator"],
      suffix: isArray ? "]" : isBatching ? config["batch.suffix"] : "",
      decimals: "BASE64",
      gzip: config["request.compression"].toLowerCase() === "gzip",
    },
    batch: {
      maxRecords: config["batch.max.size"],
      maxBytes: config["batch.max.bytes"],
      lingerMs: config["linger.ms"],
      key: isBatching && !batchKey.isStatic ? batchKey : null,
    },
    nullValues: config["behavior.on.null.values"].toLowerCase() as SinkSettings["nullValues"], // its `oneOf`
    failures: {
      mode: config["behavior.on.error"].toLowerCase() as "ignore" | "log" | "fail", // its `oneOf`
      remedy: "behavior.on.error=ignore or log would skip such records",
    },
    retry: {
      max: config["max.retries"],
      backoffMs: config["retry.backoff.ms"],
      maxBackoffMs: config["retry.backoff.max.ms"],
      statuses:
        codes.length === 0
          ? null
          : (read.parsed("retry.on.status.codes", StatusCodes.parse(codes)) ?? null),
    },
    authorization: confluentAuthorization(config, read),
    client: confluentClient(config, config["follow.redirects"], read),
    tls: confluentTls(config),
    lanes: laneSettings(config),
  };
}
