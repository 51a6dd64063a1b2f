import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import {
  CONFLUENT_OTHER_KEYS,
  confluentAuthorization,
  confluentClient,
  confluentTls,
} from "../confluent-http.ts";
import type { SettingsReader } from "../settings-reader.ts";
import type { SourceDialect } from "./dialect.ts";
import { instant, type TimestampFormat } from "./instant.ts";
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
const REFERENCES = ["entityName", "entity", "page", "since"];

/** Keys of our own source. */
export const MILLRACE_SOURCE_CONFIG = {
  url: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connection",
    doc: "What is asked for. ${entityName}, ${page} (number, offset or cursor) and ${since} (timestamp or chained value) are replaced in path and query, percent-encoded.",
  },
  topic: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Records",
    doc: "Topic of the records; ${entityName} is replaced.",
  },
  "request.method": {
    type: "STRING",
    default: "GET",
    oneOf: ["GET", "POST"],
    ignoreCase: true,
    importance: "LOW",
    group: "Connection",
    doc: "Method of requests.",
  },
  headers: {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Connection",
    doc: "Headers, name:value each, with | between them; values may have references as url has.",
  },
  "request.parameters": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Connection",
    doc: "Query parameters, name=value each, with & between them; values may have references as url has and are percent-encoded.",
  },
  "request.body": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Body of POST requests; references as url has are escaped as within a JSON text.",
  },
  "records.path": {
    type: "STRING",
    default: "$",
    importance: "HIGH",
    group: "Records",
    doc: "Where in an answer the records are, as JSONPath ($.items, $.items[*], $.items[?@.done]) or JSON Pointer (/items): an array has a record per element, an object is one.",
  },
  pagination: {
    type: "STRING",
    default: "none",
    oneOf: ["none", "page", "offset", "cursor", "link-header", "next-url"],
    ignoreCase: true,
    importance: "HIGH",
    group: "Pagination",
    doc: "How one gets to the next page: by its number or by the number of records before it (an empty page ends the list), by a cursor in the answer (pagination.path), by a Link header with rel=next, or by an address in the answer (pagination.path). Addresses must be of url's host.",
  },
  "pagination.parameter": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Pagination",
    doc: "Query parameter that gets number, offset or cursor; not needed where ${page} is used.",
  },
  "pagination.path": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Pagination",
    doc: "Where in an answer the next cursor or address is, as JSONPath or JSON Pointer. None, null or an empty text there, and the cursor that was asked with, mean that the list is at its end.",
  },
  "pagination.first": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Pagination",
    doc: "Number, offset or cursor of the first page; 1, 0 and none if not set.",
  },
  "pagination.at.end": {
    type: "STRING",
    default: "restart",
    oneOf: ["restart", "keep"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: "Pagination",
    doc: "After the last page: restart reads the list from its first page again; keep goes on with the last page, for lists that only grow, and leaves out the records of it that are known.",
  },
  incremental: {
    type: "STRING",
    default: "none",
    oneOf: ["none", "timestamp", "chaining"],
    ignoreCase: true,
    importance: "HIGH",
    group: "Incremental",
    doc: "How one asks only for what is new: since the latest timestamp of the list before (timestamp), or behind the last record (chaining).",
  },
  "incremental.path": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Incremental",
    doc: "Where in a record its timestamp or value is, as JSONPath or JSON Pointer.",
  },
  "incremental.parameter": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Incremental",
    doc: "Query parameter that gets it; not needed where ${since} is used. The server should give what is equal, too: what is known is left out.",
  },
  "incremental.initial": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Incremental",
    doc: "What it is for the first request; if not set, the parameter is left out.",
  },
  "timestamp.format": {
    type: "STRING",
    default: "iso",
    oneOf: ["iso", "epoch_ms", "epoch_s"],
    ignoreCase: true,
    importance: "LOW",
    group: "Incremental",
    doc: "What timestamps are: ISO 8601 (without zone: UTC), or milliseconds or seconds since 1970.",
  },
  "timestamp.overlap.ms": {
    type: "LONG",
    default: 0,
    min: 0,
    max: 30 * DAY_MS,
    importance: "MEDIUM",
    group: "Incremental",
    doc: "How long before the latest timestamp is asked for again, for records that appear late. What is known of it is left out.",
  },
  "poll.interval.ms": {
    type: "LONG",
    default: 60_000,
    min: 0,
    max: 365 * DAY_MS,
    importance: "MEDIUM",
    group: "Connection",
    doc: "Milliseconds between the end of a list and the next request.",
  },
  ...SHARED_SOURCE_KEYS,
} as const satisfies ConfigDef;

type MillraceConfig = ConfigOf<typeof MILLRACE_SOURCE_CONFIG>;

/** Our own source: `millrace.http.HttpSourceConnector`. */
export const MILLRACE_SOURCE: SourceDialect<typeof MILLRACE_SOURCE_CONFIG> = {
  config: MILLRACE_SOURCE_CONFIG,
  otherKeys: CONFLUENT_OTHER_KEYS,
  entitiesKey: "entity.names",
  settings,
};

function settings(config: MillraceConfig, read: SettingsReader): SourceSettings {
  const topic = read.template("topic", config.topic);
  const url = read.url("url", config.url);
  const headers = read.headers(
    "headers",
    config.headers.split("|").filter((text) => text.trim()),
  );
  const parameters = parametersOf("request.parameters", config["request.parameters"], read);
  const body =
    config["request.body"] === null ? null : read.template("request.body", config["request.body"]);
  checkReferences(read, ["entityName", "entity"], { topic: topic.references });
  checkReferences(read, REFERENCES, {
    url: url.references,
    headers: headers.references,
    "request.parameters": parameters.flatMap(([, value]) => value.references),
    "request.body": body?.references ?? [],
  });
  return {
    entities: entitiesOf(config),
    topic,
    request: { url, method: config["request.method"].toUpperCase(), parameters, body },
    records: locatorOf("records.path", config["records.path"], read) ?? WHOLE,
    key: locatorOf("record.key.path", config["record.key.path"], read),
    valueFormat: config["value.format"].toLowerCase() === "string" ? "string" : "json",
    pagination: pagination(config, read),
    incremental: incremental(config, read),
    intervalMs: config["poll.interval.ms"],
    requestsPerSecond: config["requests.per.second"],
    maxBytes: config["response.max.bytes"],
    retry: retrySettings(config, read),
    headers,
    authorization: confluentAuthorization(config, read),
    client: confluentClient(config, config["follow.redirects"], read),
    tls: confluentTls(config),
  };
}

const WHOLE = Locator.parse("$") as Locator;

function pagination(config: MillraceConfig, read: SettingsReader): Pagination {
  const type = config.pagination.toLowerCase() as Pagination["type"]; // its `oneOf`
  const atEnd = config["pagination.at.end"].toLowerCase() as Pagination["atEnd"]; // its `oneOf`
  const path = config["pagination.path"];
  const needsPath = type === "cursor" || type === "next-url";
  if (needsPath && path === null) {
    read.problem("pagination.path", `pagination=${type} needs pagination.path.`);
  }
  const isCounted = type === "page" || type === "offset";
  const first = config["pagination.first"] ?? (isCounted ? (type === "page" ? "1" : "0") : null);
  if (isCounted && !/^\d+$/.test(first ?? "")) {
    read.problem(
      "pagination.first",
      `pagination.first must be a whole number for pagination=${type}.`,
    );
  }
  const isPlaced =
    config["pagination.parameter"] !== null || /\$\{\s*page\s*\}/.test(texts(config));
  if ((isCounted || type === "cursor") && !isPlaced) {
    read.problem(
      "pagination.parameter",
      `pagination=${type} needs pagination.parameter, or \${page} in url, headers, request.parameters or request.body.`,
    );
  }
  if (atEnd === "keep" && config.incremental.toLowerCase() !== "none") {
    read.problem(
      ["pagination.at.end", "incremental"],
      "pagination.at.end=keep is for lists without incremental: that says itself where to go on.",
    );
  }
  return {
    type,
    parameter: config["pagination.parameter"],
    first: isCounted && !/^\d+$/.test(first ?? "") ? "0" : first,
    next: needsPath ? locatorOf("pagination.path", path, read) : null,
    atEnd: type === "none" ? "restart" : atEnd,
  };
}

function incremental(config: MillraceConfig, read: SettingsReader): Incremental | null {
  const type = config.incremental.toLowerCase();
  if (type === "none") return null;
  const format = config["timestamp.format"].toLowerCase() as TimestampFormat; // its `oneOf`
  const path = config["incremental.path"];
  if (path === null)
    read.problem("incremental.path", `incremental=${type} needs incremental.path.`);
  const initial = config["incremental.initial"];
  if (type === "timestamp" && initial !== null && instant(initial, format) === undefined) {
    read.problem(
      "incremental.initial",
      `incremental.initial is no timestamp (timestamp.format=${format}).`,
    );
  }
  if (type === "chaining" && config.pagination.toLowerCase() !== "none") {
    read.problem(
      ["incremental", "pagination"],
      "incremental=chaining goes from record to record and has no pages: set pagination=none.",
    );
  }
  return {
    type: type as Incremental["type"], // its `oneOf`
    value: locatorOf("incremental.path", path, read) ?? WHOLE,
    parameter: config["incremental.parameter"],
    initial,
    format,
    overlapMs: config["timestamp.overlap.ms"],
  };
}

/** Where references may stand. */
function texts(config: MillraceConfig): string {
  return [config.url, config.headers, config["request.parameters"], config["request.body"]].join(
    "\n",
  );
}
