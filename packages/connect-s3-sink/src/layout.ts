import type { SinkRecord } from "@millrace/connect-api";
import {
  type Compatibility,
  COMPATIBILITIES,
  extractorKind,
  makePartitioner,
  objectName,
  type Partitioner,
  partitionerKind,
  type RecordFormat,
  TimeZone,
} from "@millrace/storage-formats";
import type { S3SinkConfig } from "./config.ts";
import { formatKind, makeFormat } from "./formats.ts";

/** What of a record goes into an object. */
export type Part = "value" | "key" | "headers";

/** The objects that are written for each directory. */
export interface Output {
  readonly part: Part;
  readonly format: RecordFormat;
  /** The format takes structs alone: what is none is wrapped in one. */
  readonly enveloped: boolean;
}

/** How records are laid out in objects, and when these are completed: the configuration, compiled. */
export interface Layout {
  readonly partitioner: Partitioner;
  readonly outputs: readonly Output[];
  readonly compatibility: Compatibility;
  readonly flushSize: number;
  readonly rotateIntervalMs: number;
  readonly rotateOnDirectoryChange: boolean;
  readonly maxOpenFiles: number;
  readonly scheduleMs: number;
  readonly scheduleZone: TimeZone | undefined;
  readonly idleMs: number;
  readonly tombstones: "ignore" | "fail" | "write";
  /**
   * Whether objects may be completed at moments that a second run of the same records would
   * not have: they are written conditionally then, and say in their metadata which records
   * they hold.
   */
  readonly byClock: boolean;
  /** @throws {PartitionError} */
  directoryOf(record: SinkRecord): string;
  nameOf(
    record: { readonly topic: string; readonly kafkaPartition: number },
    directory: string,
    startOffset: number,
    output: Output,
  ): string;
}

const NAME_PART: Readonly<Record<Part, string>> = { value: "", key: ".keys", headers: ".headers" };

/** @throws {ConfigError} */
export function makeLayout(config: S3SinkConfig): Layout {
  const kind = partitionerKind("partitioner.class", config["partitioner.class"]);
  const extractor = extractorKind("timestamp.extractor", config["timestamp.extractor"]);
  const partitioner = makePartitioner(kind, {
    delimiter: config["directory.delim"],
    fields: config["partition.field.name"],
    durationMs: config["partition.duration.ms"],
    pathFormat: config["path.format"],
    locale: config["locale"],
    timeZone: config["timezone"],
    extractor,
    timestampField: config["timestamp.field"],
  });
  const scheduleMs = config["rotate.schedule.interval.ms"];
  const rotateIntervalMs = partitioner.extract === undefined ? -1 : config["rotate.interval.ms"];
  const idleMs = config["rotate.idle.ms"];
  const byClock =
    scheduleMs > 0 || idleMs > 0 || (rotateIntervalMs > 0 && extractor === "Wallclock");
  const affix = config["s3.schema.partition.affix.type"].toUpperCase();
  const delimiter = config["directory.delim"];
  const names = {
    topicsDir: config["topics.dir"],
    directoryDelimiter: delimiter,
    fileDelimiter: config["file.delim"],
    offsetWidth: config["filename.offset.zero.pad.width"],
  };
  const tombstones = config["behavior.on.null.values"].toLowerCase() as Layout["tombstones"];
  return {
    partitioner,
    outputs: outputsOf(config),
    compatibility: compatibilityOf(config["schema.compatibility"]),
    flushSize: config["flush.size"],
    rotateIntervalMs,
    rotateOnDirectoryChange: config["rotate.file.on.partition.change"],
    maxOpenFiles: config["partitioner.max.open.files"],
    scheduleMs,
    scheduleZone: scheduleMs > 0 ? new TimeZone("timezone", config["timezone"]) : undefined,
    idleMs,
    tombstones,
    byClock: byClock && config["enable.conditional.writes"],
    directoryOf(record) {
      if (record.value === null) return config["tombstone.encoded.partition"];
      const directory = partitioner.encode(record);
      if (affix === "NONE") return directory;
      const bySchema = `schema_name=${record.valueSchema?.name ?? "null"}`;
      return affix === "PREFIX"
        ? `${bySchema}${delimiter}${directory}`
        : `${directory}${delimiter}${bySchema}`;
    },
    nameOf: ({ topic, kafkaPartition }, directory, startOffset, { part, format }) =>
      objectName(
        names,
        topic,
        directory,
        kafkaPartition,
        startOffset,
        format.extension,
        NAME_PART[part],
      ),
  };
}

function outputsOf(config: S3SinkConfig): Output[] {
  const output = (
    part: Part,
    key: "format.class" | "keys.format.class" | "headers.format.class",
  ): Output => ({
    part,
    format: makeFormat(key, config),
    enveloped: part !== "value" && formatKind(key, config[key]) === "Parquet",
  });
  return [
    output("value", "format.class"),
    ...(config["store.kafka.keys"] ? [output("key", "keys.format.class")] : []),
    ...(config["store.kafka.headers"] ? [output("headers", "headers.format.class")] : []),
  ];
}

/** As Java: what it does not know is NONE. */
function compatibilityOf(name: string): Compatibility {
  return COMPATIBILITIES.find((one) => one === name.toUpperCase()) ?? "NONE";
}
