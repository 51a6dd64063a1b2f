import type { Schema, SchemaType } from "@millrace/connect-api";
import { quote } from "./scalar-text.ts";
import type { Writers } from "./writer.ts";

/** The names that schemas have in JSON envelopes. */
export const JSON_TYPE: Readonly<Record<SchemaType, string>> = {
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FLOAT32: "float",
  FLOAT64: "double",
  BOOLEAN: "boolean",
  STRING: "string",
  BYTES: "bytes",
  ARRAY: "array",
  MAP: "map",
  STRUCT: "struct",
};

/** The `schema` part of an envelope, its keys in the order in which Java writes them. */
export function schemaJson(schema: Schema | null, writers: Writers): string {
  return schema === null ? "null" : `{${members(schema, writers)}}`;
}

function members(schema: Schema, writers: Writers): string {
  const { type, optional, name, version, doc, parameters, defaultValue } = schema;
  const list = [`"type":"${JSON_TYPE[type]}"`];
  if (type === "MAP") list.push(`"keys":${schemaJson(schema.keySchemaOrNull, writers)}`);
  if (type === "MAP") list.push(`"values":${schemaJson(schema.valueSchemaOrNull, writers)}`);
  if (type === "ARRAY") list.push(`"items":${schemaJson(schema.valueSchemaOrNull, writers)}`);
  if (type === "STRUCT") {
    const fields = schema.fields.map(
      (field) => `{${members(field.schema, writers)},"field":${quote(field.name)}}`,
    );
    list.push(`"fields":[${fields.join(",")}]`);
  }
  list.push(`"optional":${optional}`);
  if (name !== undefined) list.push(`"name":${quote(name)}`);
  if (version !== undefined) list.push(`"version":${version}`);
  if (doc !== undefined) list.push(`"doc":${quote(doc)}`);
  if (parameters !== undefined) {
    const entries = [...parameters].map(([key, value]) => `${quote(key)}:${quote(value)}`);
    list.push(`"parameters":{${entries.join(",")}}`);
  }
  if (defaultValue !== undefined) list.push(`"default":${writers.of(schema)(defaultValue)}`);
  return list.join(",");
}
