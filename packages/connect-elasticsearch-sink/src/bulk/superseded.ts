import type { Operation } from "./operation.ts";
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
  const latest = new Map<string, number>();
  for (const [i, operation] of operations.entries()) {
    const { index, id, version } = operation;
    const done = outcomeOf(operation, items[i] as ItemResult) === "done"; // one per operation
    if (version === undefined || !done) continue;
    const document = `${index}/${id}`;
    latest.set(document, Math.max(version, latest.get(document) ?? -1));
  }
  return turnedAway.filter(({ index, id, version = -1, progress, ticket }) => {
    const superseded = (latest.get(`${index}/${id}`) ?? -1) > version && version >= 0;
    if (superseded) progress.done(ticket);
    return !superseded;
  });
}
