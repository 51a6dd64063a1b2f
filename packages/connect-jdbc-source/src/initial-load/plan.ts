import type { SourceOffset, SourcePartition } from "@millrace/connect-api";
import { type Instant, plainName, type TableId } from "@millrace/jdbc-dialects";
import { type Place, placeOf, timestampOffset } from "../offset.ts";

/** How the first reading of a table is shared out: its numbers above `low`, up to `high`, in equal ranges. */
export interface LoadPlan {
  readonly low: bigint;
  readonly high: bigint;
  readonly parts: number;
  /** Where reading by time begins after it; undefined in mode incrementing. */
  readonly timestamp: Instant | undefined;
}

/** One range. */
export interface LoadRange {
  readonly after: bigint;
  readonly upTo: bigint;
}

export function rangeOf({ low, high, parts }: LoadPlan, part: number): LoadRange {
  const bound = (index: number) => low + ((high - low) * BigInt(index)) / BigInt(parts);
  return { after: bound(part), upTo: bound(part + 1) };
}

/** The partition of a part's offsets: that of the table (protocol 1), and which part it is. */
export function partPartition(table: TableId, part: number): SourcePartition {
  return { protocol: "1", table: plainName(table), part: String(part) };
}

/**
 * The place behind one row of a part. It has the plan with it: from any one offset all
 * parts are known, those included that have none yet.
 */
export function partOffset(plan: LoadPlan, incrementing: number | bigint): SourceOffset {
  const { low, high, parts, timestamp } = plan;
  const time = timestamp === undefined ? {} : timestampOffset(timestamp);
  return { ...time, incrementing, low: narrow(low), high: narrow(high), parts };
}

/** @throws {ConnectError} when it is no such offset */
export function readPartOffset(
  offset: SourceOffset,
  what: string,
): { plan: LoadPlan; position: bigint } {
  const { incrementing, timestamp } = placeOf(offset, what);
  const member = (name: string) => placeOf({ incrementing: offset[name] }, what).incrementing ?? 0n;
  return {
    plan: { low: member("low"), high: member("high"), parts: Number(member("parts")), timestamp },
    position: incrementing ?? member("low"),
  };
}

/** Where reading goes on when all parts are done: rows of that very time are not known to be read. */
export const placeAfter = ({ high, timestamp }: LoadPlan): Place =>
  timestamp === undefined
    ? { incrementing: high, timestamp: undefined }
    : { incrementing: undefined, timestamp };

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
