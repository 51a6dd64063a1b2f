import { Decimal } from "@millrace/connect-api";
import type { Decimal128 } from "mongodb";

/** The exact number with its scale; undefined for NaN and the infinities. */
export function toDecimal(value: Decimal128): Decimal | undefined {
  const text = value.toString();
  return /\d/.test(text) ? Decimal.parse(text) : undefined;
}
