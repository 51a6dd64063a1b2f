import { type Field, type Schema, SchemaBuilder, validateValue } from "@millrace/connect-api";

/** How a field of a struct is read: where it stands, and what stands in for null. */
export interface FieldCopy {
  readonly index: number;
  /** Name in the output, for the message. */
  readonly name: string;
  readonly schema: Schema;
  /** The schema's default, if nulls are replaced by it; else null. */
  readonly substitute: unknown;
}

/** @param replaceNulls whether null becomes the default of the field's schema, if it has one (KIP-1040) */
export function fieldCopy(field: Field, replaceNulls: boolean, name = field.name): FieldCopy {
  const { index, schema } = field;
  return { index, name, schema, substitute: replaceNulls ? (schema.defaultValue ?? null) : null };
}

/** All fields, in order. */
export function fieldCopies(schema: Schema, replaceNulls: boolean): FieldCopy[] {
  return schema.fields.map((field) => fieldCopy(field, replaceNulls));
}

export function readField(copy: FieldCopy, values: readonly unknown[]): unknown {
  return values[copy.index] ?? copy.substitute;
}

/**
 * Reads a field to be put into a struct where it has the same schema: values are not
 * checked again, but a null is.
 * @throws {DataError} when it is null and required
 */
export function copiedField(copy: FieldCopy, values: readonly unknown[]): unknown {
  const value = values[copy.index] ?? copy.substitute;
  if (value === null && !copy.schema.optional) validateValue(copy.schema, null, copy.name);
  return value;
}

/** As `copiedField`, for each. */
export function copiedFields(copies: readonly FieldCopy[], values: readonly unknown[]): unknown[] {
  const out = Array<unknown>(copies.length);
  for (let i = 0; i < copies.length; i++) out[i] = copiedField(copies[i]!, values);
  return out;
}

/**
 * Gives a builder the name, version, doc and parameters of a schema (Java:
 * `SchemaUtil.copySchemaBasics`), which leaves out whether it is optional, and its default.
 */
export function withBasicsOf(schema: Schema, builder: SchemaBuilder): SchemaBuilder {
  if (schema.name !== undefined) builder.name(schema.name);
  if (schema.version !== undefined) builder.version(schema.version);
  if (schema.doc !== undefined) builder.doc(schema.doc);
  if (schema.parameters !== undefined) builder.parameters(schema.parameters);
  return builder;
}

/** A struct schema to add fields to, with the basics of another. */
export function structLike(schema: Schema): SchemaBuilder {
  return withBasicsOf(schema, SchemaBuilder.struct());
}
