import { byMember, emptyAssignments, subscribers } from "./assignor.ts";
import type { Assignor } from "./assignor.ts";

/** All partitions of all topics in turn, passing over members that do not want the topic. */
export const roundRobinAssignor: Assignor = {
  name: "roundrobin",
  rebalance: "eager",
  assign(partitionCounts, members) {
    const assignments = emptyAssignments(members);
    const sorted = [...members].sort(byMember);
    let turn = 0;
    for (const topic of subscribers(partitionCounts, members).keys()) {
      const count = partitionCounts.get(topic) ?? 0;
      for (let partition = 0; partition < count; partition++) {
        while (!sorted[turn % sorted.length]!.subscription.topics.includes(topic)) turn++;
        const { memberId } = sorted[turn++ % sorted.length]!;
        assignments.get(memberId)?.push({ topic, partition });
      }
    }
    return assignments;
  },
};
