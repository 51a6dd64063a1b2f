import {
  type ConfigDef,
  convertToString,
  type HeaderConverter,
  NULL_VALUE,
  parseString,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";

/**
 * Headers as text, whose type is guessed when they are read (Java:
 * `org.apache.kafka.connect.storage.SimpleHeaderConverter`). What it writes is not always
 * what it reads: the text "007" comes back as the number 7.
 */
export class SimpleHeaderConverter implements HeaderConverter {
  config(): ConfigDef {
    return {};
  }

  configure(): void {}

  fromConnectHeader(
    _topic: string,
    _key: string,
    schema: Schema | null,
    value: unknown,
  ): string | null {
    return convertToString(schema, value);
  }

  toConnectHeader(_topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return NULL_VALUE;
    return parseString(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  }
}
