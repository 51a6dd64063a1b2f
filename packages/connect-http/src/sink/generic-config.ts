import {
  type ConfigDef,
  type ConfigKey,
  parseConfig,
  parseKey,
  printed,
  type Props,
} from "@millrace/connect-api";
import { CONFLUENT_HTTP_KEYS, CONFLUENT_OTHER_KEYS } from "../confluent-http.ts";
import { SettingsReader } from "../settings-reader.ts";
import { CONFLUENT_CONFIG, confluentSettings } from "./confluent-config.ts";
import type { SinkDialect } from "./dialect.ts";
import type { SinkSettings } from "./settings.ts";
import { SHARED_KEYS } from "./shared-keys.ts";

const MOST_APIS = 15;

/** Keys of an API, without `apiN.`, that V1 has under another name; the others have the same. */
const V1_NAMES: Readonly<Record<string, keyof typeof CONFLUENT_CONFIG>> = {
  "http.request.method": "request.method",
  "http.request.headers": "headers",
  "http.request.headers.separator": "header.separator",
  "max.batch.size": "batch.max.size",
};
/** Keys of V1 that each API has for itself, and what V2 makes of their defaults. */
const SAME_NAMES: Readonly<Partial<Record<keyof typeof CONFLUENT_CONFIG, string | number>>> = {
  "request.body.format": "json",
  "behavior.on.null.values": "ignore",
  "batch.prefix": "",
  "batch.suffix": "",
  "batch.separator": ",",
  "batch.json.as.array": "false",
  "batch.key.pattern": "someKey",
  "max.retries": 5,
  "retry.backoff.ms": 3000,
  "retry.on.status.codes": "",
  "http.connect.timeout.ms": 30_000,
  "http.request.timeout.ms": 30_000,
};

const GLOBAL_KEYS = {
  "http.api.base.url": {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connection",
    doc: "What the addresses of all APIs begin with.",
  },
  "apis.num": {
    type: "INT",
    default: 1,
    min: 1,
    max: MOST_APIS,
    importance: "HIGH",
    group: "Connection",
    doc: "How many APIs records are sent to. The keys of each begin with api1., api2. and so on.",
  },
  "behavior.on.error": CONFLUENT_CONFIG["behavior.on.error"],
} as const satisfies ConfigDef;

/** Keys of one API that are V2's own. */
const OWN_API_KEYS = {
  "http.api.path": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    group: "API",
    doc: "What follows http.api.base.url; references as in V1's http.api.url.",
  },
  topics: {
    type: "LIST",
    nonEmpty: true,
    importance: "HIGH",
    group: "API",
    doc: "Topics whose records are sent to this API, of those that the connector reads.",
  },
  "http.request.parameters": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: "API",
    doc: "Query parameters, name=value each, with & between them; values may have references, too.",
  },
  "http.request.sensitive.headers": {
    type: "PASSWORD",
    default: null,
    importance: "LOW",
    group: "API",
    doc: "More headers, as http.request.headers, that are shown nowhere.",
  },
} as const satisfies ConfigDef;

/** The table for so many APIs. */
function tableOf(count: number): ConfigDef {
  const table: Record<string, ConfigKey> = { ...GLOBAL_KEYS };
  for (let n = 1; n <= count; n++) {
    for (const [name, definition] of Object.entries(API_KEYS))
      table[`api${n}.${name}`] = definition;
  }
  const {
    "http.connect.timeout.ms": _connect,
    "http.request.timeout.ms": _request,
    ...http
  } = CONFLUENT_HTTP_KEYS;
  return { ...table, ...http, ...SHARED_KEYS };
}

const API_KEYS: ConfigDef = {
  ...OWN_API_KEYS,
  ...Object.fromEntries(
    Object.entries(V1_NAMES).map(([name, v1]) => [name, { ...CONFLUENT_CONFIG[v1], group: "API" }]),
  ),
  ...Object.fromEntries(
    Object.entries(SAME_NAMES).map(([name, value]) => {
      const key = CONFLUENT_CONFIG[name as keyof typeof CONFLUENT_CONFIG]; // it is one of them
      return [name, { ...key, default: defaultOf(key, value), group: "API" }];
    }),
  ),
};

function defaultOf({ type }: { type: string }, value: string | number): ConfigKey["default"] {
  if (type === "BOOLEAN") return value === "true";
  return type === "LIST" ? [] : value;
}

/** Confluent's sink V2: `io.confluent.connect.http.sink.GenericHttpSinkConnector`. */
export const GENERIC: SinkDialect = {
  config: tableOf(1),
  configOf: (props) => tableOf(countOf(props)),
  otherKeys: [
    ...["http.path.parameters", "http.request.body", "upsert.method", "upsert.api.path"].flatMap(
      (name) =>
        Array.from({ length: MOST_APIS }, (_, i) => ({
          name: `api${i + 1}.${name}`,
          idle: [],
          effect: "refuse" as const,
          remedy: "put references into http.api.path, and make bodies with a transform",
        })),
    ),
    {
      name: "connection.disallow.*",
      idle: ["false"],
      effect: "refuse",
      remedy: "addresses are not checked; keep the worker from networks that it must not reach",
    },
    ...CONFLUENT_OTHER_KEYS,
  ],
  settings: (_config, read, props) =>
    Array.from({ length: countOf(props) }, (_, i) => apiSettings(i + 1, props, read)),
};

/** One as long as the key is wrong, which validation says by itself. */
function countOf(props: Props): number {
  try {
    return Number(parseKey("apis.num", GLOBAL_KEYS["apis.num"], props["apis.num"]));
  } catch {
    return 1;
  }
}

/** Reads the keys of one API as a configuration of V1, and shows what is wrong under V2's names. */
function apiSettings(n: number, props: Props, read: SettingsReader): SinkSettings {
  const prefix = `api${n}.`;
  const config = parseConfig(tableOf(n), props) as Record<string, unknown>;
  const text = (name: string) => printed({ type: "STRING" }, config[prefix + name]) ?? "";
  const v1: Record<string, string> = {};
  for (const key of [...Object.keys(CONFLUENT_HTTP_KEYS), ...Object.keys(SHARED_KEYS)]) {
    if (props[key] !== undefined) v1[key] = props[key];
  }
  for (const name of Object.keys(SAME_NAMES)) v1[name] = text(name);
  for (const [name, key] of Object.entries(V1_NAMES)) v1[key] = text(name);
  v1["behavior.on.error"] = String(config["behavior.on.error"]);
  v1["http.api.url"] = addressOf(
    String(config["http.api.base.url"]),
    text("http.api.path"),
    text("http.request.parameters"),
  );
  const secret = config[`${prefix}http.request.sensitive.headers`] as { value(): string } | null;
  if (secret !== null) {
    v1["headers"] = [v1["headers"], secret.value()].filter(Boolean).join(v1["header.separator"]);
  }
  const ofV1 = new SettingsReader();
  const settings = confluentSettings(parseConfig(CONFLUENT_CONFIG, v1), ofV1);
  for (const { keys, message } of ofV1.problems) {
    const [first = ""] = keys;
    const named = message.startsWith(`${first}:`)
      ? v2Name(first, n) + message.slice(first.length)
      : message;
    read.problem(
      keys.map((key) => v2Name(key, n)),
      named,
    );
  }
  return { ...settings, topics: config[`${prefix}topics`] as readonly string[] };
}

function v2Name(key: string, n: number): string {
  if (key === "http.api.url") return `api${n}.http.api.path`;
  const renamed = Object.entries(V1_NAMES).find(([, v1]) => v1 === key)?.[0];
  return renamed !== undefined || key in SAME_NAMES ? `api${n}.${renamed ?? key}` : key;
}

function addressOf(base: string, path: string, parameters: string): string {
  const joined =
    path === "" ? base : `${base.replace(/\/$/, "")}${path.startsWith("/") ? "" : "/"}${path}`;
  return parameters === "" ? joined : `${joined}${joined.includes("?") ? "&" : "?"}${parameters}`;
}
