import type { Schema } from "@millrace/connect-api";
import { noFields } from "./misled-path.ts";
import type { PathTree } from "./path-tree.ts";
import { requireMap } from "./requirements.ts";
import { type Kept, type Rewrite, rewriteElements, StructRewrite } from "./rewrite.ts";
import type { MapRewrite } from "./rewrite-schemaless.ts";
import { eachElement, eachEntry, MapCollector } from "./schemaless-map.ts";

/** What a configuration says of a field. */
export interface FieldMarks {
  readonly isExcluded?: true;
  /** With all that is in it. */
  readonly isIncluded?: true;
  readonly newName?: string;
}

/** Which fields of a struct or map remain, and by what names. */
export interface Selection {
  /** Leads there, for messages. */
  readonly path: string;
  /** Whether fields remain that are not named. */
  readonly others: boolean;
  readonly named: ReadonlyMap<string, SelectedField>;
  /** Of a list: which fields of its elements. */
  readonly each: Selection | undefined;
}

interface SelectedField {
  readonly remains: boolean;
  readonly name: string;
  readonly within: Selection | undefined;
}

/** @param all whether everything is included that is not excluded */
export function fieldSelection(tree: PathTree<FieldMarks>, all: boolean): Selection {
  const named = [...tree.fields].map(
    ([name, child]) => [name, selected(name, child, all)] as const,
  );
  return {
    path: tree.path,
    others: all,
    named: new Map(named),
    each: tree.each && fieldSelection(tree.each, all),
  };
}

function selected(name: string, child: PathTree<FieldMarks>, all: boolean): SelectedField {
  const { isExcluded = false, isIncluded = false, newName = name } = child.target ?? {};
  const remains = !isExcluded && (all || includesSome(child));
  const goesOn = child.fields.size > 0 || child.each !== undefined;
  return {
    remains,
    name: newName,
    within: remains && goesOn ? fieldSelection(child, all || isIncluded) : undefined,
  };
}

function includesSome({ target, fields, each }: PathTree<FieldMarks>): boolean {
  if (target?.isIncluded === true) return true;
  if (each !== undefined && includesSome(each)) return true;
  for (const child of fields.values()) if (includesSome(child)) return true;
  return false;
}

/** What becomes of the structs of a schema. */
export function selectFields(
  schema: Schema,
  { others, named }: Selection,
  replaceNulls: boolean,
  kept: Kept = "everything",
): StructRewrite {
  return new StructRewrite(schema, {
    replaceNulls,
    kept,
    field({ name, schema }) {
      const field = named.get(name);
      if (field === undefined) return others ? { name } : undefined;
      if (!field.remains) return undefined;
      const { within } = field;
      return { name: field.name, rewrite: within && selectWithin(schema, within, replaceNulls) };
    },
  });
}

function selectWithin(schema: Schema, selection: Selection, replaceNulls: boolean): Rewrite {
  const { path, each } = selection;
  if (each !== undefined) {
    return rewriteElements(schema, path, "everything", (element) =>
      selectWithin(element, each, replaceNulls),
    );
  }
  if (schema.type !== "STRUCT") throw noFields(path, schema);
  return selectFields(schema, selection, replaceNulls);
}

/** What becomes of maps without schema. */
export function selectEntries({ others, named }: Selection): MapRewrite {
  const entries = new Map(
    [...named].map(([name, { remains, name: newName, within }]) => [
      name,
      { remains, newName, change: within && entriesWithin(within) },
    ]),
  );
  return (map) => {
    const updated = MapCollector.like(map);
    eachEntry(map, (name, value) => {
      const entry = entries.get(name);
      if (entry === undefined) {
        if (others) updated.set(name, value);
      } else if (entry.remains) {
        updated.set(entry.newName, entry.change === undefined ? value : entry.change(value));
      }
    });
    return updated.map;
  };
}

function entriesWithin(selection: Selection): (value: unknown) => unknown {
  const { path, each } = selection;
  if (each !== undefined) {
    const change = entriesWithin(each);
    return (value) => (value === null ? null : eachElement(value, path, change));
  }
  const select = selectEntries(selection);
  return (value) => (value === null ? null : select(requireMap(value, "nested field access")));
}
