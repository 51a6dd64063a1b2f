import { DataError, javaClassName, type Schema } from "@millrace/connect-api";

/** A path that goes on into what has no fields. */
export function noFields(path: string, schema: Schema): DataError {
  const remedy =
    schema.type === "ARRAY" || schema.type === "MAP"
      ? `write ${path}[*] for each of its elements`
      : "let the path end there";
  return new DataError(`${path} is of type ${schema.type} and has no fields: ${remedy}`);
}

/** A path with `[*]` after what has no elements. */
export function noElements(path: string, schema: Schema): DataError {
  return new DataError(
    `${path} is of type ${schema.type}, and only lists and maps have elements for [*]`,
  );
}

/** The same in data without schema. */
export function noSchemalessElements(path: string, value: unknown): DataError {
  return new DataError(
    `${path} is of class ${javaClassName(value)}, and only lists and maps have elements for [*]`,
  );
}
