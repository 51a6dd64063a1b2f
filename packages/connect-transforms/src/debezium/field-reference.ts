import {
  ConnectError,
  DataError,
  type Schema,
  SchemaBuilder,
  type Struct,
} from "@millrace/connect-api";
import { fieldCopy, type FieldCopy, withBasicsOf } from "../field-copy.ts";
import { readPath } from "../path-reader.ts";

const OF_TRANSACTION: ReadonlySet<string> = new Set(["id", "total_order", "data_collection_order"]);

/** A part of the event that is added to the row or to the headers, such as `source.ts_ms:at`. */
export interface FieldReference {
  /** The struct it stands in; undefined for the top of the envelope, or wherever it is found. */
  readonly struct: string | undefined;
  readonly field: string;
  /** Its name in the output, with the prefix. */
  readonly name: string;
}

/** @throws {ConnectError} when the text is none */
export function fieldReference(text: string, prefix: string): FieldReference {
  const parts = text.split(":");
  const path = (parts[0] ?? "").split(".");
  if (parts.length > 2 || path.length > 2 || path.includes("")) {
    throw new ConnectError(`Unexpected field name: ${text}`);
  }
  const name = prefix + (parts[1] ?? path.join("_"));
  return path.length === 2
    ? { struct: path[0], field: path[1]!, name }
    : { struct: undefined, field: path[0]!, name };
}

/** A reference, looked up in the schema of an envelope. */
export interface ResolvedReference {
  readonly name: string;
  /** Optional: not every event has it. */
  readonly schema: Schema;
  readonly path: readonly FieldCopy[];
}

/**
 * Looks references up; those of fields that there are not are left out, as in Debezium.
 * @throws {DataError} when there is no such struct
 */
export function resolveReferences(
  references: readonly FieldReference[],
  envelope: Schema,
  replaceNulls: boolean,
): ResolvedReference[] {
  return references.flatMap((reference) => resolved(reference, envelope, replaceNulls) ?? []);
}

function resolved(
  { struct, field, name }: FieldReference,
  envelope: Schema,
  replaceNulls: boolean,
): ResolvedReference | undefined {
  const structName = struct ?? structWith(field, envelope);
  const path: FieldCopy[] = [];
  let schema = envelope;
  if (structName !== undefined) {
    const parent = envelope.field(structName);
    if (parent === undefined) {
      throw new DataError(
        `The event has no struct ${structName}, of which ${field} is to be added`,
      );
    }
    path.push(fieldCopy(parent, false));
    schema = parent.schema;
  }
  const found = schema.field(field);
  if (found === undefined) return undefined;
  path.push(fieldCopy(found, replaceNulls));
  return { name, schema: optionalCopy(found.schema), path };
}

/** Undefined for the top of the envelope. */
function structWith(field: string, envelope: Schema): string | undefined {
  if (OF_TRANSACTION.has(field)) return "transaction";
  return envelope.field(field) === undefined ? "source" : undefined;
}

function optionalCopy(schema: Schema): Schema {
  if (schema.type === "STRUCT" || schema.type === "ARRAY" || schema.type === "MAP") return schema;
  return withBasicsOf(schema, new SchemaBuilder(schema.type)).optional().build();
}

/** Null where the event does not have it. */
export function readReference({ path }: ResolvedReference, envelope: Struct): unknown {
  return readPath(path, envelope);
}
