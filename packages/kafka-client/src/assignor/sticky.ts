import type { TopicPartition } from "../types.ts";
import type { Assignor } from "./assignor.ts";
import {
  decodeStickyUserData,
  encodeGeneration,
  encodeStickyUserData,
} from "./consumer-protocol.ts";
import { PartitionMap } from "../partition-map.ts";
import { balance } from "./sticky-balance.ts";

/**
 * Balanced, and as close to the last assignment as that allows. Members give everything up before
 * they join, so what each had travels in its user data.
 */
export function stickyAssignor(): Assignor {
  let last: readonly TopicPartition[] = [];
  let lastGeneration = -1;
  return {
    name: "sticky",
    rebalance: "eager",
    userData: () => (lastGeneration < 0 ? null : encodeStickyUserData(last, lastGeneration)),
    assign: (partitionCounts, members) =>
      balance(partitionCounts, members, ({ subscription }) =>
        decodeStickyUserData(subscription.userData),
      ),
    onAssignment(partitions, generationId) {
      last = partitions;
      lastGeneration = generationId;
    },
  };
}

/**
 * As sticky, in two rounds: a partition that changes hands is given to no one until the member
 * that holds it has given it up and joined again. All others are consumed without a break.
 */
export const cooperativeStickyAssignor: Assignor = {
  name: "cooperative-sticky",
  rebalance: "cooperative",
  userData: (_owned, generationId) => encodeGeneration(generationId),
  assign(partitionCounts, members) {
    const assignments = balance(partitionCounts, members, ({ subscription }) => ({
      partitions: subscription.ownedPartitions,
      generationId: subscription.generationId,
    }));
    const holders = new PartitionMap<string[]>();
    for (const { memberId, subscription } of members)
      for (const { topic, partition } of subscription.ownedPartitions) {
        const ids = holders.get(topic, partition);
        if (ids === undefined) holders.set(topic, partition, [memberId]);
        else ids.push(memberId);
      }
    for (const [memberId, partitions] of assignments)
      assignments.set(
        memberId,
        partitions.filter(({ topic, partition }) => {
          const ids = holders.get(topic, partition);
          return ids === undefined || ids.includes(memberId);
        }),
      );
    return assignments;
  },
};
