import type { TopicPartition } from "../types.ts";
import type { Subscription } from "./consumer-protocol.ts";

/** What a leader knows of a member. */
export interface AssignorMember {
  memberId: string;
  groupInstanceId: string | null;
  subscription: Subscription;
}

/** Divides the partitions of a group's topics among its members. All members offer its name. */
export interface Assignor {
  readonly name: string;
  /**
   * cooperative: members keep what they hold during a rebalance, and give up only what the
   * assignment takes away, which another member gets in a second round (KIP-429).
   */
  readonly rebalance: "eager" | "cooperative";
  /** For the subscription of a member that holds `owned` since `generationId`. */
  userData?(owned: readonly TopicPartition[], generationId: number): Buffer | null;
  /**
   * @param partitionCounts of the topics that exist
   * @returns every member's partitions, by member id
   */
  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly AssignorMember[],
  ): Map<string, TopicPartition[]>;
  /** Told what this member got. */
  onAssignment?(partitions: readonly TopicPartition[], generationId: number): void;
}

/** Static members by instance id, others by member id, in UTF-16 order (Java: MemberInfo). */
export function byMember(a: AssignorMember, b: AssignorMember): number {
  const [left, right] =
    a.groupInstanceId !== null && b.groupInstanceId !== null
      ? [a.groupInstanceId, b.groupInstanceId]
      : a.groupInstanceId !== null
        ? ["0", "1"]
        : b.groupInstanceId !== null
          ? ["1", "0"]
          : [a.memberId, b.memberId];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Topics that exist and that someone wants, in UTF-16 order, each with its subscribers sorted. */
export function subscribers(
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly AssignorMember[],
): Map<string, AssignorMember[]> {
  const sorted = [...members].sort(byMember);
  const topics = new Set(members.flatMap(({ subscription }) => subscription.topics));
  const result = new Map<string, AssignorMember[]>();
  for (const topic of [...topics].sort((a, b) => (a < b ? -1 : 1))) {
    if (!partitionCounts.has(topic)) continue;
    result.set(
      topic,
      sorted.filter(({ subscription }) => subscription.topics.includes(topic)),
    );
  }
  return result;
}

export function emptyAssignments(
  members: readonly AssignorMember[],
): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]));
}
