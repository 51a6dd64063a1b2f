import { DataError, javaClassName, type Schema } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";
import { COMPRESSION_EXTENSION } from "./compression.ts";
import { encodingOf, type TextFormatOptions } from "./json-format.ts";
import { LineFile } from "./line-file.ts";
import type { FormatFile, FormatRecord, RecordFormat } from "./record-format.ts";

/** Bytes as they are, with a separator after each (Java: `ByteArrayFormat`). */
export class ByteArrayFormat implements RecordFormat {
  readonly extension: string;
  readonly contentType = "application/octet-stream";
  readonly contentEncoding: string | undefined;
  readonly #options: TextFormatOptions;
  readonly #separator: string;

  constructor(options: TextFormatOptions, extension: string, separator: string) {
    this.#options = options;
    this.#separator = separator;
    this.extension = `${extension}${COMPRESSION_EXTENSION[options.compression]}`;
    this.contentEncoding = encodingOf(options.compression);
  }

  open(_schema: Schema | null, sink: ByteSink): FormatFile {
    const { compression, level } = this.#options;
    return new LineFile(sink, bytesOf, this.#separator, compression, level);
  }
}

function bytesOf({ value }: FormatRecord): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new DataError(
    `ByteArrayFormat takes bytes, but the value is of class ${javaClassName(value)}: set value.converter=org.apache.kafka.connect.converters.ByteArrayConverter`,
  );
}
