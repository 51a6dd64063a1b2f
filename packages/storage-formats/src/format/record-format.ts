import type { MaybePromise, Schema, SinkRecord } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";

/** A file that records are written to. */
export interface FormatFile {
  /** @throws {DataError} when the record does not fit the file; the file is then as it was before */
  write(record: FormatRecord): void;
  /** About how many bytes it holds that have not gone to its sink. */
  readonly held: number;
  /** Passes on what it holds as far as the format allows, to make room. */
  flush(): void;
  /** Ends the file: everything goes to the sink. */
  finish(): MaybePromise<void>;
}

/** What of a record is written: its value, or its key, or its headers. */
export interface FormatRecord {
  readonly topic: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** Makes files of one kind. */
export interface RecordFormat {
  /** With the dot: ".avro", ".snappy.parquet". */
  readonly extension: string;
  /** What the object store is told about the content. */
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
  /**
   * @param schema of the first record: all others have it too, or are projected to it
   * @throws {DataError} when data of the schema cannot be written in the format
   */
  open(schema: Schema | null, sink: ByteSink): FormatFile;
}

export function valueOf(record: SinkRecord): FormatRecord {
  return { topic: record.topic, schema: record.valueSchema, value: record.value };
}
