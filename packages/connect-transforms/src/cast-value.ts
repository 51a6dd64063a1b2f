import {
  convertToString,
  DataError,
  DATE_NAME,
  dateToDays,
  Float64,
  isConnectError,
  isDecimal,
  isFloat64,
  javaClassName,
  type Schema,
  SchemaBuilder,
  type SchemaType,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { CastType } from "./cast-spec.ts";
import { withBasicsOf } from "./field-copy.ts";
import {
  type ConnectNumber,
  isNonZero,
  toFloat32,
  toFloat64,
  toInteger,
} from "./java-narrowing.ts";
import { parseFloatText, parseInteger } from "./java-number-text.ts";
import { schemalessType } from "./schemaless-type.ts";

/** Casts a value that is not null. @throws {DataError} when the value has no such form */
export type Cast = (value: unknown) => unknown;

const INPUT_TYPES: readonly SchemaType[] = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FLOAT32",
  "FLOAT64",
  "BOOLEAN",
  "STRING",
  "BYTES",
];

/** The cast from values of a schema to a type. */
export function castFrom(schema: Schema, target: CastType): Cast {
  if (!INPUT_TYPES.includes(schema.type)) {
    return () => {
      throw unsupportedInput(schema.type);
    };
  }
  if (target === "STRING") return (value) => convertToString(schema, value);
  const isFloat = schema.type === "FLOAT32" || schema.type === "FLOAT64";
  const base = baseValue(schema.name);
  return (value) => castNumberLike(base(value), target, isFloat);
}

/** The same for a value without schema: a float that becomes whole is boxed. */
export function castSchemaless(value: unknown, target: CastType): unknown {
  const type = schemalessType(value);
  if (type === undefined) {
    throw new DataError(
      `Cast transformation was passed a value of type class ${javaClassName(value)} which is not supported by Connect's data API`,
    );
  }
  if (!INPUT_TYPES.includes(type)) throw unsupportedInput(type);
  if (target === "STRING") return convertToString(null, value);
  const plain = isFloat64(value) ? value.value : value;
  const cast = castNumberLike(plain, target, type === "FLOAT64");
  const isFloat = target === "FLOAT32" || target === "FLOAT64";
  return isFloat && Number.isSafeInteger(cast) ? new Float64(cast as number) : cast;
}

/**
 * The schema of what is cast (Java: `Cast.getOrBuildSchema`): optional as before, the
 * default is cast too.
 * @param whole whether name, version, doc and parameters stay, as for whole keys and values
 */
export function castSchema(schema: Schema, target: CastType, whole = false): Schema {
  const builder = new SchemaBuilder(target);
  if (whole) withBasicsOf(schema, builder);
  if (schema.optional) builder.optional();
  if (schema.defaultValue !== undefined && schema.defaultValue !== null) {
    builder.defaultValue(castFrom(schema, target)(schema.defaultValue));
  }
  return builder.build();
}

/** Dates and times count as the numbers that stand for them. */
function baseValue(name: string | undefined): (value: unknown) => unknown {
  switch (name) {
    case DATE_NAME:
      return (value) => dateToDays(value as Date);
    case TIME_NAME:
      return (value) => timeToMillis(value as Date);
    case TIMESTAMP_NAME:
      return (value) => (value as Date).getTime();
    default:
      return (value) => value;
  }
}

function castNumberLike(
  value: unknown,
  target: Exclude<CastType, "STRING">,
  isFloat: boolean,
): unknown {
  if (typeof value === "boolean") return target === "BOOLEAN" ? value : Number(value);
  if (typeof value === "number" || typeof value === "bigint" || isDecimal(value)) {
    return castNumber(value, target, isFloat);
  }
  if (typeof value === "string") return castText(value, target);
  throw new DataError(`Unexpected type in Cast transformation: class ${javaClassName(value)}`);
}

function castNumber(
  value: ConnectNumber,
  target: Exclude<CastType, "STRING">,
  isFloat: boolean,
): unknown {
  switch (target) {
    case "INT8":
      return toInteger(value, 8, isFloat);
    case "INT16":
      return toInteger(value, 16, isFloat);
    case "INT32":
      return toInteger(value, 32, isFloat);
    case "INT64":
      return toInteger(value, 64, isFloat);
    case "FLOAT32":
      return toFloat32(value);
    case "FLOAT64":
      return toFloat64(value);
    case "BOOLEAN":
      return isNonZero(value, isFloat);
  }
}

function castText(text: string, target: Exclude<CastType, "STRING">): unknown {
  try {
    switch (target) {
      case "INT8":
        return parseInteger(text, 8);
      case "INT16":
        return parseInteger(text, 16);
      case "INT32":
        return parseInteger(text, 32);
      case "INT64":
        return parseInteger(text, 64);
      case "FLOAT32":
        return parseFloatText(text, 32);
      case "FLOAT64":
        return parseFloatText(text, 64);
      case "BOOLEAN":
        return text.toLowerCase() === "true";
    }
  } catch (error) {
    if (!isConnectError(error)) throw error;
    throw new DataError(`Value (${text}) was out of range for requested data type`, {
      cause: error,
    });
  }
}

function unsupportedInput(type: SchemaType): DataError {
  return new DataError(
    `Cast transformation does not support casting from ${type}; supported types are [${INPUT_TYPES.join(", ")}]`,
  );
}
