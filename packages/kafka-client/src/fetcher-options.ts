import { KafkaError } from "./errors.ts";
import type { Isolation, OffsetSpec } from "./list-offsets.ts";
import type { FetchObserver } from "./observers.ts";

/**
 * Where reading starts without a valid offset. Java: auto.offset.reset, with by_duration as an
 * object (KIP-1106).
 */
export type OffsetReset = "earliest" | "latest" | "none" | { durationMs: number };

export interface FetcherOptions {
  /** The broker answers as soon as it has so much. Java: fetch.min.bytes. Default 1. */
  minBytes?: number;
  /** Of one answer; a larger record comes all the same. Java: fetch.max.bytes. Default 8 MiB. */
  maxBytes?: number;
  /** How long the broker waits for minBytes. Java: fetch.max.wait.ms. Default 500. */
  maxWaitMs?: number;
  /** Of one partition in one answer. Java: max.partition.fetch.bytes. Default maxBytes. */
  maxPartitionBytes?: number;
  /** Java: isolation.level. Default read_uncommitted. */
  isolation?: Isolation;
  /** Java: auto.offset.reset. Default latest. */
  offsetReset?: OffsetReset;
  /**
   * Upper bound of what has arrived, or was asked for, and was not handed out. Default 24 MiB, room
   * for three answers: one that is read, one that waits, one under way. Answers are made smaller
   * where maxBytes or the number of brokers calls for more.
   */
  maxBufferedBytes?: number;
  /** Java: check.crcs. Default true. */
  checkCrcs?: boolean;
  /** Lets brokers name a replica in the same rack to read from. Java: client.rack. Default none. */
  rackId?: string;
  /** Is told of answers. */
  observer?: FetchObserver | undefined;
}

export type ResolvedFetcherOptions = Required<Omit<FetcherOptions, "observer">> &
  Pick<FetcherOptions, "observer">;

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const DEFAULT_BUFFERED_BYTES = 3 * DEFAULT_MAX_BYTES;

/** @throws KafkaError INVALID_CONFIG */
export function resolveFetcherOptions(options: FetcherOptions): ResolvedFetcherOptions {
  // Java allows 0: the broker sends one batch then.
  const maxBytes = options.maxBytes === 0 ? 1 : (options.maxBytes ?? DEFAULT_MAX_BYTES);
  const resolved = {
    minBytes: 1,
    maxWaitMs: 500,
    maxPartitionBytes: maxBytes,
    isolation: "read_uncommitted",
    offsetReset: "latest",
    maxBufferedBytes: Math.min(3 * maxBytes, DEFAULT_BUFFERED_BYTES),
    checkCrcs: true,
    rackId: "",
    ...options,
    maxBytes,
  } satisfies ResolvedFetcherOptions;
  for (const key of ["maxBytes", "maxPartitionBytes", "maxBufferedBytes"] as const) {
    if (!(resolved[key] > 0))
      throw new KafkaError("INVALID_CONFIG", `${key} must be above 0, not ${resolved[key]}`);
  }
  return resolved;
}

/** @param now epoch milliseconds */
export function resetSpec(reset: Exclude<OffsetReset, "none">, now: number): OffsetSpec {
  return typeof reset === "string" ? reset : { timestampMs: now - reset.durationMs };
}
