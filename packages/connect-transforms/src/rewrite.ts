import {
  copySchema,
  type Field,
  isStruct,
  optionalSchema,
  type Schema,
  Struct,
  validateValue,
} from "@millrace/connect-api";
import { structLike } from "./field-copy.ts";
import { noElements, noFields } from "./misled-path.ts";
import type { PathTree } from "./path-tree.ts";
import { requireStruct } from "./requirements.ts";

/** Makes the new value of an old one, of a field or element; null may come, and may go. */
export type Convert = (value: unknown) => unknown;

/** What becomes of the values of a schema. */
export interface Rewrite {
  /** The schema of what they become. */
  readonly schema: Schema;
  readonly convert: Convert;
}

/** What becomes of a field. */
export interface FieldEdit {
  readonly name: string;
  /** Absent where the value stays as it is. */
  readonly rewrite?: Rewrite | undefined;
}

/** A field that a struct gets besides its own. */
export interface AddedField {
  readonly name: string;
  readonly schema: Schema;
  /** Called for each struct. */
  readonly value: () => unknown;
}

/**
 * What the new schema takes of the old one besides name, version, doc and parameters: whether
 * it is optional, and its default too.
 */
export type Kept = "basics" | "optional" | "everything";

export interface StructEdits {
  /** Whether nulls become the defaults of their schemas (KIP-1040). */
  readonly replaceNulls: boolean;
  readonly kept: Kept;
  /** What becomes of a field; undefined leaves it out. */
  field(field: Field): FieldEdit | undefined;
  readonly added?: readonly AddedField[];
}

/** A field of the new struct, by where its value comes from. */
interface Slot {
  readonly index: number;
  /** Stands in for null. */
  readonly substitute: unknown;
  readonly convert: Convert | undefined;
  /** The old one. */
  readonly schema: Schema;
  readonly isRequired: boolean;
  readonly name: string;
}

/** Rewrites the structs of one schema: worked out once, then straight code for each. */
export class StructRewrite implements Rewrite {
  readonly schema: Schema;
  readonly #slots: readonly Slot[];
  readonly #added: readonly AddedField[];

  /** @throws {SchemaBuilderError} when two fields get the same name */
  constructor(schema: Schema, edits: StructEdits) {
    this.#added = edits.added ?? [];
    const fields = schema.fields.flatMap((field) => {
      const edit = edits.field(field);
      return edit === undefined ? [] : [{ field, edit }];
    });
    this.#slots = fields.map(({ field, edit }) => slotOf(field, edit, edits.replaceNulls));
    const builder = structLike(schema);
    for (const { field, edit } of fields) builder.field(edit.name, newSchema(field, edit));
    for (const { name, schema } of this.#added) builder.field(name, schema);
    const isSame =
      edits.kept === "everything" &&
      fields.length + this.#added.length === schema.fields.length &&
      fields.every(
        ({ field, edit }) => edit.name === field.name && newSchema(field, edit) === field.schema,
      );
    this.schema = isSame ? schema : this.#completed(builder.build(), schema, edits.kept);
  }

  /** @throws {DataError} when a required field is null, or a value cannot be converted */
  apply(struct: Struct): Struct {
    return Struct.of(this.schema, this.#valuesOf(struct.values));
  }

  readonly convert: Convert = (value) =>
    value === null ? null : this.apply(requireStruct(value, "nested field access", this.schema));

  #valuesOf(values: readonly unknown[]): unknown[] {
    const slots = this.#slots;
    const out = Array<unknown>(slots.length + this.#added.length);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      let value = values[slot.index] ?? slot.substitute;
      if (slot.convert !== undefined) value = slot.convert(value) ?? null;
      if (value === null && slot.isRequired) validateValue(slot.schema, null, slot.name);
      out[i] = value;
    }
    for (let i = 0; i < this.#added.length; i++) {
      const { name, schema, value } = this.#added[i]!;
      const added = value();
      if (added === null && !schema.optional) validateValue(schema, null, name);
      out[slots.length + i] = added;
    }
    return out;
  }

  #completed(made: Schema, { optional, defaultValue }: Schema, kept: Kept): Schema {
    const schema = kept !== "basics" && optional ? optionalSchema(made) : made;
    if (kept !== "everything" || !isStruct(defaultValue)) return schema;
    const updated = Struct.of(schema, this.#valuesOf(defaultValue.values));
    return copySchema(schema, { defaultValue: updated });
  }
}

function newSchema(field: Field, { rewrite }: FieldEdit): Schema {
  return rewrite === undefined ? field.schema : rewrite.schema;
}

function slotOf(
  { index, schema }: Field,
  { name, rewrite }: FieldEdit,
  replaceNulls: boolean,
): Slot {
  return {
    index,
    substitute: replaceNulls ? (schema.defaultValue ?? null) : null,
    convert: rewrite?.convert,
    schema,
    isRequired: !schema.optional,
    name,
  };
}

/**
 * Rewrites each element of an array, or each value of a map.
 * @param path leads to it, for messages
 * @param of what becomes of an element
 * @throws {DataError} for other schemas, and where elements have none
 */
export function rewriteElements(
  schema: Schema,
  path: string,
  kept: Kept,
  of: (element: Schema) => Rewrite,
): Rewrite {
  if (schema.type !== "ARRAY" && schema.type !== "MAP") throw noElements(path, schema);
  const element = of(schema.valueSchema);
  const convert =
    schema.type === "ARRAY" ? eachOfArray(element.convert) : eachOfMap(element.convert);
  if (element.schema === schema.valueSchema) return { schema, convert };
  const defaultValue =
    kept === "everything" && schema.defaultValue !== undefined
      ? convert(schema.defaultValue)
      : undefined;
  return { schema: copySchema(schema, { valueSchema: element.schema, defaultValue }), convert };
}

function eachOfArray(convert: Convert): Convert {
  return (value) => {
    if (value === null) return null;
    const out: unknown[] = [];
    for (const element of value as readonly unknown[]) out.push(convert(element));
    return out;
  };
}

function eachOfMap(convert: Convert): Convert {
  return (value) => {
    if (value === null) return null;
    const out = new Map<unknown, unknown>();
    for (const [key, element] of value as ReadonlyMap<unknown, unknown>) {
      out.set(key, convert(element));
    }
    return out;
  };
}

/** What is done along paths in data with a schema. */
export interface PathEdits<T> {
  readonly replaceNulls: boolean;
  /** For the structs and lists on the way; by default everything. */
  readonly kept?: Kept;
  /** What becomes of the values of a schema where a path ends. */
  target(schema: Schema, target: T): Rewrite;
  /** The fields that a struct on the way gets besides its own. */
  added?(schema: Schema, tree: PathTree<T>): readonly AddedField[];
}

/** What becomes of a struct that paths lead into. */
export function rewriteStruct<T>(
  schema: Schema,
  tree: PathTree<T>,
  edits: PathEdits<T>,
  kept: Kept = edits.kept ?? "everything",
): StructRewrite {
  return new StructRewrite(schema, {
    replaceNulls: edits.replaceNulls,
    kept,
    field({ name, schema }) {
      const child = tree.fields.get(name);
      return { name, rewrite: child && rewriteAlong(schema, child, edits) };
    },
    ...(edits.added && { added: edits.added(schema, tree) }),
  });
}

function rewriteAlong<T>(schema: Schema, tree: PathTree<T>, edits: PathEdits<T>): Rewrite {
  const { path, target, each } = tree;
  if (target !== undefined) return edits.target(schema, target);
  if (each !== undefined) {
    const { kept = "everything" } = edits;
    return rewriteElements(schema, path, kept, (element) => rewriteAlong(element, each, edits));
  }
  if (schema.type !== "STRUCT") throw noFields(path, schema);
  return rewriteStruct(schema, tree, edits);
}
