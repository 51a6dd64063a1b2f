import {
  DataError,
  DATE_NAME,
  dateToDays,
  DECIMAL_NAME,
  decimalScale,
  decimalToBytes,
  doubleText,
  floatText,
  isDecimal,
  isStruct,
  javaClassName,
  type Schema,
  type Struct,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import { base64, finite, isInt64, quote } from "./scalar-text.ts";
import { StructText } from "./struct-text.ts";
import { writeAny } from "./write-any.ts";

/** Gives the JSON text of a value. @throws {DataError} when the value does not fit */
export type Writer = (value: unknown) => string;

export interface WriterOptions {
  /** Decimals as numbers instead of base64 texts of their bytes. */
  readonly numericDecimals: boolean;
  readonly replaceNullWithDefault: boolean;
}

/**
 * Compiles writers for schemas, each schema once. A writer checks each value where it
 * writes it: whatever its type's own test does not know goes to `unusual`.
 */
export class Writers {
  readonly #options: WriterOptions;
  readonly #writers = new WeakMap<Schema, Writer>();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** The writer for a schema; null stands for data without schema. */
  of(schema: Schema | null): Writer {
    if (schema === null) return writeAny;
    let writer = this.#writers.get(schema);
    if (writer === undefined) this.#writers.set(schema, (writer = this.#compile(schema)));
    return writer;
  }

  #compile(schema: Schema): Writer {
    const unusual = this.#unusual(schema);
    return this.#compileLogical(schema, unusual) ?? this.#compileType(schema, unusual);
  }

  /** For null, and for what does not fit. */
  #unusual(schema: Schema): Writer {
    const byDefault = schema.defaultValue !== undefined && this.#options.replaceNullWithDefault;
    let ofDefault: string | undefined;
    return (value) => {
      if (value !== null && value !== undefined) {
        throw new DataError(`Invalid type for ${schema.type}: class ${javaClassName(value)}`);
      }
      if (byDefault) return (ofDefault ??= this.of(schema)(schema.defaultValue));
      if (schema.optional) return "null";
      throw new DataError(
        "Conversion error: null value for field that is required and has no default value",
      );
    };
  }

  /** The logical types go by the schema's name alone, as in Java. */
  #compileLogical(schema: Schema, unusual: Writer): Writer | undefined {
    switch (schema.name) {
      case DECIMAL_NAME:
        return this.#compileDecimal(schema, unusual);
      case DATE_NAME:
        return writeDates("Date", dateToDays, unusual);
      case TIME_NAME:
        return writeDates("Time", timeToMillis, unusual);
      case TIMESTAMP_NAME:
        return writeDates("Timestamp", (value) => value.getTime(), unusual);
      default:
        return undefined;
    }
  }

  #compileDecimal(schema: Schema, unusual: Writer): Writer {
    if (this.#options.numericDecimals) {
      return (value) =>
        isDecimal(value) ? value.toString() : notOf("Decimal", "BigDecimal", value, unusual);
    }
    let scale: number | undefined;
    return (value) => {
      if (!isDecimal(value)) return notOf("Decimal", "BigDecimal", value, unusual);
      scale ??= decimalScale(schema);
      return base64(decimalToBytes(scale, value));
    };
  }

  #compileType(schema: Schema, unusual: Writer): Writer {
    switch (schema.type) {
      case "INT8":
        return (value) =>
          typeof value === "number" && (value << 24) >> 24 === value ? `${value}` : unusual(value);
      case "INT16":
        return (value) =>
          typeof value === "number" && (value << 16) >> 16 === value ? `${value}` : unusual(value);
      case "INT32":
        return (value) =>
          typeof value === "number" && (value | 0) === value ? `${value}` : unusual(value);
      case "INT64":
        return (value) =>
          Number.isSafeInteger(value) || isInt64(value) ? String(value) : unusual(value);
      case "FLOAT32":
        return (value) =>
          typeof value === "number" ? finite(Math.fround(value), floatText) : unusual(value);
      case "FLOAT64":
        return (value) => (typeof value === "number" ? finite(value, doubleText) : unusual(value));
      case "BOOLEAN":
        return (value) => (typeof value === "boolean" ? `${value}` : unusual(value));
      case "STRING":
        return (value) => (typeof value === "string" ? quote(value) : unusual(value));
      case "BYTES":
        return (value) =>
          value instanceof Uint8Array ? base64(value) : unusualBytes(value, unusual);
      case "ARRAY":
        return this.#compileArray(schema, unusual);
      case "MAP":
        return this.#compileMap(schema, unusual);
      case "STRUCT":
        return this.#compileStruct(schema, unusual);
    }
  }

  #compileArray(schema: Schema, unusual: Writer): Writer {
    const write = this.of(schema.valueSchemaOrNull);
    return (value) => {
      if (!Array.isArray(value)) return unusual(value);
      if (value.length === 0) return "[]";
      let text = `[${write(value[0])}`;
      for (let i = 1; i < value.length; i++) text += `,${write(value[i])}`;
      return `${text}]`;
    };
  }

  /** Maps with string keys are objects, others lists of pairs. */
  #compileMap(schema: Schema, unusual: Writer): Writer {
    const keys = schema.keySchemaOrNull;
    const writeKey = this.of(keys);
    const writeValue = this.of(schema.valueSchemaOrNull);
    if (keys?.type !== "STRING") {
      return (value) => {
        if (!(value instanceof Map)) return unusual(value);
        const pairs = Array.from(value, ([k, v]) => `[${writeKey(k)},${writeValue(v)}]`);
        return `[${pairs.join(",")}]`;
      };
    }
    return (value) => {
      if (!(value instanceof Map)) return unusual(value);
      let text = "";
      for (const [k, v] of value as Map<unknown, unknown>) {
        const key = k === null ? `"${writeKey(k)}"` : writeKey(k);
        text += `${text === "" ? "" : ","}${key}:${writeValue(v)}`;
      }
      return `{${text}}`;
    };
  }

  #compileStruct(schema: Schema, unusual: Writer): Writer {
    const { fields } = schema;
    const writers = fields.map(({ name, schema: type }, i) => ({
      key: `${i === 0 ? "{" : ","}${quote(name)}:`,
      write: this.of(type),
    }));
    const text = new StructText(writers);
    // Sources that make the same schema anew for each record should not pay for a deep
    // comparison each time they reuse it.
    const equal = new WeakSet([schema]);
    return (value) => {
      if (!isStruct(value)) return unusual(value);
      if (value.schema !== schema) checkEqual(schema, value, equal);
      return text.of(value.values);
    };
  }
}

function checkEqual(schema: Schema, struct: Struct, equal: WeakSet<Schema>): void {
  if (equal.has(struct.schema)) return;
  if (!schema.equals(struct.schema)) throw new DataError("Mismatching schema.");
  equal.add(struct.schema);
}

function writeDates(type: string, toNumber: (value: Date) => number, unusual: Writer): Writer {
  return (value) =>
    value instanceof Date ? `${toNumber(value)}` : notOf(type, "Date", value, unusual);
}

function notOf(type: string, expected: string, value: unknown, unusual: Writer): string {
  if (value === null || value === undefined) return unusual(value);
  throw new DataError(
    `Invalid type for ${type}, expected ${expected} but was class ${javaClassName(value)}`,
  );
}

function unusualBytes(value: unknown, unusual: Writer): string {
  if (value === null || value === undefined) return unusual(value);
  throw new DataError(`Invalid type for bytes type: class ${javaClassName(value)}`);
}
