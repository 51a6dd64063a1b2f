import { DataError, isStruct, type Schema, type Struct } from "@millrace/connect-api";
import type { AvroField, AvroRecord, AvroSchema, AvroUnion } from "./avro-schema.ts";
import type { AvroDataConfig } from "./config.ts";
import { defaultFromJson } from "./default-value.ts";
import { isUnion } from "./from-connect-schema.ts";
import {
  type AvroWriter,
  compileLogical,
  misfit,
  toFixed,
  toNumbers,
  wrongType,
} from "./leaf-writers.ts";
import { scrubName } from "./scrub.ts";
import { toConnectSchema, unionFieldName } from "./to-connect-schema.ts";
import { writeAnything } from "./write-anything.ts";

/**
 * Compiles the writer of Connect values of one schema as Avro of another, which may be the
 * translation of the first or a later version of it: fields go by name, and what the record
 * has beyond the struct takes its default.
 * @throws {DataError} where the one cannot be written as the other
 */
export function compileWriter(
  schema: Schema | null,
  avro: AvroSchema,
  config: AvroDataConfig,
): AvroWriter {
  return new Compiler(config).writer(schema, avro, "the value");
}

class Compiler {
  readonly #config: AvroDataConfig;

  constructor(config: AvroDataConfig) {
    this.#config = config;
  }

  /** @param where for messages: "field a" */
  writer(schema: Schema | null, avro: AvroSchema, where: string): AvroWriter {
    if (schema === null) return writeAnything;
    if (avro.type === "union") return this.#union(schema, avro, where);
    const write = this.#required(schema, avro, where);
    const { defaultValue } = schema;
    return (value, out) => {
      if (value !== null && value !== undefined) return write(value, out);
      if (defaultValue === undefined) {
        throw new DataError(
          `Conversion error: null value for ${where}, which is required and has no default value`,
        );
      }
      write(defaultValue, out);
    };
  }

  #union(schema: Schema, avro: AvroUnion, where: string): AvroWriter {
    if (isUnion(schema)) return this.#sumType(schema, avro, where);
    const none = avro.branches.findIndex(({ type }) => type === "null");
    const index = avro.branches.findIndex((branch) => holds(branch, schema));
    if (index < 0) throw misfit(schema, avro, where);
    const write = this.#required(schema, avro.branches[index]!, where);
    // A null is written as null where that is allowed, as the default where it is not.
    const nullable = schema.optional && none >= 0;
    const standIn = this.#config["ignore.default.for.nullables"] ? undefined : schema.defaultValue;
    return (value, out) => {
      let given = value ?? null;
      if (given === null && standIn !== undefined) given = standIn;
      if (given === null) {
        if (!nullable) {
          throw new DataError(
            `Conversion error: null value for ${where}, which is required and has no default value`,
          );
        }
        return out.int(none);
      }
      out.int(index);
      write(given, out);
    };
  }

  /** A struct with a field for each type of the union. */
  #sumType(schema: Schema, avro: AvroUnion, where: string): AvroWriter {
    const none = avro.branches.findIndex(({ type }) => type === "null");
    const branches = schema.fields.map((field, position) => {
      const byName = avro.branches.findIndex(
        (branch) => branch.type !== "null" && unionFieldName(branch, this.#config) === field.name,
      );
      // Generalized unions number their fields.
      const others = avro.branches.filter(({ type }) => type !== "null");
      const index = byName >= 0 ? byName : avro.branches.indexOf(others[position]!);
      if (index < 0) throw misfit(schema, avro, where);
      return { index, write: this.#required(field.schema, avro.branches[index]!, where) };
    });
    return (value, out) => {
      if (value === null || value === undefined) {
        if (none < 0) throw new DataError(`Conversion error: null value for ${where}`);
        return out.int(none);
      }
      if (!isStruct(value)) throw wrongType(schema, value, where);
      const set = value.values.findIndex((item) => item !== null && item !== undefined);
      if (set < 0) {
        if (none < 0) throw new DataError(`No field of the union ${where} is set`);
        return out.int(none);
      }
      const { index, write } = branches[set]!;
      out.int(index);
      write(value.values[set], out);
    };
  }

  #required(schema: Schema, avro: AvroSchema, where: string): AvroWriter {
    if (!holds(avro, schema)) throw misfit(schema, avro, where);
    return compileLogical(schema, avro, where) ?? this.#type(schema, avro, where);
  }

  #type(schema: Schema, avro: AvroSchema, where: string): AvroWriter {
    const wrong = (value: unknown): never => {
      throw wrongType(schema, value, where);
    };
    switch (schema.type) {
      case "INT8":
      case "INT16":
      case "INT32":
        if (avro.type === "int") {
          return (value, out) =>
            typeof value === "number" && (value | 0) === value ? out.int(value) : wrong(value);
        }
        return toNumbers(avro, wrong);
      case "INT64":
      case "FLOAT32":
      case "FLOAT64":
        return toNumbers(avro, wrong);
      case "BOOLEAN":
        return (value, out) =>
          typeof value === "boolean" ? out.byte(value ? 1 : 0) : wrong(value);
      case "STRING":
        if (avro.type === "enum") return this.#symbols(avro.symbols, avro.fullName, where, wrong);
        return (value, out) => (typeof value === "string" ? out.text(value, true) : wrong(value));
      case "BYTES":
        if (avro.type === "fixed") return toFixed(avro, wrong);
        return (value, out) => {
          if (!(value instanceof Uint8Array)) return wrong(value);
          out.int(value.length);
          out.raw(value);
        };
      case "ARRAY":
        return this.#array(schema, avro, where, wrong);
      case "MAP":
        return this.#map(schema, avro, where, wrong);
      case "STRUCT":
        return this.#struct(schema, avro as AvroRecord, wrong);
    }
  }

  #symbols(
    symbols: readonly string[],
    name: string,
    where: string,
    wrong: (value: unknown) => never,
  ): AvroWriter {
    const indices = new Map(symbols.map((symbol, index) => [symbol, index]));
    return (value, out) => {
      if (typeof value !== "string") return wrong(value);
      const index = indices.get(value);
      if (index === undefined) {
        throw new DataError(`${value}, the value of ${where}, is no symbol of the enum ${name}`);
      }
      out.int(index);
    };
  }

  #array(
    schema: Schema,
    avro: AvroSchema,
    where: string,
    wrong: (value: unknown) => never,
  ): AvroWriter {
    const items = (avro as { items: AvroSchema }).items;
    const write = this.writer(schema.valueSchema, items, `an element of ${where}`);
    return (value, out) => {
      if (!Array.isArray(value)) return wrong(value);
      if (value.length > 0) {
        out.int(value.length);
        for (const item of value as unknown[]) write(item, out);
      }
      out.byte(0);
    };
  }

  #map(
    schema: Schema,
    avro: AvroSchema,
    where: string,
    wrong: (value: unknown) => never,
  ): AvroWriter {
    if (avro.type === "map") {
      const write = this.writer(schema.valueSchema, avro.values, `a value of ${where}`);
      return (value, out) => {
        if (!(value instanceof Map)) return wrong(value);
        if (value.size > 0) {
          out.int(value.size);
          for (const [key, item] of value as Map<unknown, unknown>) {
            if (typeof key !== "string") {
              throw new DataError(`A key of ${where} is ${String(key)}, but must be a text`);
            }
            out.text(key, true);
            write(item, out);
          }
        }
        out.byte(0);
      };
    }
    const entry = (avro as { items: AvroRecord }).items;
    const writeKey = this.writer(schema.keySchema, entry.fields[0]!.schema, `a key of ${where}`);
    const writeValue = this.writer(
      schema.valueSchema,
      entry.fields[1]!.schema,
      `a value of ${where}`,
    );
    return (value, out) => {
      if (!(value instanceof Map)) return wrong(value);
      if (value.size > 0) {
        out.int(value.size);
        for (const [key, item] of value as Map<unknown, unknown>) {
          writeKey(key, out);
          writeValue(item, out);
        }
      }
      out.byte(0);
    };
  }

  #struct(schema: Schema, avro: AvroRecord, wrong: (value: unknown) => never): AvroWriter {
    const scrubs = this.#config["scrub.invalid.names"];
    const byName = new Map(
      schema.fields.map((field) => [scrubs ? scrubName(field.name) : field.name, field]),
    );
    const indices: number[] = [];
    const writers: AvroWriter[] = [];
    for (const field of avro.fields) {
      const found = byName.get(field.name);
      indices.push(found?.index ?? -1);
      writers.push(
        found === undefined
          ? this.#missing(field, avro)
          : this.writer(found.schema, field.schema, `field ${found.name}`),
      );
    }
    // Sources that make the same schema anew for each record pay for one deep comparison each.
    const equal = new WeakSet([schema]);
    const count = writers.length;
    return (value, out) => {
      if (!isStruct(value)) return wrong(value);
      if (value.schema !== schema) checkEqual(schema, value, equal);
      const { values } = value;
      for (let i = 0; i < count; i++) writers[i]!(values[indices[i]!], out);
    };
  }

  /** What the record has beyond the struct. */
  #missing(field: AvroField, record: AvroRecord): AvroWriter {
    if (field.defaultValue === undefined) {
      throw new DataError(
        `The schema to write has the field ${field.name} of ${record.fullName}, which the data has not, and no default for it`,
      );
    }
    const schema = toConnectSchema(field.schema, this.#config);
    if (schema === null) return (_value, out) => writeAnything(null, out);
    const value = defaultFromJson(schema, field.defaultValue);
    const write = this.writer(schema, field.schema, `field ${field.name}`);
    return (_value, out) => write(value, out);
  }
}

function checkEqual(schema: Schema, struct: Struct, equal: WeakSet<Schema>): void {
  if (equal.has(struct.schema)) return;
  if (!schema.equals(struct.schema)) throw new DataError("Mismatching schema.");
  equal.add(struct.schema);
}

/** Whether values of a Connect type can be written as an Avro type, widened where need be. */
function holds(avro: AvroSchema, schema: Schema): boolean {
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
      return ["int", "long", "float", "double"].includes(avro.type);
    case "INT64":
      return ["long", "float", "double"].includes(avro.type);
    case "FLOAT32":
      return avro.type === "float" || avro.type === "double";
    case "FLOAT64":
      return avro.type === "double";
    case "BOOLEAN":
      return avro.type === "boolean";
    case "STRING":
      return avro.type === "string" || avro.type === "enum";
    case "BYTES":
      return avro.type === "bytes" || avro.type === "fixed";
    case "ARRAY":
      return avro.type === "array";
    case "MAP":
      return avro.type === "map" || (avro.type === "array" && avro.items.type === "record");
    case "STRUCT":
      return avro.type === "record";
  }
}
