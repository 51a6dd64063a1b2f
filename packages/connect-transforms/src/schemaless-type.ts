import { isFloat64, isMapLike, isStruct, type SchemaType } from "@millrace/connect-api";

/**
 * The schema type of a value without schema (Java: `ConnectSchema.schemaType`), undefined
 * for what Connect has no type for: a date or a decimal is one only by its schema.
 */
export function schemalessType(value: unknown): SchemaType | undefined {
  switch (typeof value) {
    case "string":
      return "STRING";
    case "boolean":
      return "BOOLEAN";
    case "bigint":
      return "INT64";
    case "number":
      return Number.isSafeInteger(value) ? "INT64" : "FLOAT64";
    case "object":
      if (value === null) return undefined;
      if (isFloat64(value)) return "FLOAT64";
      if (value instanceof Uint8Array) return "BYTES";
      if (Array.isArray(value)) return "ARRAY";
      if (isStruct(value)) return "STRUCT";
      return isMapLike(value) ? "MAP" : undefined;
    default:
      return undefined;
  }
}
