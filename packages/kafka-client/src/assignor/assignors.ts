import { KafkaError } from "../errors.ts";
import type { Assignor } from "./assignor.ts";
import { rangeAssignor } from "./range.ts";
import { roundRobinAssignor } from "./round-robin.ts";
import { cooperativeStickyAssignor, stickyAssignor } from "./sticky.ts";

export type AssignorName = "range" | "roundrobin" | "sticky" | "cooperative-sticky";

/** What Java's consumers offer unless told otherwise. */
export const DEFAULT_ASSIGNORS: readonly AssignorName[] = ["range", "cooperative-sticky"];

/** Most wanted first. @throws KafkaError INVALID_CONFIG for none, or an unknown one */
export function assignorsOf(names: readonly AssignorName[]): Assignor[] {
  if (names.length === 0)
    throw new KafkaError("INVALID_CONFIG", "A group consumer needs at least one assignor");
  return names.map((name) => {
    switch (name) {
      case "range":
        return rangeAssignor;
      case "roundrobin":
        return roundRobinAssignor;
      case "sticky":
        return stickyAssignor();
      case "cooperative-sticky":
        return cooperativeStickyAssignor;
      default:
        throw new KafkaError(
          "INVALID_CONFIG",
          `Unknown assignor ${String(name)}; there are range, roundrobin, sticky and cooperative-sticky`,
        );
    }
  });
}
