import type { ByteReader, ByteWriter } from "@millrace/avro-data";
import { copySchema, DataError, Schema } from "@millrace/connect-api";
import type { Type } from "protobufjs";
import type { ResolvedReference, SchemaDefinition } from "../registry/schema-registry.ts";
import type {
  Decoder,
  SchemaFormat,
  Translation as Translated,
  WriteValue,
} from "../schema-format.ts";
import type { ProtobufConfig } from "./config.ts";
import { messageAt, parseProto, type ProtoFile } from "./parse.ts";
import { protoText } from "./proto-text.ts";
import { MessageReaders } from "./reader.ts";
import { Translation, wrappedType } from "./to-connect-schema.ts";
import { compileMessageWriter, compileWrapperWriter } from "./writer.ts";

/** Protobuf, with the translation of Confluent's ProtobufData. */
export class ProtobufFormat implements SchemaFormat {
  readonly title = "Protobuf";
  readonly #config: ProtobufConfig;

  constructor(config: ProtobufConfig) {
    this.#config = config;
  }

  translate(schema: Schema | null): Translated {
    const { text, messageName } = protoText(schema, this.#config);
    return { kind: "PROTOBUF", text, references: [], recordName: messageName };
  }

  writer(
    schema: Schema | null,
    target: SchemaDefinition,
    references: readonly ResolvedReference[],
    strict: boolean,
  ): WriteValue {
    const own = protoText(schema, this.#config);
    const file = parse(target, references);
    // In a file of another's making the message is found by its name.
    const named = file.messages.findIndex(({ fullName }) => fullName === `.${own.messageName}`);
    const path = named >= 0 ? [named] : own.path;
    const type = messageAt(file, path);
    const isStruct = schema!.type === "STRUCT";
    if (strict && isStruct) checkFields(schema!, type);
    const write = isStruct
      ? compileMessageWriter(schema!, type, this.#config)
      : compileWrapperWriter(schema!, type, this.#config);
    return (value, out) => {
      writePath(path, out);
      write(value, out);
    };
  }

  decoder(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
    version: number | undefined,
  ): Decoder {
    const file = parse(definition, references);
    const translation = new Translation(this.#config);
    const readers = new MessageReaders(translation, this.#config);
    const whole = (type: Type): Decoder => {
      const wrapped = this.#config["wrapper.for.raw.primitives"] ? wrappedType(type) : undefined;
      if (wrapped !== undefined) {
        const schema = new Schema({ type: wrapped });
        return { schema, read: readers.wrapped(type, schema) };
      }
      const struct = translation.struct(type);
      const schema = version === undefined ? struct.schema : copySchema(struct.schema, { version });
      return { schema, read: readers.message(type, { ...struct, schema }) };
    };
    // Nearly always all messages of a schema are its first one.
    const first = file.messages.length === 0 ? undefined : whole(messageAt(file, [0]));
    const byPath = new Map<string, Decoder>();
    const decoderAt = (path: readonly number[]): Decoder => {
      if (path.length === 1 && path[0] === 0 && first !== undefined) return first;
      const key = path.join(".");
      let found = byPath.get(key);
      if (found === undefined) byPath.set(key, (found = whole(messageAt(file, path))));
      return found;
    };
    return {
      schema: first?.schema ?? null,
      read: (input) => decoderAt(readPath(input)).read(input),
      schemaOf: (input) => {
        const { at } = input;
        const { schema } = decoderAt(readPath(input));
        input.at = at;
        return schema;
      },
    };
  }

  recordName(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
  ): string | undefined {
    return parse(definition, references).messages[0]?.fullName.slice(1);
  }
}

function parse(
  { kind, text }: SchemaDefinition,
  references: readonly ResolvedReference[],
): ProtoFile {
  if (kind !== "PROTOBUF") throw new DataError(`The schema is one of ${kind}, not Protobuf`);
  return parseProto(text, references);
}

function checkFields(schema: Schema, type: Type): void {
  const extra = schema.fields.find(
    ({ name, schema }) => schema.type !== "STRUCT" && type.fields[name] === undefined,
  );
  if (extra !== undefined) {
    throw new DataError(
      `The data has the field ${extra.name}, which the schema to write by has not: register a version that has it, or set latest.compatibility.strict=false to leave it out`,
    );
  }
}

/** Which message of its file follows: positions from the top inwards. The first alone is a zero. */
function writePath(path: readonly number[], out: ByteWriter): void {
  if (path.length === 1 && path[0] === 0) return out.byte(0);
  out.int(path.length);
  for (const position of path) out.int(position);
}

function readPath(input: ByteReader): readonly number[] {
  const length = input.int();
  if (length === 0) return [0];
  if (length < 0 || length > 100) throw new DataError(`A list of ${length} message positions`);
  return Array.from({ length }, () => input.int());
}
