import { mapGet, type MapLike } from "@millrace/connect-api";
import type { PathTree } from "./path-tree.ts";
import { requireMap } from "./requirements.ts";
import { eachElement, MapCollector } from "./schemaless-map.ts";

/** What is done along paths in data without schema. */
export interface SchemalessEdits<T> {
  /**
   * Makes the new value where a path ends.
   * @param value undefined where there is none
   * @returns undefined to leave it as it is
   */
  target(value: unknown, target: T): unknown;
  /** Whether maps on the way are made where there are none; null is something. */
  readonly makesParents?: boolean;
}

/** A copy of a map with its changes. @throws {DataError} when a path is misled */
export type MapRewrite = (map: MapLike) => MapLike;

/** Makes the new value of an old one; undefined stands for none, and for no change. */
type Change = (value: unknown) => unknown;

/** Works out once what is done with each map. */
export function mapRewrite<T>(tree: PathTree<T>, edits: SchemalessEdits<T>): MapRewrite {
  const changes = [...tree.fields].map(([name, child]) => ({
    name,
    change: changeAt(child, edits),
  }));
  return (map) => {
    const updated = new MapCollector(map);
    for (const { name, change } of changes) {
      const changed = change(mapGet(map, name));
      if (changed !== undefined) updated.set(name, changed);
    }
    return updated.map;
  };
}

function changeAt<T>(tree: PathTree<T>, edits: SchemalessEdits<T>): Change {
  const { path, target, each } = tree;
  if (target !== undefined) return (value) => edits.target(value, target);
  if (each !== undefined) {
    const change = changeAt(each, edits);
    const element: Change = (value) => {
      const changed = change(value);
      return changed === undefined ? value : changed;
    };
    return (value) =>
      value === undefined || value === null ? undefined : eachElement(value, path, element);
  }
  const rewrite = mapRewrite(tree, edits);
  const made = edits.makesParents === true ? {} : undefined;
  return (value) => {
    const parent = value === undefined ? made : value;
    if (parent === undefined || parent === null) return undefined;
    return rewrite(requireMap(parent, "nested field access"));
  };
}
