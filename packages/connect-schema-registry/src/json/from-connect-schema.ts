import { exactJson, GENERALIZED_ENUM, GENERALIZED_UNION } from "@millrace/avro-data";
import { DataError, DECIMAL_NAME, type Schema } from "@millrace/connect-api";
import type { JsonSchemaConfig } from "./config.ts";
import {
  CONNECT_INDEX,
  CONNECT_PARAMETERS,
  CONNECT_TYPE,
  CONNECT_VERSION,
  ENUM,
  ONE_OF,
} from "./names.ts";
import { compileJsonWriter } from "./writer.ts";

/** A JSON schema, as JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema text of a Connect schema; that of data without schema allows anything. */
export function jsonSchemaText(schema: Schema | null, config: JsonSchemaConfig): string {
  return schema === null ? "{}" : exactJson(jsonSchemaOf(schema, config));
}

/** Whether a struct stands for one of several types. */
export function isOneOf({ type, name, parameters }: Schema): boolean {
  return type === "STRUCT" && (name === ONE_OF || parameters?.has(GENERALIZED_UNION) === true);
}

function jsonSchemaOf(schema: Schema, config: JsonSchemaConfig, index?: number): JsonSchema {
  const position = index !== undefined && { [CONNECT_INDEX]: index };
  if (isOneOf(schema)) {
    const parts = schema.fields.map((field) => requiredOf(field.schema, config, field.index));
    return { oneOf: schema.optional ? [{ type: "null" }, ...parts] : parts, ...position };
  }
  const required = requiredOf(schema, config, schema.optional ? undefined : index);
  if (!schema.optional) return required;
  // The default of what may be null belongs to the whole.
  const { default: ofPart, ...part } = required;
  const byDefault = schema.defaultValue !== undefined && { default: ofPart };
  return { oneOf: [{ type: "null" }, part], ...byDefault, ...position };
}

/** As if it were not optional. */
function requiredOf(schema: Schema, config: JsonSchemaConfig, index?: number): JsonSchema {
  const { doc, name, version, parameters, defaultValue } = schema;
  return {
    ...typeOf(schema, config),
    ...(name !== undefined && { title: name }),
    ...(doc !== undefined && { description: doc }),
    ...(version !== undefined && { [CONNECT_VERSION]: version }),
    ...(parameters !== undefined && { [CONNECT_PARAMETERS]: Object.fromEntries(parameters) }),
    ...(defaultValue !== undefined && {
      default: JSON.parse(compileJsonWriter(schema, config)(defaultValue)) as unknown,
    }),
    ...(index !== undefined && { [CONNECT_INDEX]: index }),
  };
}

function typeOf(schema: Schema, config: JsonSchemaConfig): JsonSchema {
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return { type: "integer", [CONNECT_TYPE]: schema.type.toLowerCase() };
    case "FLOAT32":
    case "FLOAT64":
      return { type: "number", [CONNECT_TYPE]: schema.type.toLowerCase() };
    case "BOOLEAN":
      return { type: "boolean" };
    case "STRING":
      return enumOf(schema) ?? { type: "string" };
    case "BYTES":
      return {
        type: schema.name === DECIMAL_NAME ? "number" : "string",
        [CONNECT_TYPE]: "bytes",
      };
    case "ARRAY":
      return { type: "array", items: jsonSchemaOf(schema.valueSchema, config) };
    case "MAP":
      return mapOf(schema, config);
    case "STRUCT":
      return structOf(schema, config);
  }
}

function enumOf({ parameters }: Schema): JsonSchema | undefined {
  const parameter = [GENERALIZED_ENUM, ENUM].find((name) => parameters?.has(name));
  if (parameter === undefined) return undefined;
  const prefix = `${parameter}.`;
  const symbols = [...parameters!.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  return { type: "string", enum: symbols };
}

function mapOf({ keySchema, valueSchema }: Schema, config: JsonSchemaConfig): JsonSchema {
  if (keySchema.type === "STRING" && !keySchema.optional) {
    return {
      type: "object",
      [CONNECT_TYPE]: "map",
      additionalProperties: jsonSchemaOf(valueSchema, config),
    };
  }
  return {
    type: "array",
    [CONNECT_TYPE]: "map",
    items: {
      type: "object",
      properties: {
        key: jsonSchemaOf(keySchema, config, 0),
        value: jsonSchemaOf(valueSchema, config, 1),
      },
    },
  };
}

function structOf(schema: Schema, config: JsonSchemaConfig): JsonSchema {
  const properties: [string, JsonSchema][] = schema.fields.map((field) => [
    field.name,
    jsonSchemaOf(field.schema, config, field.index),
  ]);
  if (properties.some(([name]) => name === "__proto__")) {
    throw new DataError("A field named __proto__ cannot be a property of a JSON Schema");
  }
  const required = schema.fields.filter(({ schema }) => !schema.optional).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(config["use.optional.for.nonrequired"] && required.length > 0 && { required }),
    ...(!config["object.additional.properties"] && { additionalProperties: false }),
  };
}
