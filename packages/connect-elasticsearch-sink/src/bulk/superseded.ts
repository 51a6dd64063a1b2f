import type { Operation } from "./operation.ts";
import type { Version } from "../document/version.ts";
import { type ItemResult, outcomeOf } from "./outcome.ts";

/**
 * Of the operations that were turned away for the moment, those still worth sending. One
 * whose document got a newer version by the same request need not, and must not, be
 * repeated: if that was a delete, Elasticsearch remembers its version for
 * index.gc_deletes (60 s) only. It is marked as done.
 */
export function withoutSuperseded(
  turnedAway: readonly Operation[],
  operations: readonly Operation[],
  items: readonly ItemResult[],
): readonly Operation[] {
  if (turnedAway.length === 0) return turnedAway;
  const latest = new Map<string, { readonly version: Version; readonly at: number }>();
  for (const [at, operation] of operations.entries()) {
    const { index, id, version } = operation;
    const outcome = outcomeOf(operation, items[at] as ItemResult); // one per operation
    // A conflict tells that a newer version than this one is there.
    if (version === undefined || (outcome !== "done" && outcome !== "conflict")) continue;
    const document = `${index}/${id}`;
    const before = latest.get(document);
    if (before === undefined || version >= before.version) latest.set(document, { version, at });
  }
  return turnedAway.filter((operation) => {
    const { index, id, version, progress, ticket } = operation;
    const newest = latest.get(`${index}/${id}`);
    if (newest === undefined || version === undefined) return true;
    // Of two with the same version (external_gte) the later one counts.
    const superseded =
      newest.version > version ||
      (newest.version === version && newest.at > operations.indexOf(operation));
    if (superseded) progress.done(ticket);
    return !superseded;
  });
}
