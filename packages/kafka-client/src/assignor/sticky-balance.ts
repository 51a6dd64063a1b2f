import { PartitionMap } from "../partition-map.ts";
import type { TopicPartition } from "../types.ts";
import { byMember, subscribers } from "./assignor.ts";
import type { AssignorMember } from "./assignor.ts";

/** What a member says it holds, and since which generation. */
export interface Claim {
  partitions: readonly TopicPartition[];
  generationId: number;
}

/**
 * Divides partitions so that no two members differ by more than one where their subscriptions
 * allow, and moves as few of those that are held as that takes.
 */
export function balance(
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly AssignorMember[],
  claimOf: (member: AssignorMember) => Claim,
): Map<string, TopicPartition[]> {
  const wanted = subscribers(partitionCounts, members);
  const owners = validOwners(partitionCounts, members, claimOf);
  const held = new Map<AssignorMember, TopicPartition[]>();
  for (const member of [...members].sort(byMember)) held.set(member, []);

  const free: TopicPartition[] = [];
  for (const topic of wanted.keys()) {
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
      const owner = owners.get(topic, partition);
      (owner === undefined ? free : held.get(owner))?.push({ topic, partition });
    }
  }
  // Where the choice is smallest first: the others can still fill up what that leaves uneven.
  const choices = ({ topic }: TopicPartition): number => wanted.get(topic)?.length ?? 0;
  free.sort((a, b) => choices(a) - choices(b));
  for (const tp of free) leastLoaded(wanted.get(tp.topic) ?? [], held)?.push(tp);
  while (moveOne(held, wanted));
  return new Map(Array.from(held, ([{ memberId }, partitions]) => [memberId, partitions]));
}

/**
 * Moves one partition from the fullest member that can give to one that holds two less: one at a
 * time, so that no member gives away more than it has to. @returns whether there was any
 */
function moveOne(
  held: ReadonlyMap<AssignorMember, TopicPartition[]>,
  wanted: ReadonlyMap<string, AssignorMember[]>,
): boolean {
  const takers = new Map<string, TopicPartition[] | undefined>();
  const takerOf = (topic: string): TopicPartition[] | undefined => {
    if (!takers.has(topic)) takers.set(topic, leastLoaded(wanted.get(topic) ?? [], held));
    return takers.get(topic);
  };
  const fullestFirst = [...held.values()].sort((a, b) => b.length - a.length);
  for (const from of fullestFirst) {
    for (let i = from.length - 1; i >= 0; i--) {
      const to = takerOf(from[i]!.topic);
      if (to === undefined || to.length + 1 >= from.length) continue;
      to.push(...from.splice(i, 1));
      return true;
    }
  }
  return false;
}

function leastLoaded(
  candidates: readonly AssignorMember[],
  held: ReadonlyMap<AssignorMember, TopicPartition[]>,
): TopicPartition[] | undefined {
  let least: TopicPartition[] | undefined;
  for (const member of candidates) {
    const partitions = held.get(member);
    if (partitions !== undefined && (least === undefined || partitions.length < least.length))
      least = partitions;
  }
  return least;
}

/** Claims that still make sense. Of two for one partition the younger counts; neither, if equal. */
function validOwners(
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly AssignorMember[],
  claimOf: (member: AssignorMember) => Claim,
): PartitionMap<AssignorMember | undefined> {
  const owners = new PartitionMap<AssignorMember | undefined>();
  const generations = new PartitionMap<number>();
  for (const member of members) {
    const { partitions, generationId } = claimOf(member);
    for (const { topic, partition } of partitions) {
      if (partition >= (partitionCounts.get(topic) ?? 0)) continue;
      if (!member.subscription.topics.includes(topic)) continue;
      const other = generations.get(topic, partition);
      if (other !== undefined && other > generationId) continue;
      owners.set(topic, partition, other === generationId ? undefined : member);
      generations.set(topic, partition, generationId);
    }
  }
  return owners;
}
