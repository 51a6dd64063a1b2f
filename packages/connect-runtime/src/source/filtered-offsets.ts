import type { Props } from "@millrace/connect-api";

/**
 * Whether records that are filtered out or skipped count as done (`source.filtered.offsets=commit`).
 * By default they add no offset, as in Java (`AbstractWorkerSourceTask.recordDropped`), so that a
 * source all of whose records are dropped never moves on: what KIP-910 is about.
 */
export function commitsFilteredOffsets(connectorProps: Props): boolean {
  return connectorProps["source.filtered.offsets"]?.trim() === "commit";
}
