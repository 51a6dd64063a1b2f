import { ByteReader, ByteWriter } from "@millrace/avro-data";
import {
  type ConfigDef,
  type Converter,
  DataError,
  isPromise,
  isRetriable,
  type MaybePromise,
  NULL_VALUE,
  parseConfig,
  type Props,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { REGISTRY_CONFIG, type RegistryConfig } from "./registry/config.ts";
import { SchemaRegistry } from "./registry/schema-registry.ts";
import { Decoders } from "./decoders.ts";
import { type Encoder, Encoders } from "./encoders.ts";
import type { Decoder, SchemaFormat } from "./schema-format.ts";
import { subjectStrategy } from "./subjects.ts";
import { lengthOf, MAGIC, type SchemaId, schemaIdOf } from "./wire-format.ts";

/**
 * What the three converters have in common: Confluent's wire format, and schemas that are
 * asked of the registry once. Once a schema is known no promise is made for a record.
 */
export abstract class RegistryConverter implements Converter {
  #parts: Parts | undefined;

  abstract config(): ConfigDef;
  protected abstract makeFormat(props: Props): SchemaFormat;

  configure(props: Props, isKey: boolean): void {
    const config = parseConfig(REGISTRY_CONFIG, props);
    this.#parts = new Parts(config, this.makeFormat(props), isKey);
  }

  fromConnectData(
    topic: string,
    _headers: RawHeader[],
    schema: Schema | null,
    value: unknown,
  ): MaybePromise<Buffer | null> {
    if (value === null || value === undefined) return null;
    return this.#configured.write(topic, schema, value);
  }

  toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): MaybePromise<SchemaAndValue> {
    return bytes === null ? NULL_VALUE : this.#configured.read(topic, headers, bytes);
  }

  close(): void {
    this.#parts?.registry.close();
  }

  get #configured(): Parts {
    if (this.#parts === undefined) throw new Error("The converter is not configured yet");
    return this.#parts;
  }
}

class Parts {
  readonly registry: SchemaRegistry;
  readonly #format: SchemaFormat;
  readonly #encoders: Encoders;
  readonly #decoders: Decoders;
  /** The header that names the schema of a message which does not do it itself. */
  readonly #header: string;
  readonly #out = new ByteWriter();
  readonly #input = new ByteReader();

  constructor(config: RegistryConfig, format: SchemaFormat, isKey: boolean) {
    const key = isKey ? "key.subject.name.strategy" : "value.subject.name.strategy";
    const strategy = subjectStrategy(key, config[key], isKey);
    this.#header = isKey ? "__key_schema_id" : "__value_schema_id";
    this.registry = new SchemaRegistry(config);
    this.#format = format;
    this.#encoders = new Encoders(config, this.registry, format, strategy);
    this.#decoders = new Decoders(this.registry, format, strategy);
  }

  write(topic: string, schema: Schema | null, value: unknown): MaybePromise<Buffer> {
    try {
      const encoder = this.#encoders.of(topic, schema);
      if (!isPromise(encoder)) return this.#encode(encoder, value);
      return encoder
        .then((encoder) => this.#encode(encoder, value))
        .catch((error: unknown) => {
          throw this.#writingFailed(topic, error);
        });
    } catch (error) {
      throw this.#writingFailed(topic, error);
    }
  }

  #encode({ id, write }: Encoder, value: unknown): Buffer {
    const out = this.#out;
    out.begin();
    out.byte(MAGIC);
    out.int32BE(id);
    write(value, out);
    return out.take();
  }

  read(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array,
  ): MaybePromise<SchemaAndValue> {
    try {
      const header = headers.length === 0 ? undefined : this.#idIn(headers);
      const id = schemaIdOf(header ?? bytes);
      const start = lengthOf(id);
      return header === undefined
        ? this.#readBy(topic, id, bytes, start)
        : this.#readBy(topic, id, withRest(header, start, bytes), 0);
    } catch (error) {
      throw this.#readingFailed(topic, error);
    }
  }

  #idIn(headers: readonly RawHeader[]): Uint8Array | undefined {
    for (let i = headers.length - 1; i >= 0; i--) {
      const { key, value } = headers[i]!;
      if (key === this.#header && value instanceof Uint8Array) return value;
    }
    return undefined;
  }

  /** @param start of the data, behind what names the schema */
  #readBy(
    topic: string,
    id: SchemaId,
    bytes: Uint8Array,
    start: number,
  ): MaybePromise<SchemaAndValue> {
    const decoder = this.#decoders.of(topic, id);
    if (!isPromise(decoder)) return this.#decode(decoder, bytes, start);
    return decoder
      .then((decoder) => this.#decode(decoder, bytes, start))
      .catch((error: unknown) => {
        throw this.#readingFailed(topic, error);
      });
  }

  #decode(decoder: Decoder, bytes: Uint8Array, start: number): SchemaAndValue {
    const input = this.#input.open(bytes, start);
    const schema = decoder.schemaOf === undefined ? decoder.schema : decoder.schemaOf(input);
    const value = decoder.read(input);
    input.check();
    return { schema, value };
  }

  #writingFailed(topic: string, cause: unknown): unknown {
    if (isRetriable(cause)) return cause;
    return new DataError(
      `Failed to serialize ${this.#format.title} data from topic ${topic} : ${reason(cause)}`,
      { cause },
    );
  }

  #readingFailed(topic: string, cause: unknown): unknown {
    if (isRetriable(cause)) return cause;
    return new DataError(
      `Failed to deserialize data for topic ${topic} to ${this.#format.title}: ${reason(cause)}`,
      { cause },
    );
  }
}

/** The data with what a header has behind the id: the position of a Protobuf message. */
function withRest(header: Uint8Array, start: number, bytes: Uint8Array): Uint8Array {
  return header.length === start ? bytes : Buffer.concat([header.subarray(start), bytes]);
}

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
