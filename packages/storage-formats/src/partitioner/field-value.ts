import { DataError, isMapLike, isStruct, mapGet, type Schema } from "@millrace/connect-api";

/** A record for which no place can be found (Java: `PartitionException`). */
export class PartitionError extends DataError {
  constructor(message: string) {
    super(message, { javaName: "io.confluent.connect.storage.errors.PartitionException" });
  }
}

export interface FieldValue {
  /** Null in data without schema. */
  readonly schema: Schema | null;
  readonly value: unknown;
}

/**
 * The value at a dotted path of a struct or a map.
 * @throws {PartitionError} when there is no such field
 */
export function fieldAt(root: unknown, path: string): FieldValue {
  // A field may have dots in its own name.
  const whole = step(root, path);
  if (whole !== undefined) return whole;
  let current: FieldValue = { schema: null, value: root };
  for (const name of path.split(".")) {
    if (current.value === null || current.value === undefined) return { schema: null, value: null };
    const next = step(current.value, name);
    if (next === undefined)
      throw new PartitionError(`The record has no field ${path}: ${name} is not there`);
    current = next;
  }
  return current;
}

function step(from: unknown, name: string): FieldValue | undefined {
  if (isStruct(from)) {
    const field = from.schema.field(name);
    return field && { schema: field.schema, value: from.get(field) };
  }
  if (!isMapLike(from)) return undefined;
  const value = mapGet(from, name);
  return value === undefined ? undefined : { schema: null, value };
}
