import { ConfigError } from "@millrace/connect-api";
import {
  AvroFileFormat,
  ByteArrayFormat,
  type CompressionType,
  JsonFormat,
  type ParquetCodec,
  ParquetFormat,
  type RecordFormat,
  StringFormat,
} from "@millrace/storage-formats";
import type { S3SinkConfig } from "./config.ts";

type FormatKey = "format.class" | "keys.format.class" | "headers.format.class";

export type FormatKind = "Avro" | "Json" | "Parquet" | "ByteArray" | "String";

/** The format that a configuration names, by its Java class. @throws {ConfigError} */
export function formatKind(key: FormatKey, className: string): FormatKind {
  const simple = className.slice(className.lastIndexOf(".") + 1).replace(/Format$/, "");
  switch (simple) {
    case "Avro":
    case "Json":
    case "Parquet":
    case "ByteArray":
    case "String":
      return simple;
    default:
      throw new ConfigError(
        key,
        className,
        "must be AvroFormat, JsonFormat, ParquetFormat, ByteArrayFormat or StringFormat, as in io.confluent.connect.s3.format.parquet.ParquetFormat",
      );
  }
}

export function makeFormat(key: FormatKey, config: S3SinkConfig): RecordFormat {
  const compression = config["s3.compression.type"].toLowerCase() as CompressionType;
  const text = { compression, level: config["s3.compression.level"] };
  switch (formatKind(key, config[key])) {
    case "Avro":
      return new AvroFileFormat(config["avro.codec"], config);
    case "Json":
      return new JsonFormat(text, config["json.decimal.format"]);
    case "Parquet":
      return new ParquetFormat(
        config["parquet.codec"].toLowerCase() as ParquetCodec,
        config["parquet.row.group.bytes"],
      );
    case "ByteArray":
      return new ByteArrayFormat(
        text,
        config["format.bytearray.extension"],
        config["format.bytearray.separator"] ?? "\n",
      );
    case "String":
      return new StringFormat(text);
  }
}
