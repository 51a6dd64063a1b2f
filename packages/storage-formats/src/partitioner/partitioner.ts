import { ConfigError, isMapLike, isStruct, type SinkRecord } from "@millrace/connect-api";
import { fieldAt, PartitionError } from "./field-value.ts";
import { JodaPattern } from "./joda-pattern.ts";
import { TimeZone } from "./time-zone.ts";
import {
  type ExtractorKind,
  timestampExtractor,
  type TimestampExtractor,
} from "./timestamp-extractor.ts";

/** Says in which directory of its topic a record belongs. */
export interface Partitioner {
  /** @throws {PartitionError} when the record has not what that depends on */
  encode(record: SinkRecord): string;
  /** The time that the last directory was made of; undefined where directories are not of times. */
  readonly extract?: TimestampExtractor;
}

export type PartitionerKind = "Default" | "Field" | "TimeBased" | "Hourly" | "Daily";

export interface PartitionerOptions {
  readonly delimiter: string;
  readonly fields: readonly string[];
  readonly durationMs: number;
  readonly pathFormat: string;
  readonly locale: string;
  readonly timeZone: string;
  readonly extractor: ExtractorKind;
  readonly timestampField: string;
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The partitioner that a configuration names, by word or by its Java class. @throws {ConfigError} */
export function partitionerKind(key: string, name: string): PartitionerKind {
  const simple = name.slice(name.lastIndexOf(".") + 1).replace(/Partitioner$/, "");
  switch (simple) {
    case "Default":
    case "Field":
    case "TimeBased":
    case "Hourly":
    case "Daily":
      return simple;
    default:
      throw new ConfigError(
        key,
        name,
        "must be DefaultPartitioner, FieldPartitioner, TimeBasedPartitioner, HourlyPartitioner or DailyPartitioner of io.confluent.connect.storage.partitioner",
      );
  }
}

/** @throws {ConfigError} for what the partitioner needs and has not */
export function makePartitioner(kind: PartitionerKind, options: PartitionerOptions): Partitioner {
  const { delimiter } = options;
  switch (kind) {
    case "Default":
      return { encode: (record) => `partition=${record.kafkaPartition}` };
    case "Field":
      return fieldPartitioner(options);
    case "Hourly":
      return timePartitioner(options, HOUR_MS, hourly(delimiter));
    case "Daily":
      return timePartitioner(options, DAY_MS, daily(delimiter));
    case "TimeBased":
      if (options.durationMs <= 0) {
        throw new ConfigError(
          "partition.duration.ms",
          options.durationMs,
          "Partition duration needs to be a positive.",
        );
      }
      return timePartitioner(options, options.durationMs, options.pathFormat);
  }
}

const daily = (delimiter: string): string =>
  ["'year'=YYYY", "'month'=MM", "'day'=dd"].join(delimiter);

const hourly = (delimiter: string): string => `${daily(delimiter)}${delimiter}'hour'=HH`;

function fieldPartitioner({ fields, delimiter }: PartitionerOptions): Partitioner {
  if (fields.length === 0) {
    throw new ConfigError("partition.field.name", "", "FieldPartitioner needs the name of a field");
  }
  return {
    encode: ({ value }) => {
      if (!isStruct(value) && !isMapLike(value)) {
        throw new PartitionError(
          "The value is no struct and no map, so that it has no fields to be partitioned by",
        );
      }
      return fields.map((name) => `${name}=${fieldText(value, name)}`).join(delimiter);
    },
  };
}

function fieldText(root: unknown, name: string): string {
  const { schema, value } = fieldAt(root, name);
  if (value === null || value === undefined) return "null";
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return `${value}`;
    case "number":
      if (Number.isInteger(value) && schema?.type !== "FLOAT32" && schema?.type !== "FLOAT64") {
        return `${value}`;
      }
      break;
    default:
      break;
  }
  throw new PartitionError(
    `The field ${name} is a ${schema?.type ?? typeof value}, and only whole numbers, texts and booleans can be partitioned by`,
  );
}

function timePartitioner(
  options: PartitionerOptions,
  durationMs: number,
  format: string,
): Partitioner {
  const required = { "path.format": format, locale: options.locale, timezone: options.timeZone };
  for (const [key, value] of Object.entries(required)) {
    if (value === "") throw new ConfigError(key, "", "time-based partitioners need it");
  }
  const { delimiter } = options;
  const pathFormat = format.endsWith(delimiter) ? format.slice(0, -delimiter.length) : format;
  const zone = new TimeZone("timezone", options.timeZone);
  const pattern = new JodaPattern("path.format", pathFormat, zone, options.locale);
  const extract = timestampExtractor(options.extractor, options.timestampField, options.now);
  // Records come in the order of time, more or less: the last directory is often the next one.
  let lastBucket = Number.NaN;
  let lastPath = "";
  return {
    extract,
    encode: (record) => {
      const bucket = Math.floor(zone.toLocal(extract(record)) / durationMs);
      if (bucket !== lastBucket) {
        lastPath = pattern.format(zone.toUtc(bucket * durationMs));
        lastBucket = bucket;
      }
      return lastPath;
    },
  };
}
