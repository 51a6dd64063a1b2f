import {
  DataError,
  isMapLike,
  isStruct,
  mapGet,
  type Schema,
  type SinkRecord,
} from "@millrace/connect-api";
import type { Config } from "../config/config.ts";

/** A change event that is of no document: it is reported, and nothing else happens. */
export class EventWithoutRow extends DataError {}

/** What records are made of before they become documents (value.format). */
export interface Rows {
  /**
   * The record with the row in place of the change event: the one after the change, or for
   * a delete the one before.
   * @throws {EventWithoutRow} for an event that is of no row, such as a truncation
   * @throws {DataError} for what is no usable event
   */
  readonly rowOf: (record: SinkRecord) => SinkRecord;
  /** True when the record asks for its document to be deleted. */
  readonly deletes: (record: SinkRecord) => boolean;
}

/** Undefined where values are documents as they are. */
export function rowsOf(config: Config): Rows | undefined {
  const format = config["value.format"];
  if (format === "plain") return undefined;
  const isEvent = (record: SinkRecord) => record.value !== null && isEnvelope(record);
  return {
    rowOf: (record) => {
      if (isEvent(record)) return unwrap(record);
      if (format === "auto" || record.value === null) return record;
      throw new DataError(
        "it is no change event, and value.format is debezium: auto would take it as it is",
      );
    },
    deletes: (record) =>
      isEvent(record)
        ? memberOf(record.value, "op") === "d"
        : // The tombstone that Debezium sends after a delete.
          format === "debezium" && record.value === null,
  };
}

/**
 * Debezium's envelope: its schema says so, or without schema its members do. A document of
 * somebody else is not likely to have all three.
 */
function isEnvelope({ value, valueSchema }: SinkRecord): boolean {
  if (valueSchema !== null) return valueSchema.name?.endsWith(".Envelope") === true;
  if (!isMapLike(value) || typeof mapGet(value, "op") !== "string") return false;
  const row = mapGet(value, "after") ?? mapGet(value, "before");
  return mapGet(value, "source") !== undefined && (row !== undefined || hasNoRow(value));
}

function hasNoRow(value: object): boolean {
  return mapGet(value, "op") === "t" || mapGet(value, "op") === "m";
}

function unwrap(record: SinkRecord): SinkRecord {
  const op = memberOf(record.value, "op");
  switch (op) {
    case "c":
    case "r":
    case "u": {
      const row = rowRecord(record, "after");
      if (row.value !== null) return row;
      throw new DataError(`it is a change event with op ${op} and no row after it`);
    }
    case "d":
      return rowRecord(record, "before");
    case "t":
      throw new EventWithoutRow("a truncated table: its documents stay as they are");
    case "m":
      throw new EventWithoutRow("a message of the database, of no row");
    default:
      throw new DataError(`it is a change event with an op that is not known: ${String(op)}`);
  }
}

function rowRecord(record: SinkRecord, name: "before" | "after"): SinkRecord {
  const valueSchema: Schema | null = record.valueSchema?.field(name)?.schema ?? null;
  return record.newRecord({ value: memberOf(record.value, name) ?? null, valueSchema });
}

function memberOf(envelope: unknown, name: string): unknown {
  if (isStruct(envelope)) {
    const index = envelope.schema.field(name)?.index;
    return index === undefined ? undefined : envelope.values[index];
  }
  return isMapLike(envelope) ? mapGet(envelope, name) : undefined;
}
