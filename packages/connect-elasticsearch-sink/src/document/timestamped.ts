import { DataError, isMapLike, isStruct, type SinkRecord } from "@millrace/connect-api";
import type { DocumentWriter } from "./document-writer.ts";
import { fieldAt } from "./field.ts";

const TIMESTAMP = "@timestamp";

/**
 * Writes documents of data streams, which each need a `@timestamp`: the first of these
 * fields that the value has, else its own `@timestamp`, else the record's (Java:
 * `DataConverter.maybeAddTimestamp`, but for the document's own, which it overwrites).
 */
export class TimestampedDocuments {
  readonly #documents: DocumentWriter;
  readonly #fields: readonly string[];

  /** @param fields data.stream.timestamp.field */
  constructor(documents: DocumentWriter, fields: readonly string[]) {
    this.#documents = documents;
    this.#fields = [...fields, TIMESTAMP];
  }

  /** @throws {DataError} when the value is no object, or nothing says when it is of */
  write({ value, valueSchema, timestamp }: SinkRecord): string {
    const isObject = isStruct(value) || isMapLike(value);
    const rest = isObject ? this.#documents.writeWithout(TIMESTAMP, valueSchema, value) : "";
    if (!rest.startsWith("{")) {
      throw new DataError("documents of data streams are made of structs, maps or JSON objects");
    }
    const lead = `{"${TIMESTAMP}":${this.#timeOf(value) ?? recordTime(timestamp)}`;
    return rest === "{}" ? `${lead}}` : `${lead},${rest.slice(1)}`;
  }

  /** JSON of the first field that is there. */
  #timeOf(value: unknown): string | undefined {
    for (const name of this.#fields) {
      const field = fieldAt(value, [name]);
      if (field !== null) return timeText(name, field);
    }
    return undefined;
  }
}

function timeText(name: string, time: unknown): string {
  if (time instanceof Date) return String(time.getTime());
  if (typeof time === "number" || typeof time === "bigint") return String(time);
  if (typeof time === "string") return JSON.stringify(time);
  throw new DataError(`field ${name} is no time: it must be a timestamp, a number or a text`);
}

function recordTime(timestamp: number | null): string {
  if (timestamp !== null) return String(timestamp);
  throw new DataError(
    "the record has no timestamp, and data.stream.timestamp.field names no field that it has",
  );
}
