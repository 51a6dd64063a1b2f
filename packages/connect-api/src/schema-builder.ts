import { DataError, SchemaBuilderError } from "./errors.ts";
import { Schema, type SchemaParts, type SchemaType } from "./schema.ts";
import { validateValue } from "./validate-value.ts";

/**
 * Makes schemas step by step, with Java's rules: name, version, doc, optional and
 * default may each be set to one value; a default is checked against the type, so
 * `optional()` comes before a null default.
 *
 * ```ts
 * const USER = SchemaBuilder.struct().name("User").field("id", INT64_SCHEMA).build();
 * ```
 */
export class SchemaBuilder {
  readonly #type: SchemaType;
  readonly #keySchema: Schema | undefined;
  readonly #valueSchema: Schema | undefined;
  readonly #fields = new Map<string, Schema>();
  #parameters: Map<string, string> | undefined;
  #optional: boolean | undefined;
  #defaultValue: unknown;
  #name: string | undefined;
  #version: number | undefined;
  #doc: string | undefined;

  constructor(type: SchemaType, keySchema?: Schema, valueSchema?: Schema) {
    this.#type = type;
    this.#keySchema = keySchema;
    this.#valueSchema = valueSchema;
  }

  static int8(): SchemaBuilder {
    return new SchemaBuilder("INT8");
  }
  static int16(): SchemaBuilder {
    return new SchemaBuilder("INT16");
  }
  static int32(): SchemaBuilder {
    return new SchemaBuilder("INT32");
  }
  static int64(): SchemaBuilder {
    return new SchemaBuilder("INT64");
  }
  static float32(): SchemaBuilder {
    return new SchemaBuilder("FLOAT32");
  }
  static float64(): SchemaBuilder {
    return new SchemaBuilder("FLOAT64");
  }
  static bool(): SchemaBuilder {
    return new SchemaBuilder("BOOLEAN");
  }
  static string(): SchemaBuilder {
    return new SchemaBuilder("STRING");
  }
  static bytes(): SchemaBuilder {
    return new SchemaBuilder("BYTES");
  }
  static struct(): SchemaBuilder {
    return new SchemaBuilder("STRUCT");
  }
  static array(valueSchema: Schema): SchemaBuilder {
    return new SchemaBuilder("ARRAY", undefined, valueSchema);
  }
  /** A list whose elements have no schema. */
  static arrayOfNull(): SchemaBuilder {
    return new SchemaBuilder("ARRAY");
  }
  static map(keySchema: Schema, valueSchema: Schema): SchemaBuilder {
    return new SchemaBuilder("MAP", keySchema, valueSchema);
  }
  /** A map whose keys and values have no schema. */
  static mapOfNull(): SchemaBuilder {
    return new SchemaBuilder("MAP");
  }
  /** A map whose values have no schema. */
  static mapWithNullValues(keySchema: Schema): SchemaBuilder {
    return new SchemaBuilder("MAP", keySchema);
  }

  optional(): this {
    this.#once("optional", this.#optional, true);
    this.#optional = true;
    return this;
  }

  required(): this {
    this.#once("optional", this.#optional, false);
    this.#optional = false;
    return this;
  }

  /** @throws {SchemaBuilderError} when the value does not fit the type */
  defaultValue(value: unknown): this {
    this.#once("default", this.#defaultValue, value);
    try {
      validateValue(this.build(), value);
    } catch (error) {
      throw new SchemaBuilderError("Invalid default value", { cause: error });
    }
    this.#defaultValue = value ?? undefined;
    return this;
  }

  name(name: string): this {
    this.#once("name", this.#name, name);
    this.#name = name;
    return this;
  }

  version(version: number): this {
    this.#once("version", this.#version, version);
    this.#version = version;
    return this;
  }

  doc(doc: string): this {
    this.#once("doc", this.#doc, doc);
    this.#doc = doc;
    return this;
  }

  parameter(key: string, value: string): this {
    this.#parameters ??= new Map();
    this.#parameters.set(key, value);
    return this;
  }

  parameters(parameters: ReadonlyMap<string, string>): this {
    for (const [key, value] of parameters) this.parameter(key, value);
    return this;
  }

  /** @throws {SchemaBuilderError} for an empty or repeated name, or when this is not a struct */
  field(name: string, schema: Schema): this {
    if (this.#type !== "STRUCT") {
      throw new SchemaBuilderError(`Cannot create fields on type ${this.#type}`);
    }
    if (name === "") throw new SchemaBuilderError("fieldName cannot be null.");
    if (this.#fields.has(name)) {
      throw new SchemaBuilderError(`Cannot create field because of field name duplication ${name}`);
    }
    this.#fields.set(name, schema);
    return this;
  }

  /** The schema of what was set so far; the builder may go on and build others. */
  build(): Schema {
    return new Schema({
      type: this.#type,
      optional: this.#optional ?? false,
      defaultValue: this.#defaultValue,
      name: this.#name,
      version: this.#version,
      doc: this.#doc,
      parameters: this.#parameters && new Map(this.#parameters),
      fields: [...this.#fields].map(([name, schema]) => ({ name, schema })),
      keySchema: this.#keySchema,
      valueSchema: this.#valueSchema,
    });
  }

  #once(what: string, current: unknown, next: unknown): void {
    if (current !== undefined && current !== next) {
      throw new SchemaBuilderError(`Invalid SchemaBuilder call: ${what} has already been set.`);
    }
  }
}

/** The optional twin of a schema, or the schema itself when it is optional. */
export function optionalSchema(schema: Schema): Schema {
  return schema.optional ? schema : copySchema(schema, { optional: true });
}

/** A copy with some parts changed. @throws {DataError} when the type itself would change */
export function copySchema(schema: Schema, changes: Partial<Omit<SchemaParts, "type">>): Schema {
  if ("type" in changes) throw new DataError("A copied schema keeps its type");
  const { type } = schema;
  return new Schema({
    type,
    optional: schema.optional,
    defaultValue: schema.defaultValue,
    name: schema.name,
    version: schema.version,
    doc: schema.doc,
    parameters: schema.parameters,
    ...(type === "STRUCT" && { fields: schema.fields }),
    ...(type === "MAP" && { keySchema: schema.keySchemaOrNull ?? undefined }),
    ...((type === "MAP" || type === "ARRAY") && {
      valueSchema: schema.valueSchemaOrNull ?? undefined,
    }),
    ...changes,
  });
}
