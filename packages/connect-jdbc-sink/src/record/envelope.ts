import { DataError, isStruct, type Schema, type SinkRecord } from "@millrace/connect-api";
import type { ValueFormat } from "../config.ts";

/** What a Debezium change event asks for. */
export type EventKind = "write" | "delete" | "skip";

/** The schema of the rows in change events of this schema; undefined where it is none. */
export function envelopeRowSchema(schema: Schema | null, format: ValueFormat): Schema | undefined {
  if (format === "plain" || schema?.type !== "STRUCT") return undefined;
  if (format === "auto" && !schema.name?.endsWith(".Envelope")) return undefined;
  const after = schema.field("after")?.schema;
  return schema.field("op") && after?.type === "STRUCT" ? after : undefined;
}

/**
 * What to do for an event, by its `op`. Truncations and messages are of no row.
 * @throws {DataError} for an `op` that Debezium does not know
 */
export function eventKind(record: SinkRecord): EventKind {
  const op: unknown = isStruct(record.value) ? record.value.get("op") : undefined;
  switch (op) {
    case "c":
    case "r":
    case "u":
      return "write";
    case "d":
      return "delete";
    case "t":
    case "m":
      return "skip";
    default:
      throw new DataError(`a change event has an op that is not known: ${String(op)}`);
  }
}

/** What Debezium sends for a large value that the change did not touch, and that it was not told. */
const UNAVAILABLE = "__debezium_unavailable_value";
const UNAVAILABLE_BYTES = Buffer.from(UNAVAILABLE);

/** Fields of the row whose value is not told: their columns keep what they hold. */
export function unavailableFields(row: unknown): string[] {
  if (!isStruct(row)) return [];
  return row.schema.fields
    .filter(({ index }) => isUnavailable(row.values[index]))
    .map(({ name }) => name);
}

function isUnavailable(value: unknown): boolean {
  if (typeof value === "string") return value === UNAVAILABLE;
  return value instanceof Uint8Array && UNAVAILABLE_BYTES.equals(value);
}
