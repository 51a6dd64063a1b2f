import { isDecimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { javaClassName } from "./java-class-name.ts";
import { DATE_NAME, DECIMAL_NAME, TIME_NAME, TIMESTAMP_NAME } from "./logical.ts";
import type { Schema } from "./schema.ts";
import { isStruct } from "./struct.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Checks a value against its schema, elements of arrays and maps included (Java:
 * `ConnectSchema.validateValue`). Null is legal where the schema is optional, and not for
 * its default's sake: a default stands in for what was not set. As in Java, the scale of a decimal and the time of a date are not looked at:
 * the converter that writes them does that.
 * @param name field name for the message, or undefined
 * @throws {DataError} with Java's wording
 */
export function validateValue(schema: Schema, value: unknown, name?: string): void {
  if (fitsSchema(schema, value)) return;
  throw misfit(schema, value, name === undefined ? "value" : `field: "${name}"`);
}

/** The question alone, without a message. */
export function fitsSchema(schema: Schema, value: unknown): boolean {
  if (value === null || value === undefined) {
    return schema.optional;
  }
  if (!isOfType(schema, value)) return false;
  switch (schema.type) {
    case "ARRAY": {
      const items = schema.valueSchemaOrNull;
      return items === null || (value as unknown[]).every((item) => fitsSchema(items, item));
    }
    case "MAP": {
      const keys = schema.keySchemaOrNull;
      const values = schema.valueSchemaOrNull;
      for (const [key, item] of value as Map<unknown, unknown>) {
        if (keys !== null && !fitsSchema(keys, key)) return false;
        if (values !== null && !fitsSchema(values, item)) return false;
      }
      return true;
    }
    case "STRUCT":
      return isStruct(value) && value.schema.equals(schema);
    default:
      return true;
  }
}

function isOfType(schema: Schema, value: unknown): boolean {
  switch (schema.name) {
    case undefined:
      return isOfBaseType(schema, value);
    case DECIMAL_NAME:
      return isDecimal(value);
    case DATE_NAME:
    case TIME_NAME:
    case TIMESTAMP_NAME:
      return value instanceof Date && !Number.isNaN(value.getTime());
    default:
      return isOfBaseType(schema, value);
  }
}

function isOfBaseType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case "INT8":
      return typeof value === "number" && (value << 24) >> 24 === value;
    case "INT16":
      return typeof value === "number" && (value << 16) >> 16 === value;
    case "INT32":
      return typeof value === "number" && (value | 0) === value;
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

/** Finds again what does not fit, and says where it is. */
function misfit(schema: Schema, value: unknown, where: string): DataError {
  if (value === null || value === undefined) {
    return new DataError(
      `Invalid value: null used for required ${where}, schema type: ${schema.type}`,
    );
  }
  if (!isOfType(schema, value)) {
    const name = schema.name === undefined ? "" : ` "${schema.name}"`;
    return new DataError(
      `Invalid Java object for schema${name} with type ${schema.type}: class ${javaClassName(value)} for ${where}`,
    );
  }
  if (schema.type === "ARRAY") {
    const items = schema.valueSchema;
    const item = (value as unknown[]).find((item) => !fitsSchema(items, item));
    return misfit(items, item, `element of array ${where}`);
  }
  if (schema.type === "MAP") {
    const keys = schema.keySchemaOrNull;
    for (const [key, item] of value as Map<unknown, unknown>) {
      if (keys !== null && !fitsSchema(keys, key)) return misfit(keys, key, `key of map ${where}`);
      const values = schema.valueSchemaOrNull;
      if (values !== null && !fitsSchema(values, item)) {
        return misfit(values, item, `value of map ${where}`);
      }
    }
  }
  return new DataError("Struct schemas do not match.");
}
