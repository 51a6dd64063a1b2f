import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { parseNodes } from "./client/nodes.ts";
import { refusedKeys } from "./unsupported-keys.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Keys, defaults and bounds of Confluent's Elasticsearch sink 15, as far as they are supported. */
export const CONFIG = {
  "connection.url": {
    type: "LIST",
    nonEmpty: true,
    importance: "HIGH",
    group: "Connector",
    doc: "Addresses of Elasticsearch nodes, such as https://es1:9200,https://es2:9200. Requests go to them in turn; one without scheme is spoken to by http. Certificates of https nodes are verified; NODE_EXTRA_CA_CERTS names further authorities to trust.",
  },
  "connection.username": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    group: "Security",
    doc: "User name for basic authentication; needs connection.password.",
  },
  "connection.password": {
    type: "PASSWORD",
    default: null,
    importance: "MEDIUM",
    group: "Security",
    doc: "Password for basic authentication; needs connection.username.",
  },
  "batch.size": {
    type: "INT",
    default: 2000,
    min: 1,
    max: 1_000_000,
    importance: "MEDIUM",
    group: "Connector",
    doc: "Records per bulk request, at most.",
  },
  "bulk.size.bytes": {
    type: "LONG",
    default: 5 * 1024 * 1024,
    min: -1,
    max: 2 ** 31 - 1,
    importance: "LOW",
    group: "Connector",
    doc: "Bytes per bulk request, at most; a larger single document goes alone. -1 = no limit but batch.size.",
  },
  "max.in.flight.requests": {
    type: "INT",
    default: 5,
    min: 1,
    max: 1000,
    importance: "MEDIUM",
    group: "Connector",
    doc: "Bulk requests that one task has under way at once.",
  },
  "max.buffered.records": {
    type: "INT",
    default: 20_000,
    min: 1,
    importance: "LOW",
    group: "Connector",
    doc: "Records that one task holds, waiting or under way, before it takes no more; at least batch.size × max.in.flight.requests.",
  },
  "linger.ms": {
    type: "LONG",
    default: 1,
    min: 0,
    max: WEEK_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Milliseconds that records wait for others before a bulk request is sent that is not full; at most flush.timeout.ms.",
  },
  "flush.timeout.ms": {
    type: "LONG",
    default: 180_000,
    min: 1000,
    max: WEEK_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Milliseconds to wait for room for new records before the worker is asked to give them again, and for requests under way when offsets are committed synchronously or partitions are taken away.",
  },
  "flush.synchronously": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Connector",
    doc: "Whether an offset commit first waits until every record taken is indexed. Otherwise it commits what is indexed by then, which is just as safe. Transforms that rename topics work either way.",
  },
  "max.retries": {
    type: "INT",
    default: 5,
    min: 0,
    importance: "LOW",
    group: "Connector",
    doc: "How often a request, or what Elasticsearch turned away of a bulk request for the moment, is tried again before the task fails.",
  },
  "retry.backoff.ms": {
    type: "LONG",
    default: 100,
    min: 0,
    max: 24 * HOUR_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Base of the wait before the n-th retry: a random time up to retry.backoff.ms · 2^(n-1) milliseconds, 24 hours at most.",
  },
  "connection.compression": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Connector",
    doc: "Whether requests are compressed with gzip.",
  },
  "connection.timeout.ms": {
    type: "INT",
    default: 1000,
    min: 0,
    max: 12 * HOUR_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Milliseconds to wait for a connection to a node; 0 = no limit.",
  },
  "read.timeout.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    max: 12 * HOUR_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Milliseconds to wait for an answer; a bulk request that takes longer is sent again. 0 = no limit.",
  },
  "max.connection.idle.time.ms": {
    type: "INT",
    default: 60_000,
    min: 1,
    max: 12 * HOUR_MS,
    importance: "LOW",
    group: "Connector",
    doc: "Milliseconds after which an unused connection is closed.",
  },
  "key.ignore": {
    type: "BOOLEAN",
    default: false,
    importance: "HIGH",
    group: "Data Conversion",
    doc: "Whether document ids are topic+partition+offset instead of the record's key.",
  },
  "topic.key.ignore": {
    type: "LIST",
    default: [],
    importance: "LOW",
    group: "Data Conversion",
    doc: "Topics to which key.ignore=true applies; not together with key.ignore=true.",
  },
  "schema.ignore": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Data Conversion",
    doc: "Whether mappings are left to Elasticsearch. Otherwise an index that has no mapping gets one made from the record's schema.",
  },
  "topic.schema.ignore": {
    type: "LIST",
    default: [],
    importance: "LOW",
    group: "Data Conversion",
    doc: "Topics to which schema.ignore=true applies; not together with schema.ignore=true.",
  },
  "compact.map.entries": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    group: "Data Conversion",
    doc: 'Whether a map with text keys becomes an object. Otherwise, as maps with other keys, a list of {"key": …, "value": …}.',
  },
  "drop.invalid.message": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Data Conversion",
    doc: "Whether a record that cannot be made a document is reported (dead-letter topic, log) and skipped. Otherwise the task fails.",
  },
  "behavior.on.null.values": {
    type: "STRING",
    default: "fail",
    oneOf: ["ignore", "delete", "fail"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data Conversion",
    doc: "What a record without value does: delete the document of its key, be reported and skipped (ignore), or fail the task.",
  },
  "behavior.on.malformed.documents": {
    type: "STRING",
    default: "fail",
    oneOf: ["ignore", "warn", "fail"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data Conversion",
    doc: "What a document does that Elasticsearch refuses for its content. It is always reported; warn logs it too, fail fails the task.",
  },
  "write.method": {
    type: "STRING",
    default: "insert",
    oneOf: ["insert", "upsert"],
    ignoreCase: true,
    importance: "LOW",
    group: "Data Conversion",
    doc: "insert replaces a document as a whole and never by an older record; upsert merges the record's fields into it.",
  },
} as const satisfies ConfigDef;

/** The parsed table, its enumerations in lower case. */
export type Config = Omit<ConfigOf<typeof CONFIG>, EnumKey> & {
  readonly "behavior.on.null.values": "ignore" | "delete" | "fail";
  readonly "behavior.on.malformed.documents": "ignore" | "warn" | "fail";
  readonly "write.method": "insert" | "upsert";
};

type EnumKey = "behavior.on.null.values" | "behavior.on.malformed.documents" | "write.method";

/** Something wrong with a configuration, and the keys under which it is shown. */
export interface ConfigProblem {
  readonly keys: readonly string[];
  readonly message: string;
}

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function readConfig(props: Props): Config {
  const config = parseProps(props);
  const [problem] = [...refusedKeys(props), ...configProblems(config)];
  if (problem !== undefined) throw new ConfigError(problem.message);
  return config;
}

/**
 * Parses each key by itself.
 * @throws {ConfigError} for the first one that is missing or wrong
 */
export function parseProps(props: Props): Config {
  return lowerCaseEnums(parseConfig(CONFIG, props));
}

/** What is wrong with keys that are right one by one (Java: `Validator`). */
export function configProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const problem = (keys: string[], message: string) => problems.push({ keys, message });

  problems.push(...parseNodes(config["connection.url"]).problems);
  if ((config["connection.username"] === null) !== (config["connection.password"] === null)) {
    const keys = ["connection.username", "connection.password"];
    problem(keys, "connection.username and connection.password must be given both or not at all.");
  }
  for (const what of ["key", "schema"] as const) {
    if (config[`${what}.ignore`] && config[`topic.${what}.ignore`].length > 0) {
      const keys = [`${what}.ignore`, `topic.${what}.ignore`];
      problem(keys, `topic.${what}.ignore has no use while ${what}.ignore is true: remove one.`);
    }
  }
  if (config["linger.ms"] > config["flush.timeout.ms"]) {
    const { "linger.ms": linger, "flush.timeout.ms": flush } = config;
    problem(
      ["linger.ms", "flush.timeout.ms"],
      `linger.ms (${linger}) must not be above flush.timeout.ms (${flush}).`,
    );
  }
  const inFlight = config["batch.size"] * config["max.in.flight.requests"];
  if (config["max.buffered.records"] < inFlight) {
    problem(
      ["max.buffered.records", "batch.size", "max.in.flight.requests"],
      `max.buffered.records (${config["max.buffered.records"]}) must be at least batch.size × max.in.flight.requests (${inFlight}).`,
    );
  }
  return problems;
}

/** `oneOf` was checked without regard to case; the code compares lower case. */
function lowerCaseEnums(config: ConfigOf<typeof CONFIG>): Config {
  const lower = (key: EnumKey) => config[key].toLowerCase();
  return {
    ...config,
    "behavior.on.null.values": lower("behavior.on.null.values"),
    "behavior.on.malformed.documents": lower("behavior.on.malformed.documents"),
    "write.method": lower("write.method"),
  } as Config; // each is one of its table entry's `oneOf`
}
