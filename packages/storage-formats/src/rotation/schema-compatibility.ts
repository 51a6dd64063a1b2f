import {
  type Projection,
  projection,
  type Schema,
  SchemaProjectorError,
  type SchemaType,
  valueEquals,
} from "@millrace/connect-api";

export const COMPATIBILITIES = ["NONE", "BACKWARD", "FORWARD", "FULL"] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** What becomes of a record whose schema is not that of the open file: a function projects it. */
export type SchemaChange = "same" | "rotate" | Projection;

/**
 * Whether a record may go into a file of another schema, by Kafka Connect's storage rules:
 * with NONE never; with BACKWARD and FULL where the record is older, with FORWARD where it is
 * newer. It is projected to the file's schema then.
 * @throws {SchemaProjectorError} where versions are needed and missing, or one has no schema
 */
export function schemaChange(
  compatibility: Compatibility,
  record: Schema | null,
  file: Schema | null,
): SchemaChange {
  if (record === file) return "same";
  if (record === null || file === null) {
    throw new SchemaProjectorError(
      "Switch between schema-based and schema-less data is not supported",
    );
  }
  if (record.equals(file)) return "same";
  if (compatibility === "NONE") return "rotate";
  const [given, current] = [versionOf(record, compatibility), versionOf(file, compatibility)];
  if (compatibility === "FORWARD" ? given < current : given > current) return "rotate";
  // What cannot be projected begins a file of its own.
  return isProjectable(record, file) ? projection(record, file) : "rotate";
}

function versionOf({ version }: Schema, compatibility: Compatibility): number {
  if (version !== undefined) return version;
  throw new SchemaProjectorError(
    `Schema version required for ${compatibility} compatibility: use a converter with a schema registry, or schema.compatibility=NONE`,
  );
}

/** Whether every value of one schema has its place in the other, its parts included. */
function isProjectable(from: Schema, to: Schema): boolean {
  const promoted =
    NUMBERS.indexOf(from.type) >= 0 && NUMBERS.indexOf(to.type) > NUMBERS.indexOf(from.type);
  if (from.type !== to.type && !promoted) return false;
  if (from.name !== to.name || !valueEquals(from.parameters, to.parameters)) return false;
  if (from.optional && !to.optional && to.defaultValue === undefined) return false;
  switch (to.type) {
    case "STRUCT":
      return to.fields.every(({ name, schema }) => {
        const source = from.field(name);
        if (source !== undefined) return isProjectable(source.schema, schema);
        return schema.optional || schema.defaultValue !== undefined;
      });
    case "ARRAY":
      return isProjectable(from.valueSchema, to.valueSchema);
    case "MAP":
      return (
        isProjectable(from.keySchema, to.keySchema) &&
        isProjectable(from.valueSchema, to.valueSchema)
      );
    default:
      return true;
  }
}

const NUMBERS: readonly SchemaType[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];
