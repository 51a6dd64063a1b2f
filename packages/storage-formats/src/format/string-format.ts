import { javaText, type Schema } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";
import { COMPRESSION_EXTENSION } from "./compression.ts";
import { encodingOf, type TextFormatOptions } from "./json-format.ts";
import { LineFile } from "./line-file.ts";
import type { FormatFile, FormatRecord, RecordFormat } from "./record-format.ts";

/** Each value as text on a line of its own (Java: `StringFormat` of the HDFS sink). */
export class StringFormat implements RecordFormat {
  readonly extension: string;
  readonly contentType = "text/plain; charset=utf-8";
  readonly contentEncoding: string | undefined;
  readonly #options: TextFormatOptions;

  constructor(options: TextFormatOptions) {
    this.#options = options;
    this.extension = `.txt${COMPRESSION_EXTENSION[options.compression]}`;
    this.contentEncoding = encodingOf(options.compression);
  }

  open(_schema: Schema | null, sink: ByteSink): FormatFile {
    const { compression, level } = this.#options;
    return new LineFile(sink, textOf, "\n", compression, level);
  }
}

const textOf = ({ schema, value }: FormatRecord): string =>
  typeof value === "string" ? value : javaText(schema, value);
