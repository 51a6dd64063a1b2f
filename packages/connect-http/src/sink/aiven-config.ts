import { type ConfigDef, type ConfigOf, Password } from "@millrace/connect-api";
import type { AuthorizationSettings } from "../http/authorization.ts";
import { StatusCodes } from "../http/status-codes.ts";
import type { OtherKey } from "../other-keys.ts";
import { SettingsReader } from "../settings-reader.ts";
import type { SinkDialect } from "./dialect.ts";
import { laneSettings, SHARED_KEYS } from "./shared-keys.ts";
import type { SinkSettings } from "./settings.ts";

const DAY_MS = 24 * 3_600_000;

/** Keys of Aiven's HTTP sink 0.9, with its defaults, and ours. */
export const AIVEN_CONFIG = {
  "http.url": {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connection",
    doc: "Where records are sent to by POST. ${topic}, ${partition}, ${offset}, ${timestamp}, ${key}, ${key.field}, ${value.field} and ${header.name} are replaced in path and query, percent-encoded.",
  },
  "http.authorization.type": {
    type: "STRING",
    oneOf: ["none", "static", "oauth2"],
    ignoreCase: true,
    importance: "HIGH",
    group: "Connection",
    doc: "none; static sends http.headers.authorization; oauth2 fetches tokens with client credentials (oauth2.*).",
  },
  "http.headers.authorization": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    group: "Connection",
    doc: "The Authorization header, such as Bearer … or Basic …; needs http.authorization.type=static.",
  },
  "http.headers.content.type": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "The Content-Type header.",
  },
  "http.headers.additional": {
    type: "LIST",
    default: [],
    importance: "LOW",
    group: "Connection",
    doc: "More headers, name:value each. Values may have references as http.url has; data with line ends or other control characters is refused.",
  },
  "http.timeout": {
    type: "INT",
    default: 30,
    min: 1,
    importance: "LOW",
    group: "Connection",
    doc: "Seconds from the beginning of a request to the end of its answer.",
  },
  "http.proxy.host": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "Proxy for all requests; needs http.proxy.port.",
  },
  "http.proxy.port": {
    type: "INT",
    default: -1,
    min: -1,
    max: 65_535,
    importance: "LOW",
    group: "Connection",
    doc: "Port of the proxy.",
  },
  "http.ssl.trust.all.certs": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Connection",
    doc: "Whether any certificate is accepted, of whomever. For tests.",
  },
  "http.ssl.truststore.location": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Connection",
    doc: "PEM file with the authorities to trust, instead of the usual ones.",
  },
  "oauth2.access.token.url": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    group: "OAuth 2",
    doc: "Where tokens are fetched.",
  },
  "oauth2.client.id": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    group: "OAuth 2",
    doc: "Client id.",
  },
  "oauth2.client.secret": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    group: "OAuth 2",
    doc: "Client secret.",
  },
  "oauth2.client.authorization.mode": {
    type: "STRING",
    default: "HEADER",
    oneOf: ["HEADER", "URL"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: "OAuth 2",
    doc: "HEADER sends client id and secret by basic authentication, URL in the form of the request's body.",
  },
  "oauth2.client.scope": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "OAuth 2",
    doc: "Scope to ask for.",
  },
  "oauth2.grant.type": {
    type: "STRING",
    default: "client_credentials",
    importance: "LOW",
    group: "OAuth 2",
    doc: "Grant type to ask with.",
  },
  "oauth2.request.grant.type.property": {
    type: "STRING",
    default: "grant_type",
    importance: "LOW",
    group: "OAuth 2",
    doc: "Field of the token request that has the grant type.",
  },
  "oauth2.request.client.id.property": {
    type: "STRING",
    default: "client_id",
    importance: "LOW",
    group: "OAuth 2",
    doc: "Field of the token request that has the client id, in mode URL.",
  },
  "oauth2.request.client.secret.property": {
    type: "STRING",
    default: "client_secret",
    importance: "LOW",
    group: "OAuth 2",
    doc: "Field of the token request that has the client secret, in mode URL.",
  },
  "oauth2.response.token.property": {
    type: "STRING",
    default: "access_token",
    importance: "LOW",
    group: "OAuth 2",
    doc: "Member of the answer that has the token.",
  },
  "oauth2.token.renew.on.status.codes": {
    type: "LIST",
    default: ["401"],
    importance: "LOW",
    group: "OAuth 2",
    doc: "Statuses of requests after which a new token is fetched. One is fetched shortly before it expires, too.",
  },
  "batching.enabled": {
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    group: "Batching",
    doc: "Whether a request carries several records.",
  },
  "batch.max.size": {
    type: "INT",
    default: 500,
    min: 1,
    max: 1_000_000,
    importance: "MEDIUM",
    group: "Batching",
    doc: "Records per request, at most. A request has records of one topic, with the same address and headers.",
  },
  "batch.prefix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "Batching",
    doc: "What a batch begins with; \\n, \\r, \\t and \\\\ are understood.",
  },
  "batch.suffix": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Batching",
    doc: "What a batch ends with; a line end if not set.",
  },
  "batch.separator": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Batching",
    doc: "What stands between records of a batch; a line end if not set.",
  },
  "max.retries": {
    type: "INT",
    default: 1,
    min: 0,
    importance: "MEDIUM",
    group: "Retries",
    doc: "How often a request is tried again: after 408, 425, 429, 5xx and when no answer came.",
  },
  "retry.backoff.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "MEDIUM",
    group: "Retries",
    doc: "Base of the wait before the n-th retry: a random time up to retry.backoff.ms · 2^(n-1) milliseconds, or what the server asks for with Retry-After.",
  },
  "decimal.format": {
    type: "STRING",
    default: "BASE64",
    oneOf: ["BASE64", "NUMERIC"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data",
    doc: "How decimals are written in JSON.",
  },
  ...SHARED_KEYS,
} as const satisfies ConfigDef;

type AivenConfig = ConfigOf<typeof AIVEN_CONFIG>;

const OTHER_KEYS: readonly OtherKey[] = [
  {
    name: "http.ssl.truststore.password",
    idle: [],
    effect: "warn",
    remedy: "http.ssl.truststore.location is a PEM file, which has none",
  },
  {
    name: "kafka.retry.backoff.ms",
    idle: [],
    effect: "warn",
    remedy: "retries are made beside the worker's loop; see retry.backoff.ms",
  },
];

/** Aiven's sink: `io.aiven.kafka.connect.http.HttpSinkConnector`. */
export const AIVEN: SinkDialect<typeof AIVEN_CONFIG> = {
  config: AIVEN_CONFIG,
  otherKeys: OTHER_KEYS,
  settings: (config, read) => [settings(config, read)],
};

function settings(config: AivenConfig, read: SettingsReader): SinkSettings {
  const isBatching = config["batching.enabled"];
  const timeoutMs = config["http.timeout"] * 1000;
  return {
    topics: null,
    url: read.url("http.url", config["http.url"]),
    method: "POST",
    headers: read.headers("http.headers.additional", config["http.headers.additional"]),
    contentType: config["http.headers.content.type"],
    idempotencyHeader: config["idempotency.key.header"],
    body: {
      format: "string",
      prefix: isBatching ? unescaped(config["batch.prefix"]) : "",
      separator: isBatching ? unescaped(config["batch.separator"] ?? "\n") : "",
      suffix: isBatching ? unescaped(config["batch.suffix"] ?? "\n") : "",
      decimals: config["decimal.format"].toUpperCase() === "NUMERIC" ? "NUMERIC" : "BASE64",
      gzip: config["request.compression"].toLowerCase() === "gzip",
    },
    batch: {
      maxRecords: isBatching ? config["batch.max.size"] : 1,
      maxBytes: config["batch.max.bytes"],
      lingerMs: config["linger.ms"],
      key: null,
    },
    nullValues: "fail",
    failures: {
      mode: "report",
      remedy:
        "errors.tolerance=all with errors.deadletterqueue.topic.name would set such records aside",
    },
    retry: {
      max: config["max.retries"],
      backoffMs: Math.min(config["retry.backoff.ms"], DAY_MS),
      maxBackoffMs: config["retry.backoff.max.ms"],
      statuses: null,
    },
    authorization: authorization(config, read),
    client: {
      connectTimeoutMs: timeoutMs,
      requestTimeoutMs: timeoutMs,
      requestTimeoutKey: "http.timeout",
      followRedirects: config["follow.redirects"],
      proxy: proxy(config, read),
    },
    tls: {
      trustStore:
        config["http.ssl.truststore.location"] === null
          ? null
          : { key: "http.ssl.truststore.location", path: config["http.ssl.truststore.location"] },
      keyStore: null,
      trustAll: config["http.ssl.trust.all.certs"],
      verifyHost: true,
    },
    lanes: laneSettings(config),
  };
}

function authorization(config: AivenConfig, read: SettingsReader): AuthorizationSettings {
  const header = config["http.headers.authorization"];
  const type = config["http.authorization.type"].toLowerCase();
  if (header !== null && type !== "static") {
    read.problem(
      ["http.headers.authorization", "http.authorization.type"],
      "http.headers.authorization is only sent with http.authorization.type=static.",
    );
  }
  if (type === "none") return { type: "none" };
  if (type === "static") {
    if (header === null) {
      const message = "http.authorization.type=static needs http.headers.authorization.";
      read.problem("http.headers.authorization", message);
    }
    return { type: "static", value: header ?? new Password("") };
  }
  const needed = ["oauth2.access.token.url", "oauth2.client.id", "oauth2.client.secret"] as const;
  for (const key of needed) {
    if (config[key] === null) read.problem(key, `http.authorization.type=oauth2 needs ${key}.`);
  }
  const url = config["oauth2.access.token.url"];
  const codesKey = "oauth2.token.renew.on.status.codes";
  const renewOn = read.parsed(codesKey, StatusCodes.parse(config[codesKey]));
  return {
    type: "oauth2",
    tokenUrl: url === null ? "" : read.fixedUrl("oauth2.access.token.url", url),
    clientId: config["oauth2.client.id"] ?? "",
    clientSecret: config["oauth2.client.secret"] ?? new Password(""),
    scope: config["oauth2.client.scope"],
    credentialsIn:
      config["oauth2.client.authorization.mode"].toUpperCase() === "URL" ? "form" : "header",
    fields: {
      grantType: config["oauth2.request.grant.type.property"],
      clientId: config["oauth2.request.client.id.property"],
      clientSecret: config["oauth2.request.client.secret.property"],
    },
    grantType: config["oauth2.grant.type"],
    tokenProperty: config["oauth2.response.token.property"],
    renewOn: renewOn ?? StatusCodes.NONE,
    keys: "oauth2.access.token.url, oauth2.client.id and oauth2.client.secret",
  };
}

function proxy(config: AivenConfig, read: SettingsReader): SinkSettings["client"]["proxy"] {
  const { "http.proxy.host": host, "http.proxy.port": port } = config;
  if (host === null && port < 0) return null;
  const url = `http://${host ?? ""}:${port}`;
  if (host !== null && port > 0 && URL.canParse(url)) return { url, authorization: null };
  const keys = ["http.proxy.host", "http.proxy.port"];
  read.problem(keys, "http.proxy.host and http.proxy.port must be given both or not at all.");
  return null;
}

/** Connect trims values: line ends can only be given as escapes. */
function unescaped(text: string): string {
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };
  return text.replaceAll(/\\([nrt\\])/g, (_whole, letter: string) => escapes[letter] ?? letter);
}
