import { DataError } from "./errors.ts";
import { javaText } from "./java-text.ts";
import type { Field, Schema, SchemaType } from "./schema.ts";
import { validateValue } from "./validate-value.ts";
import { valueEquals } from "./value-equals.ts";

const BRAND = Symbol.for("millrace.connect.struct");

/**
 * A record of named values: an array of them in the order of the schema's fields.
 * `put` checks each value; code that has just read values of the right types from a
 * typed source makes the struct of the whole array with `Struct.of`, unchecked.
 */
export class Struct {
  readonly schema: Schema;
  /** One value per field, in field order; null where none was put. */
  readonly values: unknown[];

  /**
   * An empty struct; `values` is for `Struct.of`.
   * @throws {DataError} when the schema is not a STRUCT
   */
  constructor(schema: Schema, values?: unknown[]) {
    if (schema.type !== "STRUCT") throw new DataError(`Not a struct schema: ${schema.toString()}`);
    this.schema = schema;
    this.values = values ?? schema.fields.map(() => null);
  }

  /**
   * A struct of values known to fit the schema, taken over without a copy or a check.
   * @param values one per field, in field order, null where there is none
   */
  static of(schema: Schema, values: unknown[]): Struct {
    return new Struct(schema, values);
  }

  /**
   * The field's value, or the field schema's default where it is null.
   * @throws {DataError} when there is no such field
   */
  get(field: string | Field): unknown {
    const { index, schema } = this.#field(field);
    return this.values[index] ?? schema.defaultValue ?? null;
  }

  /** The field's value as it was put, null when it was not. @throws {DataError} when there is no such field */
  getWithoutDefault(field: string | Field): unknown {
    return this.values[this.#field(field).index] ?? null;
  }

  getInt8(field: string): number | null {
    return this.#typed(field, "INT8") as number | null;
  }

  getInt16(field: string): number | null {
    return this.#typed(field, "INT16") as number | null;
  }

  getInt32(field: string): number | null {
    return this.#typed(field, "INT32") as number | null;
  }

  getInt64(field: string): number | bigint | null {
    return this.#typed(field, "INT64") as number | bigint | null;
  }

  getFloat32(field: string): number | null {
    return this.#typed(field, "FLOAT32") as number | null;
  }

  getFloat64(field: string): number | null {
    return this.#typed(field, "FLOAT64") as number | null;
  }

  getBoolean(field: string): boolean | null {
    return this.#typed(field, "BOOLEAN") as boolean | null;
  }

  getString(field: string): string | null {
    return this.#typed(field, "STRING") as string | null;
  }

  getBytes(field: string): Uint8Array | null {
    return this.#typed(field, "BYTES") as Uint8Array | null;
  }

  getArray(field: string): unknown[] | null {
    return this.#typed(field, "ARRAY") as unknown[] | null;
  }

  getMap(field: string): Map<unknown, unknown> | null {
    return this.#typed(field, "MAP") as Map<unknown, unknown> | null;
  }

  getStruct(field: string): Struct | null {
    return this.#typed(field, "STRUCT") as Struct | null;
  }

  /**
   * Sets a field and returns this struct.
   * @throws {DataError} when there is no such field or the value does not fit its schema
   */
  put(field: string | Field, value: unknown): this {
    const { index, name, schema } = this.#field(field);
    validateValue(schema, value, name);
    this.values[index] = value ?? null;
    return this;
  }

  /** Checks that every required field has a value or a default. @throws {DataError} naming the first that has none */
  validate(): void {
    for (const { index, name, schema } of this.schema.fields) {
      const value = this.values[index] ?? null;
      if (value !== null || schema.defaultValue === undefined) validateValue(schema, value, name);
    }
  }

  equals(other: unknown): boolean {
    return (
      other === this ||
      (isStruct(other) &&
        this.schema.equals(other.schema) &&
        valueEquals(this.values, other.values))
    );
  }

  /** As Java prints it, without its null fields: `Struct{a=1,b=x}`. */
  toString(): string {
    return javaText(this.schema, this);
  }

  #field(field: string | Field): Field {
    if (typeof field !== "string") return field;
    const found = this.schema.field(field);
    if (found === undefined) throw new DataError(`${field} is not a valid field name`);
    return found;
  }

  #typed(name: string, type: SchemaType): unknown {
    const field = this.#field(name);
    if (field.schema.type !== type) {
      throw new DataError(`Field '${name}' is not of type ${type}`);
    }
    return this.values[field.index] ?? null;
  }
}

Object.defineProperty(Struct.prototype, BRAND, { value: true });

/** True for a struct, whichever copy of this package made it. */
export function isStruct(value: unknown): value is Struct {
  return typeof value === "object" && value !== null && BRAND in value;
}
