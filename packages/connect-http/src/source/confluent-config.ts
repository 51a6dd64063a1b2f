import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import {
  CONFLUENT_OTHER_KEYS,
  confluentAuthorization,
  confluentClient,
  confluentTls,
} from "../confluent-http.ts";
import type { SettingsReader } from "../settings-reader.ts";
import type { SourceDialect } from "./dialect.ts";
import { Locator } from "./locator.ts";
import type { Incremental, Pagination, SourceSettings } from "./settings.ts";
import {
  checkReferences,
  entitiesOf,
  locatorOf,
  parametersOf,
  retrySettings,
  SHARED_SOURCE_KEYS,
} from "./shared-keys.ts";

const DAY_MS = 24 * 3_600_000;

/** Keys of Confluent's HTTP source V1, with its defaults, and ours. */
export const CONFLUENT_SOURCE_CONFIG = {
  url: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connection",
    doc: "What is asked for; ${entityName} and ${offset} are replaced in path and query, percent-encoded.",
  },
  "topic.name.pattern": {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Records",
    doc: "Topic of the records; ${entityName} is replaced.",
  },
  "http.request.method": {
    type: "STRING",
    default: "GET",
    oneOf: ["GET", "POST"],
    ignoreCase: true,
    importance: "LOW",
    group: "Connection",
    doc: "Method of requests.",
  },
  "http.request.headers": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Connection",
    doc: "Headers, name:value each, with http.request.headers.separator between them; values may have references as url has.",
  },
  "http.request.headers.separator": {
    type: "STRING",
    default: "|",
    nonEmpty: true,
    importance: "LOW",
    group: "Connection",
    doc: "What stands between headers.",
  },
  "http.request.parameters": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Connection",
    doc: "Query parameters, name=value each, with & between them; values may have references as url has and are percent-encoded.",
  },
  "http.request.body": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Body of POST requests; references as url has are escaped as within a JSON text.",
  },
  "http.offset.mode": {
    type: "STRING",
    default: "SIMPLE_INCREMENTING",
    oneOf: ["SIMPLE_INCREMENTING", "CHAINING", "CURSOR_PAGINATION"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: "Offsets",
    doc: "What ${offset} is: the number of records before, the value at http.offset.json.pointer of the last record, or the cursor at http.next.page.json.pointer of the last answer.",
  },
  "http.initial.offset": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Offsets",
    doc: "What it is for the first request; for SIMPLE_INCREMENTING a whole number, 0 if not set.",
  },
  "http.offset.json.pointer": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Offsets",
    doc: "Where a record has its value for CHAINING, as JSON Pointer (/id) or JSONPath ($.id).",
  },
  "http.next.page.json.pointer": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Offsets",
    doc: "Where an answer has the next cursor for CURSOR_PAGINATION, as JSON Pointer or JSONPath.",
  },
  "pagination.at.end": {
    type: "STRING",
    default: "keep",
    oneOf: ["restart", "keep"],
    ignoreCase: true,
    importance: "LOW",
    group: "Offsets",
    beyondJava: true,
    doc: "What CURSOR_PAGINATION does after the last page: go on with the last cursor, leaving out the records that are known, or read the list from http.initial.offset again.",
  },
  "http.response.data.json.pointer": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Records",
    doc: "Where in an answer the records are, as JSON Pointer (/items) or JSONPath ($.items[*]): an array has a record per element, an object is one.",
  },
  "request.interval.ms": {
    type: "LONG",
    default: 15_000,
    min: 0,
    max: 365 * DAY_MS,
    importance: "MEDIUM",
    group: "Connection",
    doc: "Milliseconds between the end of a list and the next request.",
  },
  ...SHARED_SOURCE_KEYS,
} as const satisfies ConfigDef;

type ConfluentConfig = ConfigOf<typeof CONFLUENT_SOURCE_CONFIG>;

/** Confluent's source V1: `io.confluent.connect.http.HttpSourceConnector`. */
export const CONFLUENT_SOURCE: SourceDialect<typeof CONFLUENT_SOURCE_CONFIG> = {
  config: CONFLUENT_SOURCE_CONFIG,
  otherKeys: CONFLUENT_OTHER_KEYS,
  entitiesKey: "entity.names",
  settings,
};

function settings(config: ConfluentConfig, read: SettingsReader): SourceSettings {
  const topic = read.template("topic.name.pattern", config["topic.name.pattern"]);
  const url = read.url("url", config.url);
  const separator = config["http.request.headers.separator"];
  const headers = read.headers(
    "http.request.headers",
    config["http.request.headers"].split(separator).filter((text) => text.trim()),
  );
  const parameters = parametersOf(
    "http.request.parameters",
    config["http.request.parameters"],
    read,
  );
  const text = config["http.request.body"];
  const body = text === null ? null : read.template("http.request.body", text);
  checkReferences(read, ["entityName"], { "topic.name.pattern": topic.references });
  checkReferences(read, ["entityName", "offset"], {
    url: url.references,
    "http.request.headers": headers.references,
    "http.request.parameters": parameters.flatMap(([, value]) => value.references),
    "http.request.body": body?.references ?? [],
  });
  return {
    entities: entitiesOf(config),
    topic,
    request: { url, method: config["http.request.method"].toUpperCase(), parameters, body },
    records:
      locatorOf(
        "http.response.data.json.pointer",
        config["http.response.data.json.pointer"],
        read,
      ) ?? WHOLE,
    key: locatorOf("record.key.path", config["record.key.path"], read),
    valueFormat: config["value.format"].toLowerCase() === "string" ? "string" : "json",
    ...offsets(config, read),
    intervalMs: config["request.interval.ms"],
    requestsPerSecond: config["requests.per.second"],
    maxBytes: config["response.max.bytes"],
    retry: retrySettings(config, read),
    headers,
    authorization: confluentAuthorization(config, read),
    client: confluentClient(config, config["follow.redirects"], read),
    tls: confluentTls(config),
  };
}

const WHOLE = Locator.parse("") as Locator;
const NO_PAGES: Pagination = {
  type: "none",
  parameter: null,
  first: null,
  next: null,
  atEnd: "restart",
};

function offsets(
  config: ConfluentConfig,
  read: SettingsReader,
): { pagination: Pagination; incremental: Incremental | null } {
  const initial = config["http.initial.offset"] === "" ? null : config["http.initial.offset"];
  const mode = config["http.offset.mode"].toUpperCase();
  const needed = (key: "http.offset.json.pointer" | "http.next.page.json.pointer") => {
    const text = config[key];
    if (text === null) read.problem(key, `http.offset.mode=${mode} needs ${key}.`);
    return locatorOf(key, text, read);
  };
  if (mode === "CHAINING") {
    const value = needed("http.offset.json.pointer") ?? WHOLE;
    const incremental = { value, parameter: null, initial, format: "iso", overlapMs: 0 } as const;
    return { pagination: NO_PAGES, incremental: { type: "chaining", ...incremental } };
  }
  if (mode === "CURSOR_PAGINATION") {
    const next = needed("http.next.page.json.pointer");
    const atEnd = config["pagination.at.end"].toLowerCase() as Pagination["atEnd"]; // its `oneOf`
    return {
      pagination: { ...NO_PAGES, type: "cursor", first: initial, next, atEnd },
      incremental: null,
    };
  }
  if (initial !== null && !/^\d+$/.test(initial)) {
    read.problem(
      "http.initial.offset",
      "http.initial.offset must be a whole number for SIMPLE_INCREMENTING.",
    );
    return { pagination: NO_PAGES, incremental: null };
  }
  const pagination = { ...NO_PAGES, type: "offset", first: initial ?? "0", atEnd: "keep" } as const;
  return { pagination, incremental: null };
}
