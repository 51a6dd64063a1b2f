import {
  type AvroDataConfig,
  type AvroSchema,
  avroSchemaText,
  compileReader,
  compileWriter,
  fromConnectSchema,
  isNamed,
  parseAvroSchema,
  toConnectSchema,
} from "@millrace/avro-data";
import { DataError, type Schema } from "@millrace/connect-api";
import type { ResolvedReference, SchemaDefinition } from "../registry/schema-registry.ts";
import type { Decoder, SchemaFormat, Translation, WriteValue } from "../schema-format.ts";
import { extraField } from "./extra-field.ts";

/** Avro, with the translation of Confluent's AvroData. */
export class AvroFormat implements SchemaFormat {
  readonly title = "Avro";
  readonly #config: AvroDataConfig;

  constructor(config: AvroDataConfig) {
    this.#config = config;
  }

  translate(schema: Schema | null): Translation {
    const avro = fromConnectSchema(schema, this.#config);
    return {
      kind: "AVRO",
      text: avroSchemaText(avro),
      references: [],
      recordName: nameOf(avro),
    };
  }

  writer(
    schema: Schema | null,
    target: SchemaDefinition,
    references: readonly ResolvedReference[],
    strict: boolean,
  ): WriteValue {
    const avro = parse(target, references);
    const extra =
      strict && schema !== null
        ? extraField(fromConnectSchema(schema, this.#config), avro)
        : undefined;
    if (extra !== undefined) {
      throw new DataError(
        `The data has the field ${extra}, which the schema to write by has not: register a version that has it, or set latest.compatibility.strict=false to leave it out`,
      );
    }
    return compileWriter(schema, avro, this.#config);
  }

  decoder(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
    version: number | undefined,
  ): Decoder {
    const avro = parse(definition, references);
    const schema = toConnectSchema(avro, this.#config, version);
    return { schema, read: compileReader(avro, schema, this.#config) };
  }

  recordName(definition: SchemaDefinition): string | undefined {
    // The name stands before whatever the schema refers to.
    const json = JSON.parse(definition.text) as { name?: string; namespace?: string };
    if (json.name === undefined) return undefined;
    return json.namespace === undefined || json.name.includes(".")
      ? json.name
      : `${json.namespace}.${json.name}`;
  }
}

function parse({ kind, text }: SchemaDefinition, references: readonly ResolvedReference[]) {
  if (kind !== "AVRO") {
    throw new DataError(
      `The schema is one of ${kind}, not Avro: its converter is ${CONVERTERS[kind]}`,
    );
  }
  return parseAvroSchema(
    text,
    references.map((reference) => reference.text),
  );
}

const CONVERTERS = {
  AVRO: "io.confluent.connect.avro.AvroConverter",
  JSON: "io.confluent.connect.json.JsonSchemaConverter",
  PROTOBUF: "io.confluent.connect.protobuf.ProtobufConverter",
} as const;

function nameOf(avro: AvroSchema): string | undefined {
  if (isNamed(avro)) return avro.fullName;
  if (avro.type !== "union") return undefined;
  const branches = avro.branches.filter(({ type }) => type !== "null");
  return branches.length === 1 ? nameOf(branches[0]!) : undefined;
}
