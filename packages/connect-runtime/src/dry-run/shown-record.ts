import { isUtf8 } from "node:buffer";
import type { ConnectRecord, Encoded, Schema } from "@millrace/connect-api";
import { plainJson, plainText } from "../record/plain-text.ts";
import type { ShownBytes, ShownRecord, ShownValue } from "./steps.ts";

/** Longer texts are cut: an answer is to be read by people. */
export const LONGEST_TEXT = 1_000;
const MOST_HEADERS = 20;

export function shownRecord(record: ConnectRecord): ShownRecord {
  const { topic, kafkaPartition, timestamp, keySchema, key, valueSchema, value } = record;
  return {
    topic,
    partition: kafkaPartition,
    timestamp,
    key: shownValue(keySchema, key),
    value: shownValue(valueSchema, value),
    headers: Array.from(record.headers)
      .slice(0, MOST_HEADERS)
      .map((header) => ({ name: header.key, ...shownValue(header.schema, header.value) })),
  };
}

export function shownBytes(data: Encoded): ShownBytes {
  if (data === null || typeof data === "string") return { encoding: "utf8", ...cut(data) };
  const encoding = isUtf8(data) ? "utf8" : "base64";
  return { encoding, ...cut(Buffer.from(data).toString(encoding)) };
}

function shownValue(schema: Schema | null, value: unknown): ShownValue {
  const type = schema === null ? null : schema.name ? `${schema.type} ${schema.name}` : schema.type;
  return { schema: type, ...cut(textOf(schema, value)) };
}

function textOf(schema: Schema | null, value: unknown): string | null {
  if (value === null) return null;
  try {
    return plainJson(schema, value);
  } catch {
    // The record may have failed for just that; it is shown all the same.
    return plainText(value);
  }
}

function cut(text: string | null): { text: string | null; truncated?: true } {
  if (text === null || text.length <= LONGEST_TEXT) return { text };
  return { text: text.slice(0, LONGEST_TEXT), truncated: true };
}
