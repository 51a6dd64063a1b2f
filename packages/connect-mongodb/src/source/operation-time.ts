import { DataError } from "@millrace/connect-api";
import { Timestamp } from "mongodb";
import { bsonType, type Document, isDocument } from "../bson/document.ts";
import { parseDocument } from "../bson/json-reader.ts";

/**
 * Reads seconds since the epoch, an ISO-8601 moment, or a timestamp in extended JSON (Java:
 * `BsonTimestampParser`); undefined for an empty text.
 * @throws {DataError} when it is none of them
 */
export function parseOperationTime(text: string): Timestamp | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (/^\d{1,10}$/.test(trimmed)) return ofSeconds(Number(trimmed));
  if (trimmed.startsWith("{")) return ofJson(trimmed);
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(trimmed) ? Date.parse(withZone(trimmed)) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new DataError(
      `It must be seconds since the epoch, an ISO-8601 moment such as 2026-01-31T12:00:00Z or {"$timestamp": {"t": …, "i": …}}`,
    );
  }
  return ofSeconds(Math.floor(ms / 1000));
}

/** A moment without a zone would be one of this machine's. */
function withZone(text: string): string {
  return /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
}

function ofSeconds(seconds: number): Timestamp {
  return new Timestamp({ t: seconds, i: 0 });
}

function ofJson(text: string): Timestamp {
  // A document stands around it, so that it may be any value.
  const { v } = parseDocument(`{"v": ${text}}`);
  if (bsonType(v) === "Timestamp") return v as Timestamp;
  const part: Document = isDocument(v) ? v : {};
  if (typeof part["t"] === "number" && typeof part["i"] === "number") {
    return new Timestamp({ t: part["t"], i: part["i"] });
  }
  throw new DataError("It is JSON but no timestamp");
}
