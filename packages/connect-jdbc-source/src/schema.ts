import { Schema } from "@millrace/connect-api";
import type { ResultField } from "@millrace/jdbc-dialects";

/** The schema of rows: a struct of the table's bare name, without one for a query's (Java: `SchemaMapping`). */
export function rowSchema(name: string | undefined, fields: readonly ResultField[]): Schema {
  return new Schema({ type: "STRUCT", name, fields });
}

/**
 * The schema to use for a result: the one used so far where it still describes the
 * rows, since converters keep what they compile by the schema's identity.
 */
export function sameOrNew(
  current: Schema | null,
  fields: readonly ResultField[],
  name: string | undefined,
): Schema {
  const next = rowSchema(name, fields);
  return current?.equals(next) ? current : next;
}
