import { Schema } from "@millrace/connect-api";
import type { ResultField } from "./dialect/dialect.ts";

/** The schema of a table's rows: a struct of the table's bare name (Java: `SchemaMapping`). */
export function rowSchema(name: string, fields: readonly ResultField[]): Schema {
  return new Schema({ type: "STRUCT", name, fields });
}

/**
 * The schema to use for a result: the one used so far where it still describes the
 * rows, since converters keep what they compile by the schema's identity.
 */
export function sameOrNew(
  current: Schema | null,
  fields: readonly ResultField[],
  name: string,
): Schema {
  const next = rowSchema(name, fields);
  return current?.equals(next) ? current : next;
}
