import { ConfigError, type SinkRecord, TIMESTAMP_NAME } from "@millrace/connect-api";
import { fieldAt, PartitionError } from "./field-value.ts";

/** When a record belongs to, in milliseconds since the epoch. @throws {PartitionError} */
export type TimestampExtractor = (record: SinkRecord) => number;

export type ExtractorKind = "Wallclock" | "Record" | "RecordField";

/** The extractor that a configuration names, by word or by its Java class. @throws {ConfigError} */
export function extractorKind(key: string, name: string): ExtractorKind {
  const simple = name
    .slice(name.lastIndexOf(".") + 1)
    .replace(/^.*\$/, "")
    .replace(/TimestampExtractor$/, "");
  if (simple === "Wallclock" || simple === "Record" || simple === "RecordField") return simple;
  throw new ConfigError(
    key,
    name,
    "must be Wallclock, Record or RecordField, or one of these as a class of io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
  );
}

/** @param now the clock; tests have their own */
export function timestampExtractor(
  kind: ExtractorKind,
  field: string,
  now: () => number = Date.now,
): TimestampExtractor {
  switch (kind) {
    case "Wallclock":
      return now;
    case "Record":
      return ({ timestamp }) => {
        if (timestamp !== null) return timestamp;
        throw new PartitionError(
          "The record has no timestamp, which timestamp.extractor=Record takes: use Wallclock or RecordField",
        );
      };
    case "RecordField":
      return ({ value }) => timestampOf(value, field);
  }
}

function timestampOf(root: unknown, field: string): number {
  if (typeof root !== "object" || root === null) {
    throw new PartitionError(
      `The value is no struct and no map, so that it has no field ${field} to take the time from`,
    );
  }
  const { schema, value } = fieldAt(root, field);
  if (value instanceof Date && (schema === null || schema.name === TIMESTAMP_NAME)) {
    return value.getTime();
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (typeof value === "string") {
    const parsed = /^-?\d+$/.test(value) ? Number(value) : parseIso(value);
    if (Number.isSafeInteger(parsed)) return parsed;
  }
  throw new PartitionError(
    `The field ${field} is ${value === null ? "null" : `a ${schema?.type ?? typeof value}`}, not a time: it must be a Timestamp, milliseconds, or a text of ISO 8601`,
  );
}

/** What Joda's `dateTimeParser` takes; without an offset the time is UTC. */
function parseIso(text: string): number {
  const match =
    /^(\d{4}-\d{2}(?:-\d{2})?)(?:T(\d{2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(
      text,
    );
  if (match === null) return Number.NaN;
  const [, date = "", time, zone = "Z"] = match;
  const day = date.length === 7 ? `${date}-01` : date;
  const clock = (time ?? "00").replace(",", ".").replace(/(\.\d{3})\d+$/, "$1");
  const seconds = clock.length === 2 ? `${clock}:00` : clock;
  const offset =
    zone === "Z" ? "Z" : zone.length === 3 ? `${zone}:00` : zone.replace(/^(...)(\d\d)$/, "$1:$2");
  return Date.parse(`${day}T${seconds}${offset}`);
}
