import {
  BYTES_SCHEMA,
  ConnectError,
  type Headers,
  INT64_SCHEMA,
  isStruct,
  type Logger,
  type Schema,
  SourceRecord,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import type { Config } from "./config.ts";
import { type Decoder, InvalidUnit } from "./decode/units.ts";
import type { Fed } from "./feed.ts";
import type { Offset, PathPartition } from "./offset.ts";

/** Makes records of units. */
export class RecordMaker {
  readonly #topic: string;
  readonly #hasKey: boolean;
  readonly #hasHeaders: boolean;
  readonly #maxBytes: number;
  readonly #truncates: boolean;
  readonly #invalid: Config["invalid.records"];
  readonly #invalidTopic: string | null;
  readonly #decoder: Decoder;
  readonly #logger: Logger;

  constructor(config: Config, decoder: Decoder, logger: Logger) {
    this.#topic = config.topic;
    this.#hasKey = config.key === "path";
    this.#hasHeaders = config["file.headers"];
    this.#maxBytes = config["max.record.bytes"];
    this.#truncates = config["record.too.long"] === "truncate";
    this.#invalid = config["invalid.records"];
    this.#invalidTopic = config["invalid.records.topic"];
    this.#decoder = decoder;
    this.#logger = logger;
  }

  /**
   * Adds the records of some units.
   * @throws {ConnectError} for one that can't be decoded, where that is to fail the task; those
   *   before it were added
   */
  add(records: SourceRecord[], fed: Fed, from: number, to: number): void {
    const { units, start, fileText, beforeText, partition } = fed;
    const { values, ends } = units;
    const { path } = fed.file;
    const timestamp = Date.now();
    const topic = this.#topic;
    const schema = this.#decoder.schema;
    const keySchema: Schema | null = this.#hasKey ? STRING_SCHEMA : null;
    const key = this.#hasKey ? partition.path : null;
    let begin = from === 0 ? start : ends[from - 1]!;
    for (let i = from; i < to; i += 1) {
      const end = ends[i]!;
      let value = values[i];
      const at = begin;
      begin = end;
      if (value === undefined) continue;
      const offset: Offset =
        beforeText === ""
          ? { position: end, file: fileText }
          : { position: end, file: fileText, before: beforeText };
      if (end - at > this.#maxBytes && !(value instanceof InvalidUnit)) value = this.#cut(value);
      if (value instanceof InvalidUnit) {
        const record = this.#refuse(value, path, at, partition, offset);
        if (record !== null) records.push(record);
        continue;
      }
      const record = new SourceRecord({
        topic,
        keySchema,
        key,
        valueSchema: schema ?? (isStruct(value) ? value.schema : null),
        value,
        timestamp,
        sourcePartition: partition,
        sourceOffset: offset,
      });
      if (this.#hasHeaders) addPlace(record.headers, path, at);
      records.push(record);
    }
  }

  /** A unit that was read whole and is too long all the same. */
  #cut(value: unknown): unknown {
    // The bytes of its line end count too, so that a value may fit that is just below the limit.
    if (typeof value === "string" && Buffer.byteLength(value) <= this.#maxBytes) return value;
    const bytes = Buffer.from(typeof value === "string" ? value : "");
    if (this.#truncates && typeof value === "string") {
      return bytes.toString("utf8", 0, this.#maxBytes).replace(/\uFFFD$/, "");
    }
    return new InvalidUnit(tooLong(this.#maxBytes), bytes.subarray(0, this.#maxBytes));
  }

  #refuse(
    { reason, bytes }: InvalidUnit,
    path: string,
    at: number,
    sourcePartition: PathPartition,
    sourceOffset: Offset,
  ): SourceRecord | null {
    const what = `What begins at byte ${at} of file ${path} is no record. ${reason}`;
    if (this.#invalid === "fail") {
      throw new ConnectError(
        `${what}. Set invalid.records to skip it or to send it to a topic, or stop the connector ` +
          `and alter the offset of {"path": "${sourcePartition.path}"} to a position after it.`,
      );
    }
    if (this.#invalid === "skip" || this.#invalidTopic === null) {
      this.#logger.warn(`${what}: it is skipped`);
      return null;
    }
    const record = new SourceRecord({
      topic: this.#invalidTopic,
      valueSchema: BYTES_SCHEMA,
      value: bytes,
      timestamp: Date.now(),
      sourcePartition,
      sourceOffset,
    });
    addPlace(record.headers, path, at);
    record.headers.addString("file.error", reason);
    return record;
  }
}

export function tooLong(maxBytes: number): string {
  return `It is longer than the ${maxBytes} bytes that max.record.bytes allows`;
}

function addPlace(headers: Headers, path: string, position: number): void {
  headers.addString("file.path", path);
  headers.add("file.position", position, INT64_SCHEMA);
}
