import { DataError } from "@millrace/connect-api";
import { type AvroField, type AvroNamedSchema, type AvroSchema, splitName } from "./avro-schema.ts";
import { exactJson } from "./exact-json.ts";

/**
 * The JSON text of a schema, parts in the order of Avro's Java library. A type that occurs
 * again is written as its name.
 * @throws {DataError} when two different types have the same name
 */
export function avroSchemaText(schema: AvroSchema): string {
  return exactJson(jsonOf(schema, new Map(), undefined));
}

/** @param seen what was written of each name @param space the namespace around */
function jsonOf(
  schema: AvroSchema,
  seen: Map<string, AvroNamedSchema>,
  space: string | undefined,
): unknown {
  switch (schema.type) {
    case "union":
      return schema.branches.map((branch) => jsonOf(branch, seen, space));
    case "array":
      return {
        type: "array",
        items: jsonOf(schema.items, seen, space),
        ...Object.fromEntries(schema.props),
      };
    case "map":
      return {
        type: "map",
        values: jsonOf(schema.values, seen, space),
        ...Object.fromEntries(schema.props),
      };
    case "record":
    case "enum":
    case "fixed":
      return namedJson(schema, seen, space);
    default:
      return schema.props.size === 0
        ? schema.type
        : { type: schema.type, ...Object.fromEntries(schema.props) };
  }
}

function namedJson(
  schema: AvroNamedSchema,
  seen: Map<string, AvroNamedSchema>,
  space: string | undefined,
): unknown {
  const { name, namespace } = splitName(schema.fullName);
  const before = seen.get(schema.fullName);
  if (before !== undefined) {
    if (before !== schema && avroSchemaText(before) !== avroSchemaText(schema)) {
      throw new DataError(
        `Can't redefine: ${schema.fullName}. Two different structs have this name; give one of them another`,
        { javaName: "org.apache.avro.SchemaParseException" },
      );
    }
    return namespace === space ? name : schema.fullName;
  }
  seen.set(schema.fullName, schema);
  const head = {
    type: schema.type,
    name,
    ...(namespace !== undefined ? { namespace } : space !== undefined && { namespace: "" }),
    ...(schema.doc !== undefined && { doc: schema.doc }),
  };
  const tail = {
    ...Object.fromEntries(schema.props),
    ...(schema.aliases.length > 0 && { aliases: schema.aliases }),
  };
  switch (schema.type) {
    case "record":
      return {
        ...head,
        fields: schema.fields.map((field) => fieldJson(field, seen, namespace)),
        ...tail,
      };
    case "enum":
      return {
        ...head,
        symbols: schema.symbols,
        ...(schema.defaultSymbol !== undefined && { default: schema.defaultSymbol }),
        ...tail,
      };
    case "fixed":
      return { ...head, size: schema.size, ...tail };
  }
}

function fieldJson(
  field: AvroField,
  seen: Map<string, AvroNamedSchema>,
  space: string | undefined,
): unknown {
  return {
    name: field.name,
    type: jsonOf(field.schema, seen, space),
    ...(field.doc !== undefined && { doc: field.doc }),
    ...(field.defaultValue !== undefined && { default: field.defaultValue }),
    ...(field.order !== undefined && { order: field.order }),
    ...(field.aliases.length > 0 && { aliases: field.aliases }),
    ...Object.fromEntries(field.props),
  };
}
