import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import type { LaneSettings } from "./settings.ts";

const HOUR_MS = 3_600_000;

/** Keys that both sinks have beyond those of the Java connectors. */
export const SHARED_KEYS = {
  ordering: {
    type: "STRING",
    default: "partition",
    oneOf: ["partition", "key", "none"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: "Delivery",
    beyondJava: true,
    doc: "What is kept in order: the records of a partition, or those of a key (records without key: of their partition), or nothing. Requests for other partitions or keys go out beside.",
  },
  "max.in.flight.requests": {
    type: "INT",
    default: 8,
    min: 1,
    max: 1000,
    importance: "MEDIUM",
    group: "Delivery",
    beyondJava: true,
    doc: "Requests that one task has under way at once, as far as ordering allows.",
  },
  "linger.ms": {
    type: "LONG",
    default: 0,
    min: 0,
    max: HOUR_MS,
    importance: "LOW",
    group: "Delivery",
    beyondJava: true,
    doc: "Milliseconds that records wait for others before a request is sent that is not full.",
  },
  "batch.max.bytes": {
    type: "LONG",
    default: 1024 * 1024,
    min: 1,
    max: 2 ** 30,
    importance: "LOW",
    group: "Delivery",
    beyondJava: true,
    doc: "Bytes of records per request, at most; a larger single record goes alone.",
  },
  "max.buffered.records": {
    type: "INT",
    default: 5000,
    min: 1,
    importance: "LOW",
    group: "Delivery",
    beyondJava: true,
    doc: "Records that one task holds, waiting or under way, before it takes no more. Bodies are held up to 64 MiB besides.",
  },
  "flush.timeout.ms": {
    type: "LONG",
    default: 10_000,
    min: 0,
    max: HOUR_MS,
    importance: "LOW",
    group: "Delivery",
    beyondJava: true,
    doc: "Milliseconds to wait for requests under way when offsets are committed or partitions are taken away, and for room for new records before the worker is asked to give them again.",
  },
  "idempotency.key.header": {
    type: "STRING",
    default: null,
    importance: "LOW",
    group: "Delivery",
    beyondJava: true,
    doc: "Header, such as Idempotency-Key, that gets topic-partition-offset of the first record of each request: the same one when it is sent again.",
  },
  "retry.backoff.max.ms": {
    type: "LONG",
    default: 60_000,
    min: 0,
    max: 24 * HOUR_MS,
    importance: "LOW",
    group: "Retries",
    beyondJava: true,
    doc: "The longest wait between two attempts, unless the server asks for more with Retry-After (an hour at most).",
  },
  "follow.redirects": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: "Connection",
    beyondJava: true,
    doc: "Whether redirects that keep method and body (307, 308) are followed. To another host no credentials and no headers of this configuration go along. Any other 3xx is an error.",
  },
  "request.compression": {
    type: "STRING",
    default: "none",
    oneOf: ["none", "gzip"],
    ignoreCase: true,
    importance: "LOW",
    group: "Connection",
    beyondJava: true,
    doc: "Whether bodies are compressed.",
  },
} as const satisfies ConfigDef;

type SharedConfig = ConfigOf<typeof SHARED_KEYS>;

export function laneSettings(config: SharedConfig): LaneSettings {
  return {
    ordering: config.ordering.toLowerCase() as LaneSettings["ordering"], // one of its `oneOf`
    maxInFlight: config["max.in.flight.requests"],
    maxBufferedRecords: config["max.buffered.records"],
    flushTimeoutMs: config["flush.timeout.ms"],
  };
}
