import {
  DataError,
  DATE_NAME,
  dateToDays,
  type Decimal,
  DECIMAL_NAME,
  decimalScale,
  isDecimal,
  javaClassName,
  type Schema,
  type Struct,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { SchemaElement } from "hyparquet-writer";

/** Digits of a decimal that does not say how many it has: what all readers take. */
const DEFAULT_PRECISION = 38;

/** How one column is written: its elements of the file's schema, and how a value becomes one of them. */
export interface ParquetColumn {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
  readonly convert: (value: unknown) => unknown;
}

/**
 * The columns of a struct.
 * @throws {DataError} for what is no struct, and for types that Parquet has not
 */
export function parquetColumns(schema: Schema | null): ParquetColumn[] {
  if (schema?.type !== "STRUCT") {
    throw new DataError(
      `Parquet files take structs, but the value ${schema === null ? "has no schema" : `is of type ${schema.type}`}: use a converter with schemas, or another format.class`,
    );
  }
  if (schema.fields.length === 0) {
    throw new DataError("Parquet has no way to write a struct without fields");
  }
  return schema.fields.map((field) => columnOf(field.name, field.schema));
}

function columnOf(name: string, schema: Schema): ParquetColumn {
  const { convert, ...column } = requiredColumn(name, schema);
  const { defaultValue, optional } = schema;
  return {
    ...column,
    convert: (value) => {
      const given = value ?? defaultValue ?? null;
      if (given !== null) return convert(given);
      if (optional) return null;
      throw new DataError(`The required field ${name} is null and has no default`);
    },
  };
}

function requiredColumn(name: string, schema: Schema): ParquetColumn {
  const repetition_type = schema.optional ? "OPTIONAL" : "REQUIRED";
  switch (schema.type) {
    case "ARRAY":
      return listColumn(name, schema, repetition_type);
    case "MAP":
      return mapColumn(name, schema, repetition_type);
    case "STRUCT":
      return structColumn(name, schema, repetition_type);
    default: {
      const { element, convert } = leaf(schema, name);
      return { name, elements: [{ name, repetition_type, ...element }], convert };
    }
  }
}

type Repetition = "OPTIONAL" | "REQUIRED";

function listColumn(name: string, schema: Schema, repetition_type: Repetition): ParquetColumn {
  const item = columnOf("element", schema.valueSchema);
  return {
    name,
    elements: [
      { name, repetition_type, converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...item.elements,
    ],
    convert: (value) => {
      if (!Array.isArray(value)) throw wrongType(schema, value, name);
      return value.map((item_) => item.convert(item_));
    },
  };
}

function mapColumn(name: string, schema: Schema, repetition_type: Repetition): ParquetColumn {
  const key = columnOf("key", schema.keySchema);
  const item = columnOf("value", schema.valueSchema);
  // Keys of Parquet's maps are never null.
  const [keyElement, ...keyRest] = key.elements;
  return {
    name,
    elements: [
      { name, repetition_type, converted_type: "MAP", num_children: 1 },
      { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
      { ...keyElement!, repetition_type: "REQUIRED" },
      ...keyRest,
      ...item.elements,
    ],
    convert: (value) => {
      if (!(value instanceof Map)) throw wrongType(schema, value, name);
      return Array.from(value as Map<unknown, unknown>, ([k, v]) => {
        if (k === null) throw new DataError(`A key of the map ${name} is null`);
        return { key: key.convert(k), value: item.convert(v) };
      });
    },
  };
}

function structColumn(name: string, schema: Schema, repetition_type: Repetition): ParquetColumn {
  const children = parquetColumns(schema);
  return {
    name,
    elements: [
      { name, repetition_type, num_children: children.length },
      ...children.flatMap(({ elements }) => elements),
    ],
    convert: (value) => {
      const { values } = value as Struct;
      const object = Object.create(null) as Record<string, unknown>;
      for (let i = 0; i < children.length; i++) {
        object[children[i]!.name] = children[i]!.convert(values[i]);
      }
      return object;
    },
  };
}

interface Leaf {
  readonly element: Omit<SchemaElement, "name" | "repetition_type">;
  readonly convert: (value: unknown) => unknown;
}

function leaf(schema: Schema, name: string): Leaf {
  const checked =
    <T>(fits: (value: unknown) => boolean, convert: (value: T) => unknown) =>
    (value: unknown): unknown => {
      if (!fits(value)) throw wrongType(schema, value, name);
      return convert(value as T);
    };
  const isDate = (value: unknown) => value instanceof Date;
  switch (schema.name) {
    case DECIMAL_NAME:
      return decimalLeaf(schema, name);
    case DATE_NAME:
      return {
        element: { type: "INT32", converted_type: "DATE" },
        convert: checked(isDate, dateToDays),
      };
    case TIME_NAME:
      return {
        element: { type: "INT32", converted_type: "TIME_MILLIS" },
        convert: checked(isDate, timeToMillis),
      };
    case TIMESTAMP_NAME:
      return {
        element: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
        convert: checked<Date>(isDate, (date) => date.getTime()),
      };
    default:
      break;
  }
  const same = (type: string) => (value: unknown) => {
    if (typeof value !== type) throw wrongType(schema, value, name);
    return value;
  };
  switch (schema.type) {
    case "INT8":
      return { element: { type: "INT32", converted_type: "INT_8" }, convert: same("number") };
    case "INT16":
      return { element: { type: "INT32", converted_type: "INT_16" }, convert: same("number") };
    case "INT32":
      return { element: { type: "INT32" }, convert: same("number") };
    case "INT64":
      return {
        element: { type: "INT64" },
        convert: (value) => {
          if (typeof value === "number") return BigInt(value);
          if (typeof value === "bigint") return value;
          throw wrongType(schema, value, name);
        },
      };
    case "FLOAT32":
      return { element: { type: "FLOAT" }, convert: same("number") };
    case "FLOAT64":
      return { element: { type: "DOUBLE" }, convert: same("number") };
    case "BOOLEAN":
      return { element: { type: "BOOLEAN" }, convert: same("boolean") };
    case "STRING":
      return {
        element: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
        convert: same("string"),
      };
    default:
      return {
        element: { type: "BYTE_ARRAY" },
        convert: checked(
          (value) => value instanceof Uint8Array,
          (value) => value,
        ),
      };
  }
}

/** Bytes that hold any number of so many digits with its sign. */
function bytesFor(precision: number): number {
  return Math.ceil(((10n ** BigInt(precision)).toString(2).length + 1) / 8);
}

function decimalLeaf(schema: Schema, name: string): Leaf {
  const scale = decimalScale(schema);
  const given = schema.parameters?.get("connect.decimal.precision");
  const precision = Math.max(Number(given ?? DEFAULT_PRECISION), scale, 1);
  const limit = 10n ** BigInt(precision);
  const type =
    precision <= 9
      ? ({ type: "INT32" } as const)
      : precision <= 18
        ? ({ type: "INT64" } as const)
        : ({ type: "FIXED_LEN_BYTE_ARRAY", type_length: bytesFor(precision) } as const);
  return {
    element: { ...type, converted_type: "DECIMAL", precision, scale },
    convert: (value) => {
      if (!isDecimal(value)) throw wrongType(schema, value, name);
      const { unscaled, scale: own }: Decimal = value;
      if (own !== scale || unscaled >= limit || unscaled <= -limit) {
        throw new DataError(
          `The decimal ${value.toString()} of ${name} does not fit ${precision} digits, ${scale} of them after the point: set the parameter connect.decimal.precision in its schema`,
        );
      }
      return unscaled;
    },
  };
}

function wrongType(schema: Schema, value: unknown, name: string): DataError {
  return new DataError(
    `Invalid type for ${schema.name ?? schema.type}: class ${javaClassName(value)} for field ${name}`,
  );
}
