import { DataError } from "@millrace/connect-api";
import type { DriverValue } from "../session.ts";
import type { Kind } from "./kind.ts";
import { dateText, timestampText, timeText } from "./temporal.ts";

/** `'it''s'`. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const bytesHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** A date, time or timestamp as text in quotes; undefined for other kinds. */
export function temporalLiteral(kind: Kind, value: DriverValue): string | undefined {
  const text = temporalText(kind, value);
  return text === undefined ? undefined : quoteText(text);
}

/** What `binderOf` made of a date, time or timestamp, as text; undefined for other kinds. */
export function temporalText(kind: Kind, value: DriverValue): string | undefined {
  switch (kind.is) {
    case "date":
      return dateText(Number(value));
    case "time":
      return typeof value === "number" ? timeText({ ms: value, nanos: 0 }, 3) : String(value);
    case "timestamp":
      return typeof value === "number" ? timestampText({ ms: value, nanos: 0 }, 3) : String(value);
    default:
      return undefined;
  }
}

/**
 * The text itself.
 * @throws {DataError} when it has half of a surrogate pair: UTF-8 would silently have another character
 */
export function wholeText(text: string): string {
  // Fast: a text of Latin letters has none by how it is stored.
  if ((text as WellFormedString).isWellFormed()) return text;
  throw new DataError("A text has half of a surrogate pair, which UTF-8 cannot tell");
}

/** Of every Node that is supported; TypeScript's library for ES2023 does not know it yet. */
type WellFormedString = string & { isWellFormed(): boolean };
