import { isDecimal } from "./decimal.ts";
import { isFloat64 } from "./float64.ts";
import type { Schema, SchemaType } from "./schema.ts";
import { isStruct } from "./struct.ts";

const CLASS_OF_TYPE: Partial<Record<SchemaType, string>> = {
  INT8: "java.lang.Byte",
  INT16: "java.lang.Short",
  INT32: "java.lang.Integer",
  INT64: "java.lang.Long",
  FLOAT32: "java.lang.Float",
  FLOAT64: "java.lang.Double",
};

/**
 * The class that Java Connect would have found where this value stands: its messages name
 * classes, and operators search logs and dead-letter headers for them. A JavaScript number
 * has no width of its own; `schema` gives it one, else the range does.
 */
export function javaClassName(value: unknown, schema?: Schema | null): string {
  switch (typeof value) {
    case "string":
      return "java.lang.String";
    case "boolean":
      return "java.lang.Boolean";
    case "bigint":
      return BigInt.asIntN(64, value) === value ? "java.lang.Long" : "java.math.BigInteger";
    case "number": {
      const known = schema && CLASS_OF_TYPE[schema.type];
      if (known) return known;
      if (!Number.isSafeInteger(value)) return "java.lang.Double";
      return (value | 0) === value ? "java.lang.Integer" : "java.lang.Long";
    }
    default:
      return classOfObject(value);
  }
}

function classOfObject(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (isFloat64(value)) return "java.lang.Double";
  if (value instanceof Uint8Array) return "[B";
  if (Array.isArray(value)) return "java.util.ArrayList";
  if (value instanceof Map) return "java.util.LinkedHashMap";
  if (value instanceof Date) return "java.util.Date";
  if (isDecimal(value)) return "java.math.BigDecimal";
  if (isStruct(value)) return "org.apache.kafka.connect.data.Struct";
  const { constructor } = value as { constructor?: { name?: string } };
  if (constructor === undefined || constructor === Object) return "java.util.LinkedHashMap";
  return constructor.name ?? typeof value;
}
