import { isDecimal, isFloat64 } from "@millrace/connect-api";

/** Jackson's word for the kind of a JSON node. */
export function nodeType(node: unknown): string {
  switch (typeof node) {
    case "string":
      return "STRING";
    case "boolean":
      return "BOOLEAN";
    case "number":
    case "bigint":
      return "NUMBER";
    case "undefined":
      return "MISSING";
    default:
  }
  if (node === null) return "NULL";
  if (Array.isArray(node)) return "ARRAY";
  return isDecimal(node) || isFloat64(node) ? "NUMBER" : "OBJECT";
}
