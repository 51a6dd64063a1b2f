import {
  type ConfigDef,
  type Converter,
  type Encoded,
  type HeaderConverter,
  javaText,
  OPTIONAL_STRING_SCHEMA,
  parseConfig,
  type Props,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { type Charset, charsetOf, UTF_8 } from "./charset.ts";
import { CONVERTER_TYPE, withConverterType } from "./converter-type.ts";

const CONFIG = {
  ...CONVERTER_TYPE,
  "converter.encoding": {
    type: "STRING",
    default: "UTF-8",
    importance: "HIGH",
    doc: "The character encoding, by its Java or IANA name.",
    width: "MEDIUM",
    displayName: "Encoding",
  },
} as const satisfies ConfigDef;

/**
 * Plain text: of values that are no strings, Java's `toString` (Java:
 * `org.apache.kafka.connect.storage.StringConverter`).
 */
export class StringConverter implements Converter, HeaderConverter {
  #charset: Charset = UTF_8;

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} for an encoding that is not known */
  configure(props: Props, isKey: boolean): void {
    const config = parseConfig(CONFIG, withConverterType(props, isKey));
    this.#charset = charsetOf(config["converter.encoding"]);
  }

  fromConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    schema: Schema | null,
    value: unknown,
  ): Encoded {
    if (value === null || value === undefined) return null;
    return this.#charset.encode(typeof value === "string" ? value : javaText(schema, value));
  }

  toConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue {
    const value = bytes === null ? null : this.#charset.decode(bytes);
    return { schema: OPTIONAL_STRING_SCHEMA, value };
  }

  fromConnectHeader(topic: string, _key: string, schema: Schema | null, value: unknown): Encoded {
    return this.fromConnectData(topic, [], schema, value);
  }

  toConnectHeader(topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnectData(topic, [], bytes);
  }
}
