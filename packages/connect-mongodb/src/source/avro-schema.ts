import { type Schema, SchemaBuilder, ConnectError } from "@millrace/connect-api";
import { type Document, isDocument } from "../bson/document.ts";

type Builders = Readonly<Record<string, () => SchemaBuilder>>;

const PRIMITIVES: Builders = {
  boolean: () => SchemaBuilder.bool(),
  int: () => new SchemaBuilder("INT32"),
  long: () => new SchemaBuilder("INT64"),
  float: () => new SchemaBuilder("FLOAT32"),
  double: () => new SchemaBuilder("FLOAT64"),
  bytes: () => SchemaBuilder.bytes(),
  string: () => SchemaBuilder.string(),
};

const LOGICAL: Readonly<Record<string, string>> = {
  date: "org.apache.kafka.connect.data.Date",
  "time-millis": "org.apache.kafka.connect.data.Time",
  "timestamp-millis": "org.apache.kafka.connect.data.Timestamp",
};

/**
 * The schema that an Avro record schema describes; unions are with null alone (Java: `AvroSchema`).
 * @throws {ConnectError} when it is none, or has what documents cannot be checked against
 */
export function parseAvroSchema(text: string): Schema {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ConnectError(`Invalid Avro schema. ${(error as Error).message}`, { cause: error });
  }
  if (!isDocument(parsed) || parsed["type"] !== "record") {
    throw new ConnectError("Only Record schemas are supported at the top-level.");
  }
  return new AvroReader().read(parsed, "").build();
}

class AvroReader {
  /** Records that are referred to by name later. */
  readonly #named = new Map<string, Document>();
  readonly #open = new Set<string>();

  read(avro: unknown, path: string): SchemaBuilder {
    if (Array.isArray(avro)) return this.#union(avro, path);
    if (typeof avro === "string") return this.#byName(avro, path);
    if (!isDocument(avro)) throw new ConnectError(`Invalid Avro schema${at(path)}.`);
    const type = avro["type"];
    switch (type) {
      case "record":
        return this.#record(avro, path);
      case "array":
        return SchemaBuilder.array(this.read(avro["items"], path).build());
      case "map":
        return SchemaBuilder.map(
          SchemaBuilder.string().build(),
          this.read(avro["values"], path).build(),
        );
      default:
        return this.#logical(avro, this.read(type, path));
    }
  }

  #byName(name: string, path: string): SchemaBuilder {
    const primitive = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
    if (primitive !== undefined) return primitive();
    const known = this.#named.get(name);
    if (known !== undefined) return this.#record(known, path);
    throw new ConnectError(
      `Unsupported Avro schema type: '${name}'${at(path)}. Use string instead of enum, bytes instead of fixed`,
    );
  }

  #record(avro: Document, path: string): SchemaBuilder {
    const { name, fields } = avro;
    if (typeof name !== "string" || !Array.isArray(fields)) {
      throw new ConnectError(`Invalid Avro schema: a record needs name and fields${at(path)}.`);
    }
    if (this.#open.has(name)) throw new ConnectError(`Record ${name} contains itself${at(path)}.`);
    this.#open.add(name);
    this.#named.set(name, avro);
    const builder = SchemaBuilder.struct().name(fullName(avro));
    if (typeof avro["doc"] === "string") builder.doc(avro["doc"]);
    for (const field of fields as unknown[]) this.#field(builder, field, path);
    this.#open.delete(name);
    return builder;
  }

  #field(builder: SchemaBuilder, field: unknown, path: string): void {
    if (!isDocument(field) || typeof field["name"] !== "string") {
      throw new ConnectError(`Invalid Avro schema: a field has no name${at(path)}.`);
    }
    const { name } = field;
    const schema = this.read(field["type"], path === "" ? name : `${path}.${name}`);
    if (Object.hasOwn(field, "default") && field["default"] !== null) {
      schema.defaultValue(field["default"]);
    }
    builder.field(name, schema.build());
  }

  #union(types: readonly unknown[], path: string): SchemaBuilder {
    const [only, ...others] = types.filter((type) => type !== "null");
    if (types.length !== 2 || only === undefined || others.length > 0) {
      throw new ConnectError(
        `Union Schemas are not supported, unless one value is null to represent an optional value${at(path)}.`,
      );
    }
    return this.read(only, path).optional();
  }

  #logical(avro: Document, builder: SchemaBuilder): SchemaBuilder {
    const logical = String(avro["logicalType"]);
    const name = Object.hasOwn(LOGICAL, logical) ? LOGICAL[logical] : undefined;
    if (name !== undefined) return builder.name(name).version(1);
    if (logical !== "decimal") return builder;
    return builder
      .name("org.apache.kafka.connect.data.Decimal")
      .version(1)
      .parameter("scale", `${Number(avro["scale"] ?? 0)}`);
  }
}

function fullName({ name, namespace }: Document): string {
  return typeof namespace === "string" && namespace !== ""
    ? `${namespace}.${name as string}`
    : (name as string);
}

function at(path: string): string {
  return path === "" ? "" : ` for field: '${path}'`;
}
