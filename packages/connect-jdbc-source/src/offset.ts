import {
  ConnectError,
  type OffsetStorageReader,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";
import { type Instant, type Origin, plainName } from "@millrace/jdbc-dialects";
import { nameOf } from "./destination.ts";

/**
 * The partition of a table's or query's offsets (Java: `OffsetProtocols`, protocol 1). The
 * order of the members is the one in which Java writes them: the offsets topic is
 * compacted by these bytes.
 */
export function offsetPartition(origin: Origin): SourcePartition {
  return "query" in origin ? QUERY : { protocol: "1", table: plainName(origin.table) };
}

/** Protocol 0, of old connectors; bulk mode's records still carry it. */
export function oldPartition(origin: Origin): SourcePartition {
  return "query" in origin ? QUERY : { table: origin.table.name };
}

const QUERY: SourcePartition = { query: "query" };

/** How far a table was read; what is undefined was not read by. */
export interface Place {
  readonly incrementing: bigint | undefined;
  readonly timestamp: Instant | undefined;
}

/** Where Java starts without an offset, after 1970 began. */
export const INITIAL_TIMESTAMP: Instant = 0n;

/** The place behind one row, so that a commit of any prefix is a place to resume from, I1 (Java: `TimestampIncrementingOffset.toMap`). */
export function incrementingOffset(value: number | bigint): SourceOffset {
  return { incrementing: value };
}

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;

/** `timestamp_nanos` is the whole fraction of the second, that of `timestamp` included. */
export function timestampOffset(instant: Instant, incrementing?: number | bigint): SourceOffset {
  const fraction = fractionOf(instant);
  const timestamp = Number((instant - fraction) / NANOS_PER_MS + fraction / NANOS_PER_MS);
  const place = { timestamp_nanos: Number(fraction), timestamp };
  return incrementing === undefined ? place : { ...place, incrementing };
}

/** Nanoseconds since the last whole second. */
function fractionOf(instant: Instant): bigint {
  const rest = instant % NANOS_PER_SECOND;
  return rest < 0n ? rest + NANOS_PER_SECOND : rest;
}

/**
 * How far each table or query was read: by protocol 1, else as an old connector left it;
 * null for what was never read.
 * @throws {ConnectError} when an offset holds something else
 */
export async function readPlaces(
  reader: OffsetStorageReader,
  origins: readonly Origin[],
): Promise<(Place | null)[]> {
  const partitions = origins.flatMap((origin) => [offsetPartition(origin), oldPartition(origin)]);
  const offsets = await reader.offsets(partitions);
  return origins.map((origin, i) => {
    const offset = offsets[2 * i] ?? offsets[2 * i + 1] ?? null;
    return offset === null ? null : placeOf(offset, nameOf(origin));
  });
}

/**
 * Reads an offset, whose members may be those of another mode.
 * @param what it is the offset of, for messages
 * @throws {ConnectError} when it holds no numbers
 */
export function placeOf(offset: SourceOffset, what: string): Place {
  const incrementing = whole(offset, "incrementing", what);
  const ms = whole(offset, "timestamp", what);
  const nanos = whole(offset, "timestamp_nanos", what);
  if (ms === undefined) return { incrementing, timestamp: undefined };
  const instant = ms * NANOS_PER_MS;
  // Offsets from before there were nanoseconds have only the milliseconds.
  const timestamp = nanos === undefined ? instant : instant - fractionOf(instant) + nanos;
  return { incrementing, timestamp };
}

function whole(offset: SourceOffset, member: string, what: string): bigint | undefined {
  const value = offset[member] ?? undefined;
  if (value === undefined || typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  throw new ConnectError(
    `The stored offset of ${what} has "${member}": ${JSON.stringify(value)}, which is not a whole number; correct or reset the connector's offsets`,
  );
}
