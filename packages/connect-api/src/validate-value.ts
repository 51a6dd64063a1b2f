import { Decimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import {
  DATE_NAME,
  DECIMAL_NAME,
  DECIMAL_SCALE_PARAMETER,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "./logical.ts";
import type { Schema } from "./schema.ts";
import { isStruct } from "./struct.ts";

const MS_PER_DAY = 86_400_000;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INT_LIMIT = { INT8: 2 ** 7, INT16: 2 ** 15, INT32: 2 ** 31 } as const;

/**
 * Checks a value against its schema, elements of arrays and maps included (Java:
 * `ConnectSchema.validateValue`). Null is legal where the schema is optional or has a
 * default.
 * @param name field name for the message, or undefined
 * @throws {DataError} with Java's wording
 */
export function validateValue(schema: Schema, value: unknown, name?: string): void {
  if (value === null || value === undefined) {
    if (schema.optional || schema.defaultValue !== undefined) return;
    const where = name === undefined ? "" : `"${name}"`;
    throw new DataError(
      `Invalid value: null used for required field: ${where || "null"}, schema type: ${schema.type}`,
    );
  }
  if (!isOfType(schema, value)) {
    const field = name === undefined ? "" : ` for field: "${name}"`;
    throw new DataError(
      `Invalid JavaScript value of type ${typeName(value)} for schema type ${describe(schema)}${field}`,
    );
  }
  checkParts(schema, value, name);
}

function isOfType(schema: Schema, value: unknown): boolean {
  switch (schema.name) {
    case DECIMAL_NAME:
      return (
        value instanceof Decimal &&
        String(value.scale) === schema.parameters?.get(DECIMAL_SCALE_PARAMETER)
      );
    case DATE_NAME:
      return value instanceof Date && value.getTime() % MS_PER_DAY === 0;
    case TIME_NAME:
      return value instanceof Date && value.getTime() >= 0 && value.getTime() < MS_PER_DAY;
    case TIMESTAMP_NAME:
      return value instanceof Date && !Number.isNaN(value.getTime());
    default:
      return isOfBaseType(schema, value);
  }
}

function isOfBaseType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32": {
      const limit = INT_LIMIT[schema.type];
      return Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit;
    }
    case "INT64":
      return typeof value === "bigint"
        ? value >= INT64_MIN && value <= INT64_MAX
        : Number.isSafeInteger(value);
    case "FLOAT32":
    case "FLOAT64":
      return typeof value === "number";
    case "BOOLEAN":
      return typeof value === "boolean";
    case "STRING":
      return typeof value === "string";
    case "BYTES":
      return value instanceof Uint8Array;
    case "ARRAY":
      return Array.isArray(value);
    case "MAP":
      return value instanceof Map;
    case "STRUCT":
      return isStruct(value);
  }
}

function checkParts(schema: Schema, value: unknown, name: string | undefined): void {
  switch (schema.type) {
    case "ARRAY":
      for (const item of value as unknown[]) validateValue(schema.valueSchema, item, name);
      break;
    case "MAP":
      for (const [key, item] of value as Map<unknown, unknown>) {
        validateValue(schema.keySchema, key, name);
        validateValue(schema.valueSchema, item, name);
      }
      break;
    case "STRUCT":
      if (isStruct(value) && !value.schema.equals(schema)) {
        throw new DataError("Struct schemas do not match.");
      }
      break;
    default:
  }
}

function typeName(value: unknown): string {
  if (typeof value !== "object" || value === null) return `${typeof value} (${String(value)})`;
  return value.constructor?.name ?? "object";
}

function describe(schema: Schema): string {
  return schema.name === undefined ? schema.type : `${schema.type} (${schema.name})`;
}
