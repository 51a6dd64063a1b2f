import { NO_WORK } from "../store/work.ts";
import type { Work, WorkSnapshot } from "../store/work.ts";
import { unitsOfSnapshot, taskOf } from "./units.ts";

/**
 * Deals everything out anew, whoever ran it before: connectors, then tasks, around the members by
 * their ids (Java: `EagerAssignor`).
 */
export function assignEagerly(
  snapshot: WorkSnapshot,
  memberIds: readonly string[],
): Map<string, Work> {
  const members = [...memberIds].sort();
  const { connectors, tasks } = unitsOfSnapshot(snapshot);
  // The tasks go on where the connectors ended.
  const around = [...connectors, ...Array.from(tasks, taskOf)];
  return new Map(
    members.map((member, index) => {
      const mine = around.filter((_, i) => i % members.length === index);
      const work: Work = {
        connectors: mine.filter((unit) => typeof unit === "string"),
        tasks: mine.filter((unit) => typeof unit !== "string"),
      };
      return [member, mine.length === 0 ? NO_WORK : work];
    }),
  );
}
