import {
  type CelList,
  type CelMap,
  type CelValue,
  isCelList,
  isCelMap,
  isCelUint,
} from "@bufbuild/cel";
import { isReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampMs, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  DATE_SCHEMA,
  DataError,
  Decimal,
  decimalSchema,
  Float64,
  type MapLike,
  MS_PER_DAY,
  OPTIONAL_DATE_SCHEMA,
  OPTIONAL_TIME_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  Schema,
  type SchemaParts,
  type SchemaType,
  Struct,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { MapCollector } from "../schemaless-map.ts";
import { originOf } from "./cel-value.ts";
import { exactDouble, typeName } from "./operators.ts";

/** What the results of an expression become: a schema, and values of it. */
export interface ResultType {
  /** As configurations write it. */
  readonly name: string;
  schema(optional: boolean): Schema;
  /**
   * The value of Connect; never null.
   * @param schemaless as data without schema has it: floats that are whole boxed, dates in milliseconds
   * @throws {Error} saying why the result does not fit
   */
  convert(result: CelValue, schemaless: boolean): unknown;
}

/** @throws {Error} with what it found and expected */
function misfit(result: CelValue, expected: string): never {
  throw new Error(`it gives ${describe(result)}, which is no ${expected}`);
}

/** The kind of a result, and scalars that are short. */
function describe(result: CelValue): string {
  const kind = typeName(result);
  const isNumber = typeof result === "bigint" || typeof result === "number";
  return isNumber || typeof result === "boolean" ? `the ${kind} ${result}` : `a ${kind}`;
}

const INTEGER_BITS = { int8: 8, int16: 16, int32: 32, int64: 64 } as const;

function integer(name: keyof typeof INTEGER_BITS): ResultType {
  const bits = INTEGER_BITS[name];
  return {
    name,
    schema: schemasOf(name.toUpperCase() as SchemaType),
    convert(result) {
      const int = toInteger(result);
      if (int === undefined || BigInt.asIntN(bits, int) !== int) return misfit(result, name);
      return safe(int);
    },
  };
}

function toInteger(result: CelValue): bigint | undefined {
  if (typeof result === "bigint") return result;
  if (isCelUint(result)) return result.value;
  return typeof result === "number" && Number.isInteger(result) ? BigInt(result) : undefined;
}

/** As Connect has it: a number where that is exact. */
function safe(int: bigint): number | bigint {
  const number = Number(int);
  return Number.isSafeInteger(number) ? number : int;
}

function toDouble(result: CelValue): number | undefined {
  if (typeof result === "number") return result;
  const int = toInteger(result);
  return int === undefined ? undefined : exactDouble(int);
}

function boxed(double: number, schemaless: boolean): number | Float64 {
  return schemaless && Number.isInteger(double) ? new Float64(double) : double;
}

const FLOAT32: ResultType = {
  name: "float32",
  schema: schemasOf("FLOAT32"),
  convert(result, schemaless) {
    const double = toDouble(result) ?? misfit(result, "float32");
    const float = Math.fround(double);
    const overflows = Number.isFinite(double) && !Number.isFinite(float);
    return overflows ? misfit(result, "float32") : boxed(float, schemaless);
  },
};

const FLOAT64: ResultType = {
  name: "float64",
  schema: schemasOf("FLOAT64"),
  convert: (result, schemaless) => boxed(toDouble(result) ?? misfit(result, "float64"), schemaless),
};

const BOOLEAN: ResultType = {
  name: "boolean",
  schema: schemasOf("BOOLEAN"),
  convert: (result) => (typeof result === "boolean" ? result : misfit(result, "boolean")),
};

const STRING: ResultType = {
  name: "string",
  schema: schemasOf("STRING"),
  convert: (result) =>
    typeof result === "string" ? result : misfit(result, "string; string() makes one of it"),
};

const BYTES: ResultType = {
  name: "bytes",
  schema: schemasOf("BYTES"),
  convert: (result) => (result instanceof Uint8Array ? result : misfit(result, "bytes")),
};

function dated(millis: number, schemaless: boolean): Date | number {
  return schemaless ? millis : new Date(millis);
}

const TIMESTAMP: ResultType = {
  name: "timestamp",
  schema: (optional) => (optional ? OPTIONAL_TIMESTAMP_SCHEMA : TIMESTAMP_SCHEMA),
  convert: (result, schemaless) => dated(millisOf(result), schemaless),
};

const DATE: ResultType = {
  name: "date",
  schema: (optional) => (optional ? OPTIONAL_DATE_SCHEMA : DATE_SCHEMA),
  convert(result, schemaless) {
    const millis = millisOf(result);
    return millis % MS_PER_DAY === 0
      ? dated(millis, schemaless)
      : misfit(result, "date, since it has a time of day");
  },
};

const TIME: ResultType = {
  name: "time",
  schema: (optional) => (optional ? OPTIONAL_TIME_SCHEMA : TIME_SCHEMA),
  convert(result, schemaless) {
    const millis = millisOf(result);
    return millis >= 0 && millis < MS_PER_DAY
      ? dated(millis, schemaless)
      : misfit(result, "time, which is a timestamp on 1970-01-01");
  },
};

/** @throws {Error} when it is no timestamp */
export function millisOf(result: CelValue): number {
  if (!isTimestamp(result)) return misfit(result, "timestamp; timestamp() makes one of it");
  return timestampMs(result.message);
}

function isTimestamp(value: CelValue): value is CelValue & { message: Timestamp } {
  return isReflectMessage(value, TimestampSchema);
}

function decimal(scale: number): ResultType {
  const name = `decimal(${scale})`;
  return {
    name,
    schema: (optional) => decimalSchema(scale, { optional }),
    convert(result, schemaless) {
      if (schemaless) throw new Error(`${name} needs data with a schema; string or float64 do not`);
      const text =
        typeof result === "string" || typeof result === "bigint" || typeof result === "number"
          ? String(result)
          : misfit(result, name);
      try {
        return Decimal.parse(text).withScale(scale);
      } catch (error) {
        if (error instanceof DataError) return misfit(result, `${name} without losing digits`);
        throw error;
      }
    },
  };
}

function array(items: ResultType): ResultType {
  return {
    name: `array(${items.name})`,
    schema: (optional) => new Schema({ type: "ARRAY", optional, valueSchema: items.schema(true) }),
    convert(result, schemaless) {
      if (!isCelList(result)) return misfit(result, "list");
      return Array.from(result, (item) => (item === null ? null : items.convert(item, schemaless)));
    },
  };
}

function map(values: ResultType): ResultType {
  return {
    name: `map(${values.name})`,
    schema: (optional) =>
      new Schema({
        type: "MAP",
        optional,
        keySchema: new Schema({ type: "STRING" }),
        valueSchema: values.schema(true),
      }),
    convert(result, schemaless) {
      if (!isCelMap(result)) return misfit(result, "map");
      const entries = new Map<string, unknown>();
      for (const [key, value] of result.entries()) {
        if (typeof key !== "string") throw new Error("it gives a map with keys that are no texts");
        entries.set(key, value === null ? null : values.convert(value, schemaless));
      }
      return schemaless ? mapOf(entries) : entries;
    },
  };
}

/** A struct of just these fields, all optional. */
function struct(types: ReadonlyMap<string, ResultType>): ResultType {
  const fields = [...types].map(([name, type]) => ({ name, schema: type.schema(true) }));
  const required = new Schema({ type: "STRUCT", fields });
  const optional = new Schema({ type: "STRUCT", fields, optional: true });
  const name = `struct(${[...types].map(([field, type]) => `${field}: ${type.name}`).join(", ")})`;
  return {
    name,
    schema: (wanted) => (wanted ? optional : required),
    convert(result) {
      if (!isCelMap(result)) return misfit(result, name);
      for (const key of result.keys()) {
        if (typeof key === "string" && types.has(key)) continue;
        throw new Error(`it gives a map with other fields than ${name}`);
      }
      const values = [...types].map(([field, type]) => {
        const value = result.get(field) ?? null;
        return value === null ? null : type.convert(value, false);
      });
      return Struct.of(optional, values);
    },
  };
}

/** A part of the record as it is there. */
function part(schema: Schema): ResultType {
  const other = new Schema({ ...partsOf(schema), optional: !schema.optional });
  return {
    name: schema.toString(),
    schema: (optional) => (optional === schema.optional ? schema : other),
    convert(result) {
      const origin = isCelList(result) || isCelMap(result) ? originOf(result) : undefined;
      return origin?.schema?.equals(schema)
        ? origin.value
        : misfit(result, `${schema.toString()} like before`);
    },
  };
}

/** A schema taken apart, to make one that differs in something. */
function partsOf(schema: Schema): SchemaParts {
  const { type, optional, defaultValue, name, version, doc, parameters } = schema;
  return {
    type,
    optional,
    defaultValue,
    name,
    version,
    doc,
    parameters,
    fields: type === "STRUCT" ? schema.fields : undefined,
    keySchema: type === "MAP" ? (schema.keySchemaOrNull ?? undefined) : undefined,
    valueSchema:
      type === "MAP" || type === "ARRAY" ? (schema.valueSchemaOrNull ?? undefined) : undefined,
  };
}

function schemasOf(type: SchemaType): (optional: boolean) => Schema {
  const required = new Schema({ type });
  const optional = new Schema({ type, optional: true });
  return (wanted) => (wanted ? optional : required);
}

const SIMPLE = new Map(
  [
    integer("int8"),
    integer("int16"),
    integer("int32"),
    integer("int64"),
    FLOAT32,
    FLOAT64,
    BOOLEAN,
    STRING,
    BYTES,
    DATE,
    TIME,
    TIMESTAMP,
  ].map((type) => [type.name, type]),
);

/** Types in words, for messages and documentation. */
export const TYPE_WORDS = [...SIMPLE.keys(), "decimal(scale)", "array(type)", "map(type)"] as const;

const MAX_SCALE = 1000;

/** Reads `int64`, `decimal(2)`, `array(map(string))`; undefined when it is no type. */
export function parseType(text: string): ResultType | undefined {
  const match = /^(\w+)(?:\((.*)\))?$/.exec(text.trim());
  const [, name = "", argument] = match ?? [];
  if (argument === undefined) return SIMPLE.get(name.toLowerCase());
  switch (name.toLowerCase()) {
    case "decimal": {
      const scale = /^\d{1,4}$/.test(argument) ? Number(argument) : Infinity;
      return scale <= MAX_SCALE ? decimal(scale) : undefined;
    }
    case "array":
    case "map": {
      const inner = parseType(argument);
      return inner && (name.toLowerCase() === "array" ? array(inner) : map(inner));
    }
    default:
      return undefined;
  }
}

/**
 * The type of a result that nobody declared.
 * @throws {Error} where there is none: of null, an empty list, a duration
 */
export function inferType(result: CelValue): ResultType {
  switch (typeof result) {
    case "bigint":
      return SIMPLE.get("int64")!;
    case "number":
      return FLOAT64;
    case "boolean":
      return BOOLEAN;
    case "string":
      return STRING;
    default:
      return inferObject(result);
  }
}

function inferObject(result: CelValue): ResultType {
  if (result instanceof Uint8Array) return BYTES;
  if (isCelUint(result)) return SIMPLE.get("int64")!;
  if (isTimestamp(result)) return TIMESTAMP;
  if (isCelList(result) || isCelMap(result)) {
    const origin = originOf(result);
    if (origin?.schema) return part(origin.schema);
    return isCelList(result) ? array(inferItems(result)) : inferStruct(result);
  }
  throw new Error(`it gives ${describe(result)}, which has no type in Connect`);
}

function inferItems(items: Iterable<CelValue>): ResultType {
  const types = Array.from(items)
    .filter((item) => item !== null)
    .map(inferType);
  const [first] = types;
  if (first === undefined) throw new Error("nothing tells what its list is of");
  if (types.every(({ name }) => name === first.name)) return first;
  const numbers = types.every(({ name }) => name === "int64" || name === "float64");
  if (numbers) return FLOAT64;
  throw new Error("it gives a list of unlike elements");
}

function inferStruct(map: CelMap): ResultType {
  const types = new Map<string, ResultType>();
  for (const [key, value] of map.entries()) {
    if (typeof key !== "string") throw new Error("it gives a map with keys that are no texts");
    if (value === null) throw new Error(`nothing tells what ${key} is, which is null`);
    types.set(key, inferType(value));
  }
  return struct(types);
}

/**
 * A result as data without schema has it: an integer is a number where that is exact, a
 * whole float is boxed, a timestamp in milliseconds.
 * @throws {Error} when there is no such value
 */
export function schemalessValue(result: CelValue): unknown {
  if (result === null) return null;
  if (isCelList(result)) {
    return untouched(result) ?? Array.from(result, schemalessValue);
  }
  if (isCelMap(result)) {
    return untouched(result) ?? mapOf(entriesOf(result));
  }
  return inferType(result).convert(result, true);
}

function* entriesOf(map: CelMap): Iterable<[unknown, unknown]> {
  for (const [key, value] of map.entries()) yield [schemalessValue(key), schemalessValue(value)];
}

/** What stood in the record without schema. */
function untouched(result: CelList | CelMap): object | undefined {
  const origin = originOf(result);
  return origin?.schema === null ? origin.value : undefined;
}

function mapOf(entries: Iterable<[unknown, unknown]>): MapLike {
  const collector = new MapCollector();
  for (const [key, value] of entries) collector.set(key, value);
  return collector.map;
}
