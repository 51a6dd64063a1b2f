import {
  DataError,
  isDecimal,
  isMapLike,
  mapEntries,
  nearestFloat,
  type Schema,
  Struct,
  validateValue,
} from "@millrace/connect-api";
import { decodeBase64 } from "./base64.ts";
import { compileLogical } from "./logical-reader.ts";
import { MAX_NUMBER_LENGTH } from "./lossless.ts";
import { nodeType } from "./node-type.ts";

/** Makes the Connect value of a parsed JSON node. @throws {DataError} when it does not fit */
export type Reader = (node: unknown) => unknown;

/**
 * Compiles readers for schemas, each schema once. They read like Java's JsonConverter:
 * numbers are narrowed without a word, what is no number counts as 0, no boolean as false.
 */
export class Readers {
  readonly #replaceNullWithDefault: boolean;
  readonly #readers = new WeakMap<Schema, Reader>();
  /** Counts texts and bytes that were none: they become null, which a struct may refuse. */
  #misfits = 0;
  #numericDecimals = 0;

  constructor(options: { readonly replaceNullWithDefault: boolean }) {
    this.#replaceNullWithDefault = options.replaceNullWithDefault;
  }

  /**
   * How many decimals were read from JavaScript numbers so far: where JSON.parse made those
   * of numbers with a point, digits may have been lost.
   */
  get numericDecimals(): number {
    return this.#numericDecimals;
  }

  /** @param schema made from JSON, so that all its elements have schemas */
  of(schema: Schema): Reader {
    let reader = this.#readers.get(schema);
    if (reader === undefined) this.#readers.set(schema, (reader = this.#compile(schema)));
    return reader;
  }

  #compile(schema: Schema): Reader {
    const read =
      compileLogical(schema, () => void this.#numericDecimals++) ?? this.#compileType(schema);
    const readNull = this.#nullReader(schema);
    return (node) => (node === null || node === undefined ? readNull() : read(node));
  }

  #nullReader(schema: Schema): () => unknown {
    const { defaultValue } = schema;
    if (defaultValue !== undefined && this.#replaceNullWithDefault) return () => defaultValue;
    if (schema.optional) return () => null;
    return () => {
      throw new DataError(`Invalid null value for required ${schema.type} field`);
    };
  }

  #compileType(schema: Schema): Reader {
    switch (schema.type) {
      case "INT8":
        return (node) => (toInt32(node) << 24) >> 24;
      case "INT16":
        return (node) => (toInt32(node) << 16) >> 16;
      case "INT32":
        return toInt32;
      case "INT64":
        return toInt64;
      case "FLOAT32":
        return toFloat32;
      case "FLOAT64":
        return toFloat64;
      case "BOOLEAN":
        return (node) => node === true;
      case "STRING":
        return (node) => (typeof node === "string" ? node : this.#misfit());
      case "BYTES":
        return (node) => (typeof node === "string" ? readBytes(node) : this.#misfit());
      case "ARRAY":
        return this.#compileArray(schema);
      case "MAP":
        return this.#compileMap(schema);
      case "STRUCT":
        return this.#compileStruct(schema);
    }
  }

  #misfit(): null {
    this.#misfits++;
    return null;
  }

  #compileArray(schema: Schema): Reader {
    const read = this.of(schema.valueSchema);
    return (node) => {
      if (Array.isArray(node)) return node.map(read);
      // Java walks over whatever the node contains.
      return isMapLike(node) ? Array.from(mapEntries(node), ([, item]) => read(item)) : [];
    };
  }

  #compileMap(schema: Schema): Reader {
    const readKey = this.of(schema.keySchema);
    const readValue = this.of(schema.valueSchema);
    if (schema.keySchema.type === "STRING") {
      return (node) => {
        if (!isMapLike(node)) throw notEncodedAs("Maps with string fields", "objects", node);
        const map = new Map<unknown, unknown>();
        for (const [key, item] of mapEntries(node)) map.set(key, readValue(item));
        return map;
      };
    }
    return (node) => {
      if (!Array.isArray(node)) {
        throw notEncodedAs("Maps with non-string fields", "array of tuples", node);
      }
      return new Map(node.map((pair) => readPair(pair, readKey, readValue)));
    };
  }

  #compileStruct(schema: Schema): Reader {
    const names = schema.fields.map(({ name }) => name);
    const readers = schema.fields.map((field) => this.of(field.schema));
    // A missing field named like a method of all objects must not find that method.
    const inherited = names.some((name) => name in Object.prototype);
    return (node) => {
      if (!isMapLike(node)) throw notEncodedAs("Structs", "objects", node);
      const object = node instanceof Map || inherited ? ownOnly(node) : (node as PlainObject);
      const values: unknown[] = [];
      for (let i = 0; i < readers.length; i++) {
        const misfits = this.#misfits;
        const value = readers[i]!(object[names[i]!]);
        if (this.#misfits !== misfits) validateValue(schema.fields[i]!.schema, value, names[i]);
        values.push(value);
      }
      return Struct.of(schema, values);
    };
  }
}

type PlainObject = Readonly<Record<string, unknown>>;

function ownOnly(node: object): PlainObject {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of mapEntries(node)) object[String(key)] = item;
  return object;
}

function readPair(pair: unknown, readKey: Reader, readValue: Reader): [unknown, unknown] {
  if (!Array.isArray(pair)) {
    throw new DataError(`Found invalid map entry instead of array tuple: ${nodeType(pair)}`);
  }
  if (pair.length !== 2) {
    throw new DataError(`Found invalid map entry, expected length 2 but found :${pair.length}`);
  }
  return [readKey(pair[0]), readValue(pair[1])];
}

function notEncodedAs(what: string, encoding: string, node: unknown): DataError {
  return new DataError(
    `${what} should be encoded as JSON ${encoding}, but found ${nodeType(node)}`,
  );
}

function readBytes(text: string): Buffer {
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new DataError("Invalid bytes field", { cause: error });
  }
}

function toInt32(node: unknown): number {
  // Bit operators take whole numbers modulo 2^32, which is how Java narrows them.
  return typeof node === "number" ? node | 0 : Number(BigInt.asIntN(32, toBigint(node)));
}

function toInt64(node: unknown): number | bigint {
  if (Number.isSafeInteger(node)) return (node as number) + 0;
  const integer = BigInt.asIntN(64, toBigint(node));
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/** The whole part of a number, 0 for any other node. */
function toBigint(node: unknown): bigint {
  if (typeof node === "bigint") return node;
  if (typeof node === "number") return Number.isFinite(node) ? BigInt(Math.trunc(node)) : 0n;
  if (!isDecimal(node)) return 0n;
  const { unscaled, scale } = node;
  // Multiples of 10^64 are multiples of 2^64: no bit of them is left. Nor is a whole part
  // left where there are more decimals than digits.
  if (scale <= -64 || scale > MAX_NUMBER_LENGTH) return 0n;
  return scale <= 0 ? unscaled * 10n ** BigInt(-scale) : unscaled / 10n ** BigInt(scale);
}

/** Adding 0 makes 0 of -0: Java reads numbers as BigDecimal, which has no negative zero. */
function toFloat64(node: unknown): number {
  if (typeof node === "number") return node + 0;
  return typeof node === "bigint" || isDecimal(node) ? Number(node.toString()) + 0 : 0;
}

function toFloat32(node: unknown): number {
  if (typeof node === "number") return Math.fround(node) + 0;
  return typeof node === "bigint" || isDecimal(node) ? nearestFloat(node.toString()) + 0 : 0;
}
