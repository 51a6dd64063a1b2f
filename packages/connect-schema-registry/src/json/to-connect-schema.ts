import {
  GENERALIZED_ENUM,
  GENERALIZED_UNION,
  GENERALIZED_UNION_FIELD,
  GENERALIZED_UNION_NAME,
  parseExactJson,
} from "@millrace/avro-data";
import {
  copySchema,
  DataError,
  FLOAT64_SCHEMA,
  Schema,
  type SchemaType,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import type { ResolvedReference } from "../registry/schema-registry.ts";
import type { JsonSchemaConfig } from "./config.ts";
import type { JsonSchema } from "./from-connect-schema.ts";
import {
  CONNECT_INDEX,
  CONNECT_PARAMETERS,
  CONNECT_TYPE,
  CONNECT_VERSION,
  ENUM,
  ONE_OF,
  ONE_OF_FIELD,
} from "./names.ts";
import { compileJsonReader } from "./reader.ts";
import { Refs } from "./refs.ts";

/**
 * The Connect schema of a JSON schema; null for one that allows anything.
 * @throws {DataError} for what Connect cannot hold
 */
export function toConnectSchema(
  text: string,
  references: readonly ResolvedReference[],
  config: JsonSchemaConfig,
  version?: number,
): Schema | null {
  const json = parseExactJson(text);
  if (json === true || (isObject(json) && Object.keys(json).length === 0)) return null;
  const schema = new Translation(new Refs(json, references), config).schema(json, {});
  return version === undefined || schema.version !== undefined
    ? schema
    : copySchema(schema, { version });
}

interface Around {
  readonly optional?: boolean;
  /** Default and such, which stand beside the parts of a `oneOf`. */
  readonly outer?: JsonSchema;
}

const isObject = (json: unknown): json is JsonSchema =>
  typeof json === "object" && json !== null && !Array.isArray(json);

const isNull = (json: unknown): boolean => isObject(json) && json["type"] === "null";

class Translation {
  readonly #refs: Refs;
  readonly #config: JsonSchemaConfig;
  #unions = 0;

  constructor(refs: Refs, config: JsonSchemaConfig) {
    this.#refs = refs;
    this.#config = config;
  }

  schema(given: unknown, around: Around): Schema {
    if (!isObject(given)) throw new DataError(`A JSON schema without type: ${String(given)}`);
    const { $ref } = given;
    if (typeof $ref === "string") {
      return this.#refs.within($ref, (target) => this.schema(target, around));
    }
    const { allOf, oneOf, anyOf, type } = given;
    if (Array.isArray(allOf)) return this.schema(this.#merged(given, allOf), around);
    const parts = oneOf ?? anyOf;
    if (Array.isArray(parts)) return this.#oneOf(given, parts, around);
    if (Array.isArray(type)) {
      return this.#oneOf(
        given,
        type.map((one: unknown) => ({ ...given, type: one })),
        around,
      );
    }
    return this.#finish(given, this.#base(given), around);
  }

  /** One object that says all of what the parts of `allOf` say. */
  #merged(given: JsonSchema, allOf: readonly unknown[]): JsonSchema {
    const { allOf: _, ...own } = given;
    const parts = allOf.map((part) => {
      const $ref = isObject(part) ? part["$ref"] : undefined;
      const target = typeof $ref === "string" ? this.#refs.target($ref) : part;
      return isObject(target) ? target : {};
    });
    const properties = Object.assign(
      {},
      ...[...parts, own].map((part) => part["properties"] ?? {}),
    ) as object;
    const required = [...parts, own].flatMap((part) => (part["required"] as string[]) ?? []);
    return {
      ...(Object.assign({}, ...parts, own) as JsonSchema),
      ...(Object.keys(properties).length > 0 && { type: "object", properties, required }),
    };
  }

  #oneOf(given: JsonSchema, all: readonly unknown[], around: Around): Schema {
    const parts = all.filter((part) => !isNull(part));
    const optional = around.optional === true || parts.length < all.length;
    const single = parts.length === 1 && (optional || this.#config["flatten.singleton.unions"]);
    if (single) return this.schema(parts[0], { optional, outer: given });
    const generalized = this.#config["generalized.sum.type.support"];
    const name = generalized ? `${GENERALIZED_UNION_NAME}${this.#unions++}` : ONE_OF;
    const fields = parts.map((part, i) => ({
      name: `${generalized ? GENERALIZED_UNION_FIELD : ONE_OF_FIELD}${i}`,
      schema: this.schema(part, { optional: true }),
    }));
    const parameters = generalized ? new Map([[GENERALIZED_UNION, name]]) : undefined;
    return new Schema({ type: "STRUCT", name, optional, fields, parameters });
  }

  #base(given: JsonSchema): Schema {
    const connectType = given[CONNECT_TYPE];
    if (Array.isArray(given["enum"])) return STRING_SCHEMA;
    switch (given["type"] ?? impliedType(given)) {
      case "string":
        return connectType === "bytes" ? new Schema({ type: "BYTES" }) : STRING_SCHEMA;
      case "integer":
        return new Schema({ type: connectNumber(connectType) ?? "INT64" });
      case "number":
        if (connectType === "bytes") return new Schema({ type: "BYTES" });
        return new Schema({ type: connectNumber(connectType) ?? FLOAT64_SCHEMA.type });
      case "boolean":
        return new Schema({ type: "BOOLEAN" });
      case "array":
        return this.#array(given, connectType);
      case "object":
        return this.#object(given, connectType);
      default:
        throw new DataError(
          `A JSON schema of type ${String(given["type"])} cannot be a Connect schema: ${JSON.stringify(given).slice(0, 200)}`,
        );
    }
  }

  #array(given: JsonSchema, connectType: unknown): Schema {
    const { items } = given;
    if (connectType === "map" && isObject(items)) {
      const { key, value } = (items["properties"] ?? {}) as Readonly<Record<string, unknown>>;
      return new Schema({
        type: "MAP",
        keySchema: this.schema(key, {}),
        valueSchema: this.schema(value, {}),
      });
    }
    if (!isObject(items)) throw new DataError("Array schema did not specify the items type");
    return new Schema({ type: "ARRAY", valueSchema: this.schema(items, {}) });
  }

  #object(given: JsonSchema, connectType: unknown): Schema {
    const { properties, additionalProperties } = given;
    if (connectType === "map") {
      return new Schema({
        type: "MAP",
        keySchema: STRING_SCHEMA,
        valueSchema: this.schema(additionalProperties, {}),
      });
    }
    const required = new Set((given["required"] as string[] | undefined) ?? []);
    const named = Object.entries((properties ?? {}) as Readonly<Record<string, unknown>>);
    const index = (json: unknown) =>
      (isObject(json) ? (json[CONNECT_INDEX] as number | undefined) : undefined) ?? Infinity;
    // Array.sort keeps those without index in the order of the document.
    const ordered = named.toSorted(([, a], [, b]) => {
      const [first, second] = [index(a), index(b)];
      return first === second ? 0 : first - second;
    });
    const fields = ordered.map(([name, json]) => ({
      name,
      schema: this.schema(json, {
        optional: this.#config["use.optional.for.nonrequired"] && !required.has(name),
      }),
    }));
    return new Schema({ type: "STRUCT", fields });
  }

  #finish(given: JsonSchema, base: Schema, { optional = false, outer }: Around): Schema {
    const both = { ...outer, ...given };
    const { title, description } = both;
    const version = both[CONNECT_VERSION];
    const parameters = this.#parameters(both);
    const schema = copySchema(base, {
      optional,
      ...(typeof title === "string" && { name: title }),
      ...(typeof description === "string" && { doc: description }),
      ...(version !== undefined && { version: Number(version) }),
      ...(parameters.size > 0 && { parameters }),
    });
    const json = outer?.["default"] ?? given["default"];
    if (json === undefined || json === null) return schema;
    return copySchema(schema, { defaultValue: compileJsonReader(schema)(json) });
  }

  #parameters(given: JsonSchema): Map<string, string> {
    const parameters = new Map<string, string>();
    const symbols = given["enum"];
    if (Array.isArray(symbols)) {
      const generalized = this.#config["generalized.sum.type.support"];
      const parameter = generalized ? GENERALIZED_ENUM : ENUM;
      const title = given["title"];
      parameters.set(parameter, typeof title === "string" ? title : "");
      for (const [index, symbol] of symbols.entries()) {
        parameters.set(`${parameter}.${String(symbol)}`, String(generalized ? index : symbol));
      }
    }
    for (const [key, value] of Object.entries((given[CONNECT_PARAMETERS] as object) ?? {})) {
      parameters.set(key, String(value));
    }
    return parameters;
  }
}

/** Of a schema that does not name its type. */
function impliedType(given: JsonSchema): string | undefined {
  if ("properties" in given) return "object";
  if ("items" in given) return "array";
  return "const" in given ? typeof given["const"] : undefined;
}

const NUMBERS: readonly SchemaType[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];

const connectNumber = (connectType: unknown): SchemaType | undefined =>
  NUMBERS.find((type) => type.toLowerCase() === connectType);
