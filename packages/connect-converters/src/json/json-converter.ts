import {
  type ConfigDef,
  type Converter,
  type HeaderConverter,
  NULL_VALUE,
  parseConfig,
  type Props,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { withConverterType } from "../converter-type.ts";
import { JSON_CONVERTER_CONFIG, type JsonConverterConfig } from "./config.ts";
import { notJson } from "./decode.ts";
import { EnvelopeReader } from "./envelope.ts";
import { parseAny, parseExact } from "./parse.ts";
import { bareReader } from "./payload-reader.ts";
import { readSchema } from "./read-schema.ts";
import { Readers } from "./reader.ts";
import { schemaJson } from "./schema-json.ts";
import { JsonSyntaxError } from "./syntax-error.ts";
import { writeAny } from "./write-any.ts";
import { type Writer, Writers } from "./writer.ts";

/**
 * JSON, with the schema in each message or without (Java:
 * `org.apache.kafka.connect.json.JsonConverter`). What it writes is a string: the worker
 * encodes it.
 */
export class JsonConverter implements Converter, HeaderConverter {
  #compiled = new CompiledJson(parseConfig(JSON_CONVERTER_CONFIG, withConverterType({}, false)));

  config(): ConfigDef {
    return JSON_CONVERTER_CONFIG;
  }

  configure(props: Props, isKey: boolean): void {
    this.#compiled = new CompiledJson(
      parseConfig(JSON_CONVERTER_CONFIG, withConverterType(props, isKey)),
    );
  }

  fromConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    schema: Schema | null,
    value: unknown,
  ): string | null {
    return this.#compiled.write(schema, value);
  }

  toConnectData(
    topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue {
    return this.#compiled.read(topic, bytes);
  }

  fromConnectHeader(
    _topic: string,
    _key: string,
    schema: Schema | null,
    value: unknown,
  ): string | null {
    return this.#compiled.write(schema, value);
  }

  toConnectHeader(_topic: string, key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.#compiled.read(key, bytes);
  }
}

/** The two directions for one configuration, with what they have compiled. */
class CompiledJson {
  readonly #writers: Writers;
  readonly #messageWriters = new WeakMap<Schema, Writer>();
  readonly #envelope: boolean;
  /** @see EnvelopeReader on `kind` */
  readonly #read: (kind: string, bytes: Buffer) => SchemaAndValue;
  #lastSchema: Schema | undefined;
  #lastWriter: Writer = writeAny;

  constructor(config: JsonConverterConfig) {
    this.#envelope = config["schemas.enable"];
    this.#writers = new Writers({
      numericDecimals: config["decimal.format"].toUpperCase() === "NUMERIC",
      replaceNullWithDefault: config["replace.null.with.default"],
    });
    this.#read = messageReader(config);
  }

  write(schema: Schema | null, value: unknown): string | null {
    if (schema === null) {
      if (value === null || value === undefined) return null;
      return this.#envelope ? `{"schema":null,"payload":${writeAny(value)}}` : writeAny(value);
    }
    if (schema !== this.#lastSchema) {
      this.#lastWriter = this.#writerFor(schema);
      this.#lastSchema = schema;
    }
    return this.#lastWriter(value);
  }

  read(kind: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return NULL_VALUE;
    try {
      return this.#read(kind, asBuffer(bytes));
    } catch (error) {
      throw error instanceof JsonSyntaxError ? notJson(error) : error;
    }
  }

  #writerFor(schema: Schema): Writer {
    let writer = this.#messageWriters.get(schema);
    if (writer !== undefined) return writer;
    if (this.#lastSchema !== undefined && schema.equals(this.#lastSchema)) {
      // A source that makes its schema anew for each record: nothing need be compiled.
      writer = this.#lastWriter;
    } else {
      writer = this.#compile(schema);
    }
    this.#messageWriters.set(schema, writer);
    return writer;
  }

  #compile(schema: Schema): Writer {
    const write = this.#writers.of(schema);
    if (!this.#envelope) return write;
    const opening = `{"schema":${schemaJson(schema, this.#writers)},"payload":`;
    return (value) => `${opening}${write(value)}}`;
  }
}

function messageReader(
  config: JsonConverterConfig,
): (kind: string, bytes: Buffer) => SchemaAndValue {
  if (!config["schemas.enable"]) {
    return (_kind, bytes) => ({ schema: null, value: parseAny(bytes) ?? null });
  }
  const readers = new Readers({ replaceNullWithDefault: config["replace.null.with.default"] });
  const schema = schemaOfContent(config["schema.content"], readers);
  if (schema !== null) {
    const read = bareReader(schema, readers);
    return (_kind, bytes) => ({ schema, value: read(bytes) });
  }
  const envelopes = new EnvelopeReader(readers, config["schemas.cache.size"]);
  return (kind, bytes) => envelopes.read(kind, bytes);
}

/** The one schema of all messages, if the configuration has one (KIP-1054). */
function schemaOfContent(content: string | null, readers: Readers): Schema | null {
  if (content === null || content === "") return null;
  try {
    return readSchema(parseExact(content), readers);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw notJson(error, "Failed to parse schema in converter config due to serialization error: ");
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
