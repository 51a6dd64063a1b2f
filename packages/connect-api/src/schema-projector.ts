import { SchemaProjectorError } from "./errors.ts";
import type { Schema, SchemaType } from "./schema.ts";
import { isStruct, Struct } from "./struct.ts";
import { validateValue } from "./validate-value.ts";
import { valueEquals } from "./value-equals.ts";

/** Turns values of one schema into values of another. */
export type Projection = (value: unknown) => unknown;

/** From left to right a type may become any later one. */
const PROMOTIONS: readonly SchemaType[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];

const projections = new WeakMap<Schema, WeakMap<Schema, Projection>>();

/**
 * The value of a record's schema as one of a later (or earlier) version of it (Java:
 * `SchemaProjector.project`): numbers are widened, fields that the target lacks are
 * dropped, fields that the source lacks become null or their default.
 * @throws {SchemaProjectorError} when the schemas are not compatible
 */
export function project(source: Schema, value: unknown, target: Schema): unknown {
  return projection(source, target)(value);
}

/** The compiled form, made once for each pair of schemas: for code that projects many records. */
export function projection(source: Schema, target: Schema): Projection {
  let byTarget = projections.get(source);
  if (byTarget === undefined) projections.set(source, (byTarget = new WeakMap()));
  let projected = byTarget.get(target);
  if (projected === undefined) byTarget.set(target, (projected = compile(source, target)));
  return projected;
}

function compile(source: Schema, target: Schema): Projection {
  checkCompatible(source, target);
  const convert = compileRequired(source, target);
  if (!source.optional || target.optional) {
    return (value) => (value === null || value === undefined ? null : convert(value));
  }
  const fallback = target.defaultValue;
  if (fallback === undefined) {
    throw new SchemaProjectorError(
      "Writer schema is optional, however, target schema does not provide a default value.",
    );
  }
  return (value) => (value === null || value === undefined ? fallback : convert(value));
}

function checkCompatible(source: Schema, target: Schema): void {
  if (source.type !== target.type && !isPromotable(source.type, target.type)) {
    throw new SchemaProjectorError(
      `Schema type mismatch. source type: ${source.type} and target type: ${target.type}`,
    );
  }
  if (source.name !== target.name) {
    throw new SchemaProjectorError(
      `Schema name mismatch. source name: ${source.name ?? null} and target name: ${target.name ?? null}`,
    );
  }
  if (!valueEquals(source.parameters, target.parameters)) {
    throw new SchemaProjectorError(
      `Schema parameters not equal. source parameters: ${parametersText(source)} and target parameters: ${parametersText(target)}`,
    );
  }
}

function isPromotable(source: SchemaType, target: SchemaType): boolean {
  const from = PROMOTIONS.indexOf(source);
  return from >= 0 && PROMOTIONS.indexOf(target) > from;
}

function parametersText({ parameters }: Schema): string {
  if (parameters === undefined) return "null";
  return `{${[...parameters].map(([key, value]) => `${key}=${value}`).join(", ")}}`;
}

function compileRequired(source: Schema, target: Schema): Projection {
  switch (target.type) {
    case "STRUCT":
      return compileStruct(source, target);
    case "ARRAY": {
      const item = later(source.valueSchemaOrNull, target.valueSchemaOrNull);
      return (value) => (value as unknown[]).map((element) => item(element));
    }
    case "MAP": {
      const key = later(source.keySchemaOrNull, target.keySchemaOrNull);
      const item = later(source.valueSchemaOrNull, target.valueSchemaOrNull);
      return (value) =>
        new Map([...(value as Map<unknown, unknown>)].map(([k, v]) => [key(k), item(v)]));
    }
    case "FLOAT32":
      if (source.type === "INT32" || source.type === "INT64") {
        return (value) => Math.fround(Number(value));
      }
      return unchanged;
    case "FLOAT64":
      return source.type === "INT64" ? (value) => Number(value) : unchanged;
    default:
      return unchanged;
  }
}

/** Looks at the element schemas when the first element comes: empty containers always fit. */
function later(source: Schema | null, target: Schema | null): Projection {
  if (source === null || target === null) return unchanged;
  let compiled: Projection | undefined;
  return (value) => (compiled ??= projection(source, target))(value);
}

function compileStruct(source: Schema, target: Schema): Projection {
  let fields: readonly ((values: unknown[]) => unknown)[] | undefined;
  return (value) => {
    if (!isStruct(value)) {
      throw new SchemaProjectorError(`Cannot project ${typeof value} as ${target.toString()}`);
    }
    // Compiled with the first struct: a field that is always null may have any schema.
    fields ??= target.fields.map(({ name, schema }) => compileField(source, name, schema));
    return Struct.of(
      target,
      fields.map((field) => field(value.values)),
    );
  };
}

/** How the target's field comes out of the source's values. */
function compileField(
  source: Schema,
  name: string,
  schema: Schema,
): (values: unknown[]) => unknown {
  const field = source.field(name);
  if (field !== undefined) {
    const fallback = field.schema.defaultValue ?? null;
    let projected: Projection | undefined;
    return (values) => {
      let value: unknown;
      try {
        projected ??= projection(field.schema, schema);
        value = projected(values[field.index] ?? fallback);
      } catch (error) {
        throw new SchemaProjectorError(`Error projecting ${name}`, { cause: error });
      }
      if (value === null) validateValue(schema, null, name);
      return value;
    };
  }
  if (schema.optional) return () => null;
  const fallback = schema.defaultValue;
  if (fallback !== undefined) return () => fallback;
  throw new SchemaProjectorError(
    `Required field \`${name}\` is missing from source schema: ${source.toString()}`,
  );
}

function unchanged(value: unknown): unknown {
  return value;
}
