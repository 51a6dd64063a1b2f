import {
  DataError,
  DATE_NAME,
  dateToDays,
  type Decimal,
  DECIMAL_NAME,
  decimalScale,
  isDecimal,
  isStruct,
  javaClassName,
  type Schema,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { SchemaElement } from "hyparquet-writer";
import { ParquetColumn } from "./column.ts";
import type { Primitive } from "./physical.ts";

/** Digits of a decimal that does not say how many it has: what all readers take. */
const DEFAULT_PRECISION = 38;

/** What a struct is in Parquet. */
export interface ParquetRow {
  /** How many fields the struct has. */
  readonly count: number;
  /** The elements of the file's schema, without its root. */
  readonly elements: readonly SchemaElement[];
  readonly columns: readonly ParquetColumn[];
  /** Gives the columns what a struct's values are. @throws {DataError} */
  readonly write: (values: readonly unknown[]) => void;
}

/** How a value is taken apart into the columns below it. */
interface Node {
  readonly elements: readonly SchemaElement[];
  readonly columns: readonly ParquetColumn[];
  /** @param repetition 0 for a row's first value, else the depth of the list that goes on with it */
  readonly write: (value: unknown, repetition: number) => void;
}

/** Where in the schema: the path of a value, and how often something above it may be missing, or repeated. */
interface Place {
  readonly path: readonly string[];
  readonly definition: number;
  readonly repetition: number;
}

/**
 * The columns of a struct.
 * @throws {DataError} for what is no struct, and for types that Parquet has not
 */
export function parquetRow(schema: Schema | null): ParquetRow {
  if (schema?.type !== "STRUCT") {
    throw new DataError(
      `Parquet files take structs, but the value ${schema === null ? "has no schema" : `is of type ${schema.type}`}: use a converter with schemas, or another format.class`,
    );
  }
  const root = { path: [], definition: 0, repetition: 0 };
  const { count, elements, columns, write } = fieldsOf(schema, root);
  return { count, elements, columns, write: (values) => write(values, 0) };
}

interface Fields extends Omit<Node, "write"> {
  readonly count: number;
  readonly write: (values: readonly unknown[], repetition: number) => void;
}

function fieldsOf(schema: Schema, place: Place): Fields {
  if (schema.fields.length === 0) {
    throw new DataError("Parquet has no way to write a struct without fields");
  }
  const nodes = schema.fields.map((field) => nodeOf(field.name, field.schema, place));
  const writes = nodes.map(({ write }) => write);
  return {
    count: nodes.length,
    elements: nodes.flatMap(({ elements }) => elements),
    columns: nodes.flatMap(({ columns }) => columns),
    write: (values, repetition) => {
      for (let i = 0; i < writes.length; i++) writes[i]!(values[i], repetition);
    },
  };
}

function nodeOf(name: string, schema: Schema, place: Place, optional = schema.optional): Node {
  const within: Place = {
    path: [...place.path, name],
    definition: place.definition + (optional ? 1 : 0),
    repetition: place.repetition,
  };
  const { elements, columns, write } = presentNode(
    name,
    schema,
    within,
    optional ? "OPTIONAL" : "REQUIRED",
  );
  const { defaultValue } = schema;
  return {
    elements,
    columns,
    write: (value, repetition) => {
      const given = value ?? defaultValue ?? null;
      if (given !== null) write(given, repetition);
      else if (optional) putNulls(columns, repetition, place.definition);
      else throw new DataError(`The required field ${name} is null and has no default`);
    },
  };
}

function putNulls(columns: readonly ParquetColumn[], repetition: number, definition: number): void {
  for (const column of columns) column.putNull(repetition, definition);
}

type Repetition = "OPTIONAL" | "REQUIRED";

function presentNode(
  name: string,
  schema: Schema,
  place: Place,
  repetition_type: Repetition,
): Node {
  switch (schema.type) {
    case "ARRAY":
      return listNode(name, schema, place, repetition_type);
    case "MAP":
      return mapNode(name, schema, place, repetition_type);
    case "STRUCT":
      return structNode(name, schema, place, repetition_type);
    default: {
      const { element: type, convert } = leaf(schema, name);
      const element = { name, repetition_type, ...type };
      const column = new ParquetColumn(place.path, element, place.definition, place.repetition);
      return {
        elements: [element],
        columns: [column],
        write: (value, repetition) => column.put(convert(value), repetition),
      };
    }
  }
}

/** Below a repeated group. */
const repeated = (place: Place, name: string): Place => ({
  path: [...place.path, name],
  definition: place.definition + 1,
  repetition: place.repetition + 1,
});

function listNode(name: string, schema: Schema, place: Place, repetition_type: Repetition): Node {
  const within = repeated(place, "list");
  const item = nodeOf("element", schema.valueSchema, within);
  return {
    elements: [
      { name, repetition_type, converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...item.elements,
    ],
    columns: item.columns,
    write: (value, repetition) => {
      if (!Array.isArray(value)) throw wrongType(schema, value, name);
      if (value.length === 0) putNulls(item.columns, repetition, place.definition);
      for (let i = 0; i < value.length; i++) {
        item.write(value[i], i === 0 ? repetition : within.repetition);
      }
    },
  };
}

function mapNode(name: string, schema: Schema, place: Place, repetition_type: Repetition): Node {
  const within = repeated(place, "key_value");
  // Keys of Parquet's maps are never null.
  const key = nodeOf("key", schema.keySchema, within, false);
  const item = nodeOf("value", schema.valueSchema, within);
  const columns = [...key.columns, ...item.columns];
  return {
    elements: [
      { name, repetition_type, converted_type: "MAP", num_children: 1 },
      { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
      ...key.elements,
      ...item.elements,
    ],
    columns,
    write: (value, repetition) => {
      if (!(value instanceof Map)) throw wrongType(schema, value, name);
      if (value.size === 0) putNulls(columns, repetition, place.definition);
      let at = repetition;
      for (const [k, v] of value as Map<unknown, unknown>) {
        if (k === null) throw new DataError(`A key of the map ${name} is null`);
        key.write(k, at);
        item.write(v, at);
        at = within.repetition;
      }
    },
  };
}

function structNode(name: string, schema: Schema, place: Place, repetition_type: Repetition): Node {
  const { elements, columns, write, count } = fieldsOf(schema, place);
  return {
    elements: [{ name, repetition_type, num_children: count }, ...elements],
    columns,
    write: (value, repetition) => {
      if (!isStruct(value)) throw wrongType(schema, value, name);
      write(value.values, repetition);
    },
  };
}

interface Leaf {
  readonly element: Omit<SchemaElement, "name" | "repetition_type">;
  /** @throws {DataError} when the value is of another type */
  readonly convert: (value: unknown) => Primitive;
}

function leaf(schema: Schema, name: string): Leaf {
  const checked =
    <T>(fits: (value: unknown) => boolean, convert: (value: T) => Primitive) =>
    (value: unknown): Primitive => {
      if (!fits(value)) throw wrongType(schema, value, name);
      return convert(value as T);
    };
  const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());
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
  const same = (type: "number" | "string" | "boolean") => (value: unknown) => {
    // oxlint-disable-next-line valid-typeof
    if (typeof value !== type) throw wrongType(schema, value, name);
    return value as Primitive;
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
          if (Number.isInteger(value)) return value as number;
          if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
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
        convert: checked<Uint8Array>(
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
