import { DataError } from "./errors.ts";
import { valueEquals } from "./value-equals.ts";

const BRAND = Symbol.for("millrace.connect.schema");

export type SchemaType =
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FLOAT32"
  | "FLOAT64"
  | "BOOLEAN"
  | "STRING"
  | "BYTES"
  | "ARRAY"
  | "MAP"
  | "STRUCT";

/** A member of a STRUCT schema; `index` is its position in the struct's values. */
export interface Field {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;
}

/** The parts a schema is made of; everything but `type` may be left out. */
export interface SchemaParts {
  readonly type: SchemaType;
  readonly optional?: boolean | undefined;
  readonly defaultValue?: unknown;
  readonly name?: string | undefined;
  readonly version?: number | undefined;
  readonly doc?: string | undefined;
  readonly parameters?: ReadonlyMap<string, string> | undefined;
  readonly fields?: readonly { readonly name: string; readonly schema: Schema }[] | undefined;
  readonly keySchema?: Schema | undefined;
  readonly valueSchema?: Schema | undefined;
}

/**
 * The type of a value (Java: `ConnectSchema`). Immutable, so that readers and writers
 * compiled for a schema can be kept by identity: make a schema once and share it.
 *
 * | type | JavaScript value |
 * |---|---|
 * | INT8 INT16 INT32 | `number`, whole and in range |
 * | INT64 | `number` when safe, else `bigint` |
 * | FLOAT32 FLOAT64 | `number` |
 * | BOOLEAN STRING | `boolean`, `string` |
 * | BYTES | `Uint8Array` |
 * | ARRAY | array |
 * | MAP | `Map` |
 * | STRUCT | `Struct` |
 *
 * The logical types (`logical.ts`) have values of their own: `Decimal` and `Date`.
 */
export class Schema {
  readonly type: SchemaType;
  readonly optional: boolean;
  /** What a reader sees where the value is null; undefined when the schema has no default. */
  readonly defaultValue: unknown;
  /** Name of a struct or of a logical type. */
  readonly name: string | undefined;
  readonly version: number | undefined;
  readonly doc: string | undefined;
  readonly parameters: ReadonlyMap<string, string> | undefined;
  readonly #fields: readonly Field[];
  readonly #fieldsByName: ReadonlyMap<string, Field>;
  readonly #keySchema: Schema | undefined;
  readonly #valueSchema: Schema | undefined;

  constructor(parts: SchemaParts) {
    this.type = parts.type;
    this.optional = parts.optional ?? false;
    this.defaultValue = parts.defaultValue;
    this.name = parts.name;
    this.version = parts.version;
    this.doc = parts.doc;
    this.parameters = parts.parameters?.size ? parts.parameters : undefined;
    this.#fields = (parts.fields ?? []).map(({ name, schema }, index) => ({ name, index, schema }));
    this.#fieldsByName = new Map(this.#fields.map((field) => [field.name, field]));
    this.#keySchema = parts.keySchema;
    this.#valueSchema = parts.valueSchema;
  }

  /** @throws {DataError} when this is not a STRUCT schema */
  get fields(): readonly Field[] {
    if (this.type !== "STRUCT") throw new DataError(`Cannot list fields on non-struct type`);
    return this.#fields;
  }

  /**
   * The field of that name, or undefined.
   * @throws {DataError} when this is not a STRUCT schema
   */
  field(name: string): Field | undefined {
    if (this.type !== "STRUCT") throw new DataError(`Cannot look up fields on non-struct type`);
    return this.#fieldsByName.get(name);
  }

  /** @throws {DataError} when this is not a MAP schema, or one whose keys have no schema */
  get keySchema(): Schema {
    const schema = this.keySchemaOrNull;
    if (schema === null) throw new DataError("The keys of this map have no schema");
    return schema;
  }

  /**
   * Schema of the elements of an ARRAY or the values of a MAP.
   * @throws {DataError} for other types, or where the elements have no schema
   */
  get valueSchema(): Schema {
    const schema = this.valueSchemaOrNull;
    if (schema === null) throw new DataError("The elements have no schema");
    return schema;
  }

  /**
   * As `keySchema`, but null for a map whose keys have no schema: `parseString` makes such
   * a one of the text `{}`.
   * @throws {DataError} when this is not a MAP schema
   */
  get keySchemaOrNull(): Schema | null {
    if (this.type !== "MAP") throw new DataError("Cannot look up key schema on non-map type");
    return this.#keySchema ?? null;
  }

  /**
   * As `valueSchema`, but null where the elements have no schema: `parseString` makes such
   * a one of a list of unlike elements. Code that meets schemas it has not made uses this.
   * @throws {DataError} when this is neither an ARRAY nor a MAP schema
   */
  get valueSchemaOrNull(): Schema | null {
    if (this.type !== "ARRAY" && this.type !== "MAP") {
      throw new DataError("Cannot look up value schema on non-array and non-map type");
    }
    return this.#valueSchema ?? null;
  }

  /** Equality of every part, default, doc and parameters included, as in Java. */
  equals(other: Schema | null | undefined): boolean {
    if (other === this) return true;
    if (!other) return false;
    return (
      this.type === other.type &&
      this.optional === other.optional &&
      this.name === other.name &&
      this.version === other.version &&
      this.doc === other.doc &&
      valueEquals(this.defaultValue, other.defaultValue) &&
      valueEquals(this.parameters, other.parameters) &&
      this.#sameChildren(other)
    );
  }

  #sameChildren(other: Schema): boolean {
    switch (this.type) {
      case "STRUCT":
        return (
          this.fields.length === other.fields.length &&
          this.fields.every((field, i) => {
            const twin = other.fields[i];
            return (
              twin !== undefined && field.name === twin.name && field.schema.equals(twin.schema)
            );
          })
        );
      case "ARRAY":
        return sameSchema(this.valueSchemaOrNull, other.valueSchemaOrNull);
      case "MAP":
        return (
          sameSchema(this.keySchemaOrNull, other.keySchemaOrNull) &&
          sameSchema(this.valueSchemaOrNull, other.valueSchemaOrNull)
        );
      default:
        return true;
    }
  }

  /** As Java prints it: `Schema{STRING}`, `Schema{com.example.User:STRUCT}`. */
  toString(): string {
    return this.name === undefined ? `Schema{${this.type}}` : `Schema{${this.name}:${this.type}}`;
  }
}

Object.defineProperty(Schema.prototype, BRAND, { value: true });

function sameSchema(a: Schema | null, b: Schema | null): boolean {
  return a === null ? b === null : a.equals(b);
}

/** True for a schema, whichever copy of this package made it. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && BRAND in value;
}

export const INT8_SCHEMA: Schema = new Schema({ type: "INT8" });
export const INT16_SCHEMA: Schema = new Schema({ type: "INT16" });
export const INT32_SCHEMA: Schema = new Schema({ type: "INT32" });
export const INT64_SCHEMA: Schema = new Schema({ type: "INT64" });
export const FLOAT32_SCHEMA: Schema = new Schema({ type: "FLOAT32" });
export const FLOAT64_SCHEMA: Schema = new Schema({ type: "FLOAT64" });
export const BOOLEAN_SCHEMA: Schema = new Schema({ type: "BOOLEAN" });
export const STRING_SCHEMA: Schema = new Schema({ type: "STRING" });
export const BYTES_SCHEMA: Schema = new Schema({ type: "BYTES" });
export const OPTIONAL_INT8_SCHEMA: Schema = new Schema({ type: "INT8", optional: true });
export const OPTIONAL_INT16_SCHEMA: Schema = new Schema({ type: "INT16", optional: true });
export const OPTIONAL_INT32_SCHEMA: Schema = new Schema({ type: "INT32", optional: true });
export const OPTIONAL_INT64_SCHEMA: Schema = new Schema({ type: "INT64", optional: true });
export const OPTIONAL_FLOAT32_SCHEMA: Schema = new Schema({ type: "FLOAT32", optional: true });
export const OPTIONAL_FLOAT64_SCHEMA: Schema = new Schema({ type: "FLOAT64", optional: true });
export const OPTIONAL_BOOLEAN_SCHEMA: Schema = new Schema({ type: "BOOLEAN", optional: true });
export const OPTIONAL_STRING_SCHEMA: Schema = new Schema({ type: "STRING", optional: true });
export const OPTIONAL_BYTES_SCHEMA: Schema = new Schema({ type: "BYTES", optional: true });
