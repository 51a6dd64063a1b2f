import {
  DataError,
  isMapLike,
  isStruct,
  mapEntries,
  mapGet,
  type Schema,
  SchemaBuilder,
  SchemaBuilderError,
  type SchemaType,
} from "@millrace/connect-api";
import { JSON_TYPE } from "./schema-json.ts";
import type { Readers } from "./reader.ts";

const PRIMITIVES = new Map(
  Object.entries(JSON_TYPE)
    .filter(([type]) => !["ARRAY", "MAP", "STRUCT"].includes(type))
    .map(([type, name]) => [name, type as SchemaType]),
);

/**
 * The schema that the `schema` part of an envelope describes, null for JSON's null.
 * @param node parsed with all digits
 * @throws {DataError} when it describes none, {SchemaBuilderError} when its default does not fit
 */
export function readSchema(node: unknown, readers: Readers): Schema | null {
  return node === null ? null : readNode(node, readers);
}

function readNode(node: unknown, readers: Readers): Schema {
  const builder = builderOf(node, readers);
  if (member(node, "optional") === true) builder.optional();
  else builder.required();
  const name = member(node, "name");
  if (typeof name === "string") builder.name(name);
  const version = member(node, "version");
  if (typeof version === "bigint" || Number.isInteger(version)) {
    builder.version(Number(BigInt.asIntN(32, BigInt(version as number | bigint))));
  }
  const doc = member(node, "doc");
  if (typeof doc === "string") builder.doc(doc);
  addParameters(builder, member(node, "parameters"));
  const value = member(node, "default");
  if (value !== undefined) setDefault(builder, readers.of(builder.build())(value));
  return builder.build();
}

/** Java knows no default of a struct: it finds that the default's schema is not the one being built. */
function setDefault(builder: SchemaBuilder, value: unknown): void {
  if (isStruct(value)) {
    const cause = new DataError("Struct schemas do not match.");
    throw new SchemaBuilderError("Invalid default value", { cause });
  }
  builder.defaultValue(value);
}

function builderOf(node: unknown, readers: Readers): SchemaBuilder {
  const type = member(node, "type");
  if (typeof type !== "string") throw new DataError("Schema must contain 'type' field");
  switch (type) {
    case "array": {
      const items = member(node, "items") ?? null;
      if (items === null) throw new DataError("Array schema did not specify the element type");
      return SchemaBuilder.array(readNode(items, readers));
    }
    case "map": {
      const keys = member(node, "keys") ?? null;
      if (keys === null) throw new DataError("Map schema did not specify the key type");
      const values = member(node, "values") ?? null;
      if (values === null) throw new DataError("Map schema did not specify the value type");
      return SchemaBuilder.map(readNode(keys, readers), readNode(values, readers));
    }
    case "struct":
      return structBuilder(member(node, "fields"), readers);
    default: {
      const primitive = PRIMITIVES.get(type);
      if (primitive === undefined) throw new DataError(`Unknown schema type: ${type}`);
      return new SchemaBuilder(primitive);
    }
  }
}

function structBuilder(fields: unknown, readers: Readers): SchemaBuilder {
  if (!Array.isArray(fields)) {
    throw new DataError('Struct schema\'s "fields" argument is not an array.');
  }
  const builder = SchemaBuilder.struct();
  for (const field of fields) {
    const name = member(field, "field");
    if (typeof name !== "string") {
      throw new DataError("Struct schema's field name not specified properly");
    }
    builder.field(name, readNode(field, readers));
  }
  return builder;
}

function addParameters(builder: SchemaBuilder, parameters: unknown): void {
  if (!isMapLike(parameters)) return;
  for (const [key, value] of mapEntries(parameters)) {
    if (typeof value !== "string") {
      throw new DataError("Schema parameters must have string values.");
    }
    builder.parameter(String(key), value);
  }
}

/** A member of a JSON object; undefined for any other node. */
function member(node: unknown, key: string): unknown {
  return isMapLike(node) ? mapGet(node, key) : undefined;
}
