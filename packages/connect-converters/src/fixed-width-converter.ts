import {
  type ConfigDef,
  ConnectError,
  type Converter,
  DataError,
  type HeaderConverter,
  parseConfig,
  type Props,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { CONVERTER_TYPE, withConverterType } from "./converter-type.ts";

/** What tells the converter of one type from the others. */
export interface FixedWidth {
  /** As messages name it: `integer`, `long`… */
  readonly typeName: string;
  /** The class that Java's messages about wrong bytes name. */
  readonly deserializer: string;
  /** Bytes of each value. */
  readonly width: number;
  /** Of what is read. */
  readonly schema: Schema;
  /** @throws {DataError} when the value is not of the type */
  encode(schema: Schema | null, value: unknown): Buffer | null;
  /** The value of `width` bytes. @throws {ConnectError} when they stand for none */
  decode(bytes: Buffer): unknown;
}

/** A converter for one type whose values all have the same number of bytes; null stays null. */
export abstract class FixedWidthConverter implements Converter, HeaderConverter {
  readonly #format: FixedWidth;

  constructor(format: FixedWidth) {
    this.#format = format;
  }

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
  ): Buffer | null {
    return this.#format.encode(schema, value ?? null);
  }

  toConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue {
    return this.#read(bytes);
  }

  fromConnectHeader(
    _topic: string,
    _key: string,
    schema: Schema | null,
    value: unknown,
  ): Buffer | null {
    return this.#format.encode(schema, value ?? null);
  }

  toConnectHeader(_topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.#read(bytes);
  }

  #read(bytes: Uint8Array | null): SchemaAndValue {
    const { schema, typeName } = this.#format;
    if (bytes === null) return { schema, value: null };
    try {
      return { schema, value: this.#decode(bytes) };
    } catch (error) {
      throw new DataError(`Failed to deserialize ${typeName}: `, { cause: error });
    }
  }

  #decode(bytes: Uint8Array): unknown {
    const { width, deserializer } = this.#format;
    if (bytes.length !== width) {
      throw serializationError(`Size of data received by ${deserializer} is not ${width}`);
    }
    return this.#format.decode(Buffer.from(bytes.buffer, bytes.byteOffset, width));
  }
}

export function serializationError(message: string): ConnectError {
  return new ConnectError(message, {
    javaName: "org.apache.kafka.common.errors.SerializationException",
  });
}
