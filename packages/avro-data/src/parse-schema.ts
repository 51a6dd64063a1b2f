import { DataError } from "@millrace/connect-api";
import {
  type AvroField,
  type AvroNamedSchema,
  type AvroPrimitiveType,
  type AvroProps,
  type AvroRecord,
  type AvroSchema,
  primitive,
} from "./avro-schema.ts";
import { parseExactJson } from "./exact-json.ts";

const PRIMITIVES: ReadonlySet<string> = new Set([
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
] satisfies AvroPrimitiveType[]);

/** What each type says of itself; whatever else is there is a property. */
const OWN: Readonly<Record<string, ReadonlySet<string>>> = {
  record: new Set(["type", "name", "namespace", "doc", "fields", "aliases"]),
  enum: new Set(["type", "name", "namespace", "doc", "symbols", "default", "aliases"]),
  fixed: new Set(["type", "name", "namespace", "doc", "size", "aliases"]),
  array: new Set(["type", "items"]),
  map: new Set(["type", "values"]),
  primitive: new Set(["type"]),
  field: new Set(["name", "type", "doc", "default", "order", "aliases"]),
};

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads an Avro schema.
 * @param references schemas whose named types it may use, in the order in which they need
 *   one another
 * @throws {DataError} that says what is wrong with it
 */
export function parseAvroSchema(text: string, references: readonly string[] = []): AvroSchema {
  const parser = new Parser();
  for (const reference of references) parser.parse(reference);
  return parser.parse(text);
}

class Parser {
  readonly #named = new Map<string, AvroNamedSchema>();

  parse(text: string): AvroSchema {
    let json: unknown;
    try {
      json = parseExactJson(text);
    } catch (cause) {
      // A primitive type may stand there without quotes.
      if (PRIMITIVES.has(text.trim())) return primitive(text.trim() as AvroPrimitiveType);
      throw new DataError(`The Avro schema is no JSON: ${text.slice(0, 100)}`, { cause });
    }
    return this.#schema(json, undefined);
  }

  #schema(json: unknown, namespace: string | undefined): AvroSchema {
    if (typeof json === "string") return this.#reference(json, namespace);
    if (Array.isArray(json)) {
      const branches = json.map((branch) => this.#schema(branch, namespace));
      if (branches.some(({ type }) => type === "union")) throw bad("a union within a union", json);
      return { type: "union", branches };
    }
    if (typeof json !== "object" || json === null) throw bad("no schema", json);
    const object = json as Json;
    const { type } = object;
    switch (type) {
      case "record":
      case "error":
        return this.#record(object, namespace);
      case "enum": {
        const symbols = texts(object["symbols"]);
        const named = this.#name(object, namespace);
        const defaultSymbol = object["default"] as string | undefined;
        return this.#define({ ...named, type, symbols, defaultSymbol });
      }
      case "fixed": {
        const size = Number(object["size"]);
        if (!Number.isInteger(size) || size < 0) throw bad("no size", json);
        return this.#define({ ...this.#name(object, namespace), type, size });
      }
      case "array":
        return {
          type,
          items: this.#schema(object["items"], namespace),
          props: props(object, "array"),
        };
      case "map":
        return {
          type,
          values: this.#schema(object["values"], namespace),
          props: props(object, "map"),
        };
      default:
        // {"type": {"type": "string"}} is allowed, and names may stand there.
        if (typeof type === "string" && PRIMITIVES.has(type)) {
          return { type: type as AvroPrimitiveType, props: props(object, "primitive") };
        }
        return this.#schema(type, namespace);
    }
  }

  #record(object: Json, enclosing: string | undefined): AvroRecord {
    const named = this.#name(object, enclosing);
    const record: AvroRecord = { ...named, type: "record", fields: [] };
    this.#define(record);
    const { fields } = object;
    if (!Array.isArray(fields)) throw bad("a record without fields", object);
    const namespace = namespaceOf(record.fullName);
    record.fields = (fields as Json[]).map((field) => this.#field(field, namespace));
    return record;
  }

  #field(json: Json, namespace: string | undefined): AvroField {
    if (typeof json["name"] !== "string") throw bad("a field without name", json);
    return {
      name: json["name"],
      schema: this.#schema(json["type"], namespace),
      doc: json["doc"] as string | undefined,
      defaultValue: json["default"],
      aliases: texts(json["aliases"] ?? []),
      order: json["order"] as string | undefined,
      props: props(json, "field"),
    };
  }

  #name(object: Json, enclosing: string | undefined) {
    const { name, namespace = enclosing, type } = object;
    if (typeof name !== "string" || name === "") throw bad("a type without name", object);
    const space = namespace === "" ? undefined : namespace;
    const fullName =
      name.includes(".") || space === undefined ? name : `${space as string}.${name}`;
    return {
      fullName,
      doc: object["doc"] as string | undefined,
      aliases: texts(object["aliases"] ?? []),
      props: props(object, String(type === "error" ? "record" : type)),
    };
  }

  #define<S extends AvroNamedSchema>(schema: S): S {
    if (this.#named.has(schema.fullName)) {
      throw new DataError(`The Avro schema defines ${schema.fullName} twice`);
    }
    this.#named.set(schema.fullName, schema);
    return schema;
  }

  #reference(name: string, namespace: string | undefined): AvroSchema {
    if (PRIMITIVES.has(name)) return primitive(name as AvroPrimitiveType);
    const found =
      (namespace !== undefined && !name.includes(".")
        ? this.#named.get(`${namespace}.${name}`)
        : undefined) ?? this.#named.get(name);
    if (found === undefined) {
      throw new DataError(`The Avro schema uses the type ${name}, which it does not define`);
    }
    return found;
  }
}

function namespaceOf(fullName: string): string | undefined {
  const dot = fullName.lastIndexOf(".");
  return dot < 0 ? undefined : fullName.slice(0, dot);
}

function props(object: Json, kind: string): AvroProps {
  return new Map(Object.entries(object).filter(([key]) => !OWN[kind]!.has(key)));
}

function texts(json: unknown): string[] {
  if (Array.isArray(json) && json.every((item) => typeof item === "string")) return json;
  throw bad("no list of texts", json);
}

function bad(what: string, json: unknown): DataError {
  return new DataError(`The Avro schema has ${what} at ${JSON.stringify(json)?.slice(0, 200)}`);
}
