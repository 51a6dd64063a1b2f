import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import { CONFLUENT_HTTP_KEYS } from "../confluent-http.ts";
import { StatusCodes } from "../http/status-codes.ts";
import type { SettingsReader } from "../settings-reader.ts";
import { Template } from "../template/template.ts";
import { Locator } from "./locator.ts";
import type { RetrySettings } from "./settings.ts";

const DAY_MS = 24 * 3_600_000;

/** Keys that both source connectors have. */
export const SHARED_SOURCE_KEYS = {
  "entity.names": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    group: "Records",
    doc: "What is read side by side, such as orders,customers: each has a position of its own, and tasks share them. ${entityName} stands for it in the address, parameters, headers, body and topic.",
  },
  "max.retries": {
    type: "INT",
    default: 10,
    min: 0,
    importance: "LOW",
    group: "Retries",
    doc: "How often a page is asked for again: after retry.on.status.codes and when no answer came.",
  },
  "retry.backoff.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "LOW",
    group: "Retries",
    doc: "Base of the wait before the n-th retry: a random time up to retry.backoff.ms · 2^(n-1) milliseconds, or what the server asks for with Retry-After.",
  },
  "retry.backoff.max.ms": {
    type: "LONG",
    default: 60_000,
    min: 0,
    max: DAY_MS,
    importance: "LOW",
    group: "Retries",
    beyondJava: true,
    doc: "The longest wait between two attempts, unless the server asks for more with Retry-After (an hour at most).",
  },
  "retry.on.status.codes": {
    type: "LIST",
    default: [],
    importance: "LOW",
    group: "Retries",
    doc: 'Statuses after which a page is asked for again, such as 429,500-599 or 400-. Not set: those that say "not now", 408, 425, 429 and 5xx.',
  },
  "behavior.on.error": {
    type: "STRING",
    default: "fail",
    oneOf: ["fail", "ignore"],
    ignoreCase: true,
    importance: "LOW",
    group: "Retries",
    doc: "What happens when a page cannot be read: the task fails, or (ignore) the same page is asked for after the interval; none is skipped.",
  },
  "requests.per.second": {
    type: "DOUBLE",
    default: 0,
    min: 0,
    importance: "LOW",
    group: "Connection",
    beyondJava: true,
    doc: "Requests that one task makes per second, at most; 0 = no limit. Retry-After, and X-RateLimit-Reset once X-RateLimit-Remaining is 0, are kept to besides.",
  },
  "response.max.bytes": {
    type: "LONG",
    default: 64 * 1024 * 1024,
    min: 1,
    max: 2 ** 30,
    importance: "LOW",
    group: "Connection",
    beyondJava: true,
    doc: "Bytes of an answer, at most, also after decompression; a larger one is an error.",
  },
  "follow.redirects": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    group: "Connection",
    beyondJava: true,
    doc: "Whether redirects are followed, five at most. To another host no credentials and no headers of this configuration go along.",
  },
  "record.key.path": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Records",
    beyondJava: true,
    doc: "Where in a record its key is, as JSONPath ($.id) or JSON Pointer (/id); records have no keys if not set.",
  },
  "value.format": {
    type: "STRING",
    default: "json",
    oneOf: ["json", "string"],
    ignoreCase: true,
    importance: "LOW",
    group: "Records",
    beyondJava: true,
    doc: "json gives values as data without schema, string as the text of their JSON.",
  },
  ...CONFLUENT_HTTP_KEYS,
} as const satisfies ConfigDef;

type SharedConfig = ConfigOf<typeof SHARED_SOURCE_KEYS>;

export function retrySettings(config: SharedConfig, read: SettingsReader): RetrySettings {
  const codes = config["retry.on.status.codes"];
  return {
    max: config["max.retries"],
    backoffMs: config["retry.backoff.ms"],
    maxBackoffMs: config["retry.backoff.max.ms"],
    statuses:
      codes.length === 0
        ? null
        : (read.parsed("retry.on.status.codes", StatusCodes.parse(codes)) ?? null),
    onFailure: config["behavior.on.error"].toLowerCase() as RetrySettings["onFailure"], // its `oneOf`
  };
}

/** The entities; one without name where none are named. */
export function entitiesOf(config: SharedConfig): readonly string[] {
  return config["entity.names"].length === 0 ? [""] : config["entity.names"];
}

/** A place in JSON; null where the key is not set, or wrong. */
export function locatorOf(key: string, text: string | null, read: SettingsReader): Locator | null {
  return text === null ? null : (read.parsed(key, Locator.parse(text)) ?? null);
}

/** `name=value` texts, their values templates. */
export function parametersOf(
  key: string,
  text: string,
  read: SettingsReader,
): readonly (readonly [string, Template])[] {
  return text
    .split("&")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) read.problem(key, `${key}: each parameter must be name=value.`);
      return [
        pair.slice(0, Math.max(equals, 0)).trim(),
        read.template(key, pair.slice(equals + 1).trim()),
      ] as const;
    });
}

/** Notes references that no request or topic of a source can resolve. */
export function checkReferences(
  read: SettingsReader,
  known: readonly string[],
  used: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [key, references] of Object.entries(used)) {
    for (const reference of references) {
      if (known.includes(reference)) continue;
      const names = known.map((name) => `\${${name}}`).join(", ");
      read.problem(key, `${key}: \${${reference}} is not known; there are ${names}.`);
    }
  }
}
