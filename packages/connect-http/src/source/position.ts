import { createHash } from "node:crypto";
import { ConnectError, type SourceOffset } from "@millrace/connect-api";

const VERSION = 1;
/** More are not stored, for an offset is a record in Kafka: after a restart some may come again. */
const MAX_STORED = 5000;

/** How far an entity is read. */
export interface Position {
  /** Number, offset, cursor or address of the page to read next; null for the first. */
  readonly page: string | null;
  /** The timestamp, or chained value, that the list under way was asked for. */
  readonly since: string | null;
  /** The latest timestamp of the list under way so far. */
  readonly max: string | null;
  /** Records that may come again and are known: their hash, and their timestamp where they have one. */
  readonly seen: ReadonlyMap<string, string>;
}

export const START: Position = { page: null, since: null, max: null, seen: new Map() };

/** The position as an offset; `seen` as text, since offsets hold no lists. */
export function toOffset({ page, since, max, seen }: Position): SourceOffset {
  const byTimestamp: Record<string, string[]> = {};
  if (seen.size <= MAX_STORED) {
    for (const [hash, timestamp] of seen) (byTimestamp[timestamp] ??= []).push(hash);
  }
  return { v: VERSION, page, since, max, seen: JSON.stringify(byTimestamp) };
}

/** @throws {ConnectError} for an offset that this connector has not written */
export function fromOffset(offset: SourceOffset): Position {
  const { v, page, since, max, seen } = offset;
  const text = (value: unknown): string | null => {
    if (value === null || value === undefined) return null;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "bigint") return String(value);
    throw unknownOffset(offset);
  };
  if (v !== VERSION) throw unknownOffset(offset);
  return {
    page: text(page),
    since: text(since),
    max: text(max),
    seen: readSeen(text(seen), offset),
  };
}

function readSeen(text: string | null, offset: SourceOffset): Map<string, string> {
  const seen = new Map<string, string>();
  let byTimestamp: unknown;
  try {
    byTimestamp = JSON.parse(text ?? "{}");
  } catch {
    throw unknownOffset(offset);
  }
  for (const [timestamp, hashes] of Object.entries(byTimestamp ?? {})) {
    if (!Array.isArray(hashes)) throw unknownOffset(offset);
    for (const hash of hashes) seen.set(String(hash), timestamp);
  }
  return seen;
}

function unknownOffset(offset: SourceOffset): ConnectError {
  return new ConnectError(
    `The stored offset ${JSON.stringify(offset)} is not one of this connector: it has {"v":1,"page":…,"since":…,"max":…,"seen":"{}"}, texts or null. Reset or alter the offsets`,
  );
}

/** What makes two records the same: every character of their JSON. */
export function hashOf(json: string): string {
  return createHash("sha1").update(json).digest("base64url").slice(0, 16);
}
