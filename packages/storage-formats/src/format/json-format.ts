import { JsonConverter } from "@millrace/connect-converters";
import type { Schema } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";
import { COMPRESSION_EXTENSION, type CompressionType } from "./compression.ts";
import { LineFile } from "./line-file.ts";
import type { FormatFile, FormatRecord, RecordFormat } from "./record-format.ts";

export interface TextFormatOptions {
  readonly compression: CompressionType;
  readonly level: number;
}

/** One JSON text a line, as JsonConverter writes it without schemas (Java: `JsonFormat`). */
export class JsonFormat implements RecordFormat {
  readonly extension: string;
  readonly contentType = "application/json";
  readonly contentEncoding: string | undefined;
  readonly #options: TextFormatOptions;
  readonly #converter = new JsonConverter();

  constructor(options: TextFormatOptions, decimalFormat: string) {
    this.#options = options;
    this.extension = `.json${COMPRESSION_EXTENSION[options.compression]}`;
    this.contentEncoding = encodingOf(options.compression);
    this.#converter.configure(
      { "schemas.enable": "false", "decimal.format": decimalFormat },
      false,
    );
  }

  open(_schema: Schema | null, sink: ByteSink): FormatFile {
    const encode = ({ topic, schema, value }: FormatRecord): string =>
      this.#converter.fromConnectData(topic, [], schema, value) ?? "null";
    return new LineFile(sink, encode, "\n", this.#options.compression, this.#options.level);
  }
}

export function encodingOf(compression: CompressionType): string | undefined {
  return compression === "none" ? undefined : compression;
}
