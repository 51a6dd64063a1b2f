import {
  DATE_NAME,
  DataError,
  DECIMAL_NAME,
  doubleText,
  floatText,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  javaClassName,
  mapCopy,
  type MapLike,
  MS_PER_DAY,
  type Schema,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";

type Write = (value: unknown) => string;

/**
 * Writes values as the JSON text of documents: what Java's `JsonConverter` gives without
 * schemas, after Confluent's `DataConverter` made decimals doubles and maps objects or
 * lists. Dates are numbers: days for Date, milliseconds for Time and Timestamp. A writer
 * is compiled once per Schema object and then runs straight code.
 */
export class DocumentWriter {
  readonly #compactMaps: boolean;
  readonly #writers = new WeakMap<Schema, Write>();
  /** Of structs that are written without one of their members. */
  readonly #partWriters = new WeakMap<Schema, Write>();

  /** @param compactMaps maps with text keys become objects (compact.map.entries) */
  constructor(compactMaps: boolean) {
    this.#compactMaps = compactMaps;
  }

  /** @throws {DataError} when the value does not fit its schema */
  write(schema: Schema | null, value: unknown): string {
    return schema === null ? this.#writeSchemaless(value) : this.#writer(schema)(value);
  }

  /**
   * As `write`, leaving out a member of the outermost struct or map.
   * @throws {DataError} as `write`
   */
  writeWithout(name: string, schema: Schema | null, value: unknown): string {
    if (isMapLike(value)) return this.write(schema, mapWithout(value, name));
    if (!isStruct(value) || value.schema.field(name) === undefined) {
      return this.write(schema, value);
    }
    let write = this.#partWriters.get(value.schema);
    if (write === undefined) {
      write = this.#compileStruct(value.schema, name);
      this.#partWriters.set(value.schema, write);
    }
    return write(value);
  }

  #writer(schema: Schema): Write {
    let write = this.#writers.get(schema);
    if (write === undefined) {
      write = this.#compile(schema);
      this.#writers.set(schema, write);
    }
    return write;
  }

  /** Null is written as the default, or as null where the schema is optional. */
  #compile(schema: Schema): Write {
    const write = this.#compileValue(schema);
    const whenNull =
      schema.defaultValue !== undefined
        ? write(schema.defaultValue)
        : schema.optional
          ? "null"
          : undefined;
    return (value) => {
      if (value !== null && value !== undefined) return write(value);
      if (whenNull !== undefined) return whenNull;
      throw new DataError(
        "Conversion error: null value for field that is required and has no default value",
      );
    };
  }

  #compileValue(schema: Schema): Write {
    switch (schema.name) {
      case DECIMAL_NAME:
        return (value) => (isDecimal(value) ? double(value.toNumber()) : misfit(schema, value));
      case DATE_NAME:
        return (value) =>
          value instanceof Date
            ? String(Math.floor(value.getTime() / MS_PER_DAY))
            : misfit(schema, value);
      case TIME_NAME:
      case TIMESTAMP_NAME:
        return (value) => (value instanceof Date ? String(value.getTime()) : misfit(schema, value));
      default:
        return this.#compileBase(schema);
    }
  }

  #compileBase(schema: Schema): Write {
    switch (schema.type) {
      case "INT8":
      case "INT16":
      case "INT32":
      case "INT64":
        return (value) =>
          typeof value === "number" || typeof value === "bigint"
            ? String(value)
            : misfit(schema, value);
      case "FLOAT32":
        return (value) => (typeof value === "number" ? float(value) : misfit(schema, value));
      case "FLOAT64":
        return (value) => (typeof value === "number" ? double(value) : misfit(schema, value));
      case "BOOLEAN":
        return (value) => (typeof value === "boolean" ? String(value) : misfit(schema, value));
      case "STRING":
        return (value) =>
          typeof value === "string" ? JSON.stringify(value) : misfit(schema, value);
      case "BYTES":
        return (value) => (value instanceof Uint8Array ? base64(value) : misfit(schema, value));
      case "ARRAY":
        return this.#compileArray(schema);
      case "MAP":
        return this.#compileMap(schema);
      case "STRUCT":
        return this.#compileStruct(schema);
    }
  }

  #compileArray(schema: Schema): Write {
    const writeItem = this.#writer(schema.valueSchema);
    return (value) => {
      if (!Array.isArray(value)) return misfit(schema, value);
      let text = "[";
      for (let i = 0; i < value.length; i++) text += (i > 0 ? "," : "") + writeItem(value[i]);
      return `${text}]`;
    };
  }

  #compileMap(schema: Schema): Write {
    const writeKey = this.#writer(schema.keySchema);
    const writeValue = this.#writer(schema.valueSchema);
    const asObject = this.#compactMaps && schema.keySchema.type === "STRING";
    return (map) => {
      if (!(map instanceof Map)) return misfit(schema, map);
      const entries: string[] = [];
      for (const [key, value] of map as Map<unknown, unknown>) {
        if (asObject && typeof key !== "string") misfit(schema.keySchema, key);
        entries.push(
          asObject
            ? `${writeKey(key)}:${writeValue(value)}`
            : `{"key":${writeKey(key)},"value":${writeValue(value)}}`,
        );
      }
      return asObject ? `{${entries.join(",")}}` : `[${entries.join(",")}]`;
    };
  }

  #compileStruct(schema: Schema, without?: string): Write {
    const fields = schema.fields.filter(({ name }) => name !== without);
    const prefixes = fields.map(({ name }, i) => `${i > 0 ? "," : ""}${JSON.stringify(name)}:`);
    const writers = fields.map((field) => this.#writer(field.schema));
    const indexes = fields.map(({ index }) => index);
    const count = prefixes.length;
    return (value) => {
      if (!isStruct(value)) return misfit(schema, value);
      if (value.schema !== schema && !schema.equals(value.schema)) {
        throw new DataError("Mismatching schema.");
      }
      let i = 0;
      try {
        let text = "{";
        for (; i < count; i++) {
          // The arrays have an entry per field.
          const member = value.values[indexes[i] as number];
          text += (prefixes[i] as string) + (writers[i] as Write)(member);
        }
        return `${text}}`;
      } catch (error) {
        throw inField(fields[i]?.name ?? `#${i}`, error);
      }
    };
  }

  /** By what the value is; a number without fraction is an integer unless it is boxed. */
  #writeSchemaless(value: unknown): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "number":
        return Number.isSafeInteger(value) ? String(value) : double(value);
      case "bigint":
      case "boolean":
        return String(value);
      case "undefined":
        return "null";
      case "object":
        return value === null ? "null" : this.#writeSchemalessObject(value);
      default:
        throw new DataError(`A ${typeof value} cannot be part of a document`);
    }
  }

  #writeSchemalessObject(value: object): string {
    if (Array.isArray(value)) {
      return `[${value.map((item) => this.#writeSchemaless(item)).join(",")}]`;
    }
    if (value instanceof Map) return this.#writeSchemalessMap(value);
    if (isFloat64(value)) return double(value.value);
    if (value instanceof Uint8Array) return base64(value);
    if (value instanceof Date) return String(value.getTime());
    if (isDecimal(value)) return double(value.toNumber());
    if (isStruct(value)) return this.write(value.schema, value);
    return this.#writeMembers(Object.entries(value));
  }

  /** As Java: an object when every key is a text, else a list of [key, value]. */
  #writeSchemalessMap(map: ReadonlyMap<unknown, unknown>): string {
    const entries = [...map];
    if (entries.every((entry): entry is [string, unknown] => typeof entry[0] === "string")) {
      return this.#writeMembers(entries);
    }
    return this.#writeSchemaless(entries);
  }

  #writeMembers(entries: readonly (readonly [string, unknown])[]): string {
    let text = "{";
    for (const [key, value] of entries) {
      text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${this.#writeSchemaless(value)}`;
    }
    return `${text}}`;
  }
}

function mapWithout(map: MapLike, name: string): MapLike {
  const copy = mapCopy(map);
  if (copy instanceof Map) copy.delete(name);
  else delete copy[name];
  return copy;
}

/**
 * A float keeps its point (`1.0`): an index without mapping takes the type of a field from
 * the first document, and `1` would make it a `long` that cuts off later fractions.
 */
function double(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : notANumber(value);
}

function float(value: number): string {
  return Number.isFinite(value) ? floatText(value) : notANumber(value);
}

/** Jackson writes what JSON has no number for as a text. */
function notANumber(value: number): string {
  return `"${value}"`;
}

function base64(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}

function misfit(schema: Schema, value: unknown): never {
  throw new DataError(`A ${javaClassName(value)} does not fit ${schema.toString()}`);
}

/** Says in which field a value did not fit; nested structs build the path inside out. */
function inField(name: string, error: unknown): unknown {
  if (!(error instanceof DataError)) return error;
  return new DataError(`Field ${name}: ${error.message}`, { cause: error });
}
