import {
  type ConfigDef,
  type Converter,
  DataError,
  type HeaderConverter,
  javaClassName,
  OPTIONAL_BYTES_SCHEMA,
  parseConfig,
  type Props,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { CONVERTER_TYPE, withConverterType } from "./converter-type.ts";

/** Passes bytes through (Java: `org.apache.kafka.connect.converters.ByteArrayConverter`). */
export class ByteArrayConverter implements Converter, HeaderConverter {
  config(): ConfigDef {
    return CONVERTER_TYPE;
  }

  configure(props: Props, isKey: boolean): void {
    parseConfig(CONVERTER_TYPE, withConverterType(props, isKey));
  }

  fromConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    schema: Schema | null,
    value: unknown,
  ): Uint8Array | null {
    if (schema !== null && schema.type !== "BYTES") {
      throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`);
    }
    if (value === null || value === undefined) return null;
    if (value instanceof Uint8Array) return value;
    throw new DataError(
      `ByteArrayConverter is not compatible with objects of type class ${javaClassName(value, schema)}`,
    );
  }

  toConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue {
    return { schema: OPTIONAL_BYTES_SCHEMA, value: bytes };
  }

  fromConnectHeader(
    topic: string,
    _key: string,
    schema: Schema | null,
    value: unknown,
  ): Uint8Array | null {
    return this.fromConnectData(topic, [], schema, value);
  }

  toConnectHeader(topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnectData(topic, [], bytes);
  }
}
