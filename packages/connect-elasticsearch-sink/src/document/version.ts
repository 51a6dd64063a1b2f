import { DataError, type SinkRecord } from "@millrace/connect-api";
import type { Config } from "../config/config.ts";
import { fieldAt } from "./field.ts";

/** What Elasticsearch orders the writes of a document by; it takes 0 to 2^63 - 1. */
export type Version = number | bigint;

const HIGHEST = 2n ** 63n - 1n;

export interface Versioning {
  /**
   * `external`: a version stands for one state of the document. `external_gte`: two records
   * may have the same (both of one millisecond), and the later one wins.
   */
  readonly type: "external" | "external_gte";
  /** @throws {DataError} when the record has no usable version */
  readonly versionOf: (record: SinkRecord) => Version;
}

/** Where versions come from; `external.version.header` alone means the header, as in Java. */
export function versionSource(config: Config): Config["version.source"] {
  const source = config["version.source"];
  return source === "offset" && config["external.version.header"] !== "" ? "header" : source;
}

/** Undefined where Elasticsearch counts versions itself. */
export function versioningOf(config: Config): Versioning | undefined {
  switch (versionSource(config)) {
    case "offset":
      return { type: "external", versionOf: ({ kafkaOffset }) => kafkaOffset };
    case "timestamp":
      return {
        type: "external_gte",
        versionOf: ({ timestamp }) => numberOf(timestamp, "the record's timestamp"),
      };
    case "field": {
      const name = config["version.field"] ?? "";
      const path = name.split(".");
      return {
        type: "external_gte",
        versionOf: ({ value }) => numberOf(fieldAt(value, path), `field ${name}`),
      };
    }
    case "header": {
      const name = config["external.version.header"];
      return { type: "external", versionOf: (record) => headerVersion(record, name) };
    }
    case "none":
      return undefined;
  }
}

function headerVersion(record: SinkRecord, name: string): Version {
  const value = record.hasHeaders ? record.headers.lastWithName(name)?.value : undefined;
  return numberOf(value ?? null, `header ${name}`);
}

function numberOf(value: unknown, what: string): Version {
  if (value === null) throw new DataError(`${what}, which is its version, is missing`);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  const whole =
    typeof value === "bigint"
      ? value
      : value instanceof Date
        ? BigInt(value.getTime())
        : typeof value === "string" && /^\d{1,19}$/.test(value.trim())
          ? BigInt(value.trim())
          : undefined;
  if (whole !== undefined && whole >= 0n && whole <= HIGHEST) return whole;
  throw new DataError(`${what}, which is its version, is no whole number from 0 to 2^63 - 1`);
}
