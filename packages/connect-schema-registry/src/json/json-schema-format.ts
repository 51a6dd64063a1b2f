import { DataError, type Schema } from "@millrace/connect-api";
import type { ResolvedReference, SchemaDefinition } from "../registry/schema-registry.ts";
import type { Decoder, SchemaFormat, Translation, WriteValue } from "../schema-format.ts";
import type { JsonSchemaConfig } from "./config.ts";
import { jsonSchemaText } from "./from-connect-schema.ts";
import { parseJson } from "./parse-json.ts";
import { compileJsonReader } from "./reader.ts";
import { toConnectSchema } from "./to-connect-schema.ts";
import { compileJsonWriter } from "./writer.ts";

/** JSON Schema, with the translation of Confluent's JsonSchemaData. */
export class JsonSchemaFormat implements SchemaFormat {
  readonly title = "JSON Schema";
  readonly #config: JsonSchemaConfig;

  constructor(config: JsonSchemaConfig) {
    this.#config = config;
  }

  translate(schema: Schema | null): Translation {
    const text = jsonSchemaText(schema, this.#config);
    return { kind: "JSON", text, references: [], recordName: schema?.name };
  }

  writer(
    schema: Schema | null,
    target: SchemaDefinition,
    references: readonly ResolvedReference[],
    strict: boolean,
  ): WriteValue {
    if (strict) this.#checkFields(schema, target, references);
    const write = compileJsonWriter(schema, this.#config);
    return (value, out) => out.utf8(write(value));
  }

  decoder(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
    version: number | undefined,
  ): Decoder {
    const schema = this.#schemaOf(definition, references, version);
    const read = compileJsonReader(schema);
    return {
      schema,
      read: (input) => {
        const text = input.buffer.toString("utf8", input.at, input.end);
        input.at = input.end;
        try {
          return read(parseJson(text));
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw new DataError(`The message is no JSON: ${error.message}`, { cause: error });
        }
      },
    };
  }

  recordName(definition: SchemaDefinition): string | undefined {
    const { title } = JSON.parse(definition.text) as { title?: string };
    return title;
  }

  /** JSON carries its names, so that any target can be written; strictly, all must be known to it. */
  #checkFields(
    schema: Schema | null,
    target: SchemaDefinition,
    references: readonly ResolvedReference[],
  ): void {
    if (schema?.type !== "STRUCT") return;
    const known = this.#schemaOf(target, references, undefined);
    if (known?.type !== "STRUCT") return;
    const extra = schema.fields.find(({ name }) => known.field(name) === undefined);
    if (extra !== undefined) {
      throw new DataError(
        `The data has the field ${extra.name}, which the schema to write by has not: register a version that has it, or set latest.compatibility.strict=false`,
      );
    }
  }

  #schemaOf(
    { kind, text }: SchemaDefinition,
    references: readonly ResolvedReference[],
    version: number | undefined,
  ): Schema | null {
    if (kind !== "JSON") {
      throw new DataError(`The schema is one of ${kind}, not JSON Schema`);
    }
    return toConnectSchema(text, references, this.#config, version);
  }
}
