import { isMapLike, isStruct, mapGet } from "@millrace/connect-api";

/** The value at a path of names in structs and maps; null where there is none. */
export function fieldAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = fieldOf(found, name);
  return found ?? null;
}

function fieldOf(value: unknown, name: string): unknown {
  if (isStruct(value)) {
    const field = value.schema.field(name);
    return field === undefined ? null : value.get(field);
  }
  return isMapLike(value) ? mapGet(value, name) : null;
}
