import {
  DataError,
  DATE_NAME,
  daysToDate,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  isDecimal,
  millisToTime,
  type Schema,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import { decodeBase64 } from "./base64.ts";
import { nodeType } from "./node-type.ts";
import type { Reader } from "./reader.ts";

/**
 * The reader of a logical type, undefined for all other schemas. As in Java the name alone
 * decides.
 * @param onNumericDecimal told of each decimal that was a JavaScript number
 */
export function compileLogical(schema: Schema, onNumericDecimal: () => void): Reader | undefined {
  switch (schema.name) {
    case DECIMAL_NAME:
      return (node) => {
        if (typeof node === "number") onNumericDecimal();
        return readDecimal(schema, node);
      };
    case DATE_NAME:
      return (node) => {
        if (isInt32(node)) return valid(daysToDate(node), node);
        throw notOf("Date", "integer", node);
      };
    case TIME_NAME:
      return (node) => {
        if (isInt32(node)) return millisToTime(node);
        throw notOf("Time", "integer", node);
      };
    case TIMESTAMP_NAME:
      return (node) => {
        if (typeof node !== "bigint" && !Number.isInteger(node)) {
          throw notOf("Timestamp", "integral", node);
        }
        return valid(new Date(Number(node)), node);
      };
    default:
      return undefined;
  }
}

/** Bytes have the schema's scale; a number keeps its own. */
function readDecimal(schema: Schema, node: unknown): Decimal {
  if (isDecimal(node)) return node;
  if (typeof node === "bigint") return new Decimal(node, 0);
  if (typeof node === "number") return Decimal.parse(String(node));
  if (typeof node !== "string") throw notOf("Decimal", "numeric or bytes", node);
  try {
    const bytes = decodeBase64(node);
    if (bytes.length === 0) throw new DataError("Zero length BigInteger");
    return Decimal.fromBytes(bytes, decimalScale(schema));
  } catch (error) {
    throw new DataError("Invalid bytes for Decimal field", { cause: error });
  }
}

function isInt32(node: unknown): node is number {
  return typeof node === "number" && (node | 0) === node;
}

/** A JavaScript Date ends 273,790 years from now, Java's does not. */
function valid(date: Date, node: unknown): Date {
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(`The date ${String(node)} is beyond what a Date can hold`);
}

function notOf(type: string, expected: string, node: unknown): DataError {
  return new DataError(
    `Invalid type for ${type}, underlying representation should be ${expected} but was ${nodeType(node)}`,
  );
}
