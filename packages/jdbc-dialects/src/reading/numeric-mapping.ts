import {
  decimalSchema,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT16_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_INT8_SCHEMA,
  type Schema,
} from "@millrace/connect-api";
import type { NumericMapping } from "./type-options.ts";

/** Digits that an int64 holds whatever they are. */
const MAX_INTEGER_DIGITS = 18;

/** A column of type NUMERIC(precision, scale). */
export interface NumericColumn {
  readonly precision: number;
  readonly scale: number;
  readonly optional: boolean;
}

/** What such a column becomes by `numeric.mapping` (Java: `GenericDatabaseDialect`, case NUMERIC). */
export function mapNumeric(
  { precision, scale, optional }: NumericColumn,
  mapping: NumericMapping,
): { readonly schema: Schema; readonly as: "integer" | "double" | "decimal" } {
  // numeric(3,-2) has three digits and two zeros after them.
  const digits = precision - Math.min(scale, 0);
  if (digits <= MAX_INTEGER_DIGITS && mapping !== "none") {
    if (scale === 0 || (scale < 0 && mapping !== "precision_only")) {
      return { schema: integerSchema(digits, optional), as: "integer" };
    }
  }
  const isDouble =
    mapping === "best_fit_eager_double" ||
    (mapping === "best_fit" && precision <= MAX_INTEGER_DIGITS);
  if (scale > 0 && isDouble) {
    return { schema: optional ? OPTIONAL_FLOAT64_SCHEMA : FLOAT64_SCHEMA, as: "double" };
  }
  return { schema: decimalSchema(scale, { optional, precision }), as: "decimal" };
}

function integerSchema(digits: number, optional: boolean): Schema {
  if (digits > 9) return optional ? OPTIONAL_INT64_SCHEMA : INT64_SCHEMA;
  if (digits > 4) return optional ? OPTIONAL_INT32_SCHEMA : INT32_SCHEMA;
  if (digits > 2) return optional ? OPTIONAL_INT16_SCHEMA : INT16_SCHEMA;
  return optional ? OPTIONAL_INT8_SCHEMA : INT8_SCHEMA;
}
