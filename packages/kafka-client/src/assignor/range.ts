import { emptyAssignments, subscribers } from "./assignor.ts";
import type { Assignor } from "./assignor.ts";

/** Topic by topic, each member a contiguous range; the first ones get what does not divide. */
export const rangeAssignor: Assignor = {
  name: "range",
  rebalance: "eager",
  assign(partitionCounts, members) {
    const assignments = emptyAssignments(members);
    for (const [topic, subscribed] of subscribers(partitionCounts, members)) {
      const count = partitionCounts.get(topic) ?? 0;
      const each = Math.floor(count / subscribed.length);
      const extra = count % subscribed.length;
      let partition = 0;
      for (const [index, { memberId }] of subscribed.entries()) {
        const end = partition + each + (index < extra ? 1 : 0);
        for (; partition < end; partition++) assignments.get(memberId)?.push({ topic, partition });
      }
    }
    return assignments;
  },
};
