import { settle } from "./admin-settle.ts";
import type { Outcomes } from "./admin-settle.ts";
import { decodeAssignment } from "./assignor/consumer-protocol.ts";
import { isCoordinatorLost } from "./client.ts";
import type { KafkaClient } from "./client.ts";
import { isKafkaError, protocolError } from "./errors.ts";
import type { KafkaError } from "./errors.ts";
import { groupBy } from "./group-by.ts";
import {
  deleteGroupsV1,
  deleteGroupsV2,
  describeGroupsV4,
  describeGroupsV5,
  listGroupsV3,
  listGroupsV4,
  listGroupsV5,
  offsetDeleteV0,
} from "./protocol.ts";
import type { TopicPartition } from "./types.ts";

export interface ListedGroup {
  groupId: string;
  /** "consumer", "connect"…; "" for a group that only holds offsets. */
  protocolType: string;
  /** "" where the broker does not tell it. */
  state: string;
}

export interface GroupDescription {
  groupId: string;
  /** Stable, PreparingRebalance, CompletingRebalance, Empty; Dead for one that does not exist. */
  state: string;
  protocolType: string;
  /** The protocol that was chosen among those that members offer, "" while there is none. */
  protocol: string;
  members: GroupMemberDescription[];
}

export interface GroupMemberDescription {
  memberId: string;
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  /** What it offered for the chosen protocol; its meaning depends on the protocol type. */
  metadata: Buffer;
  assignment: Buffer;
  /** The assignment of a member of a consumer group; undefined for other types. */
  partitions: TopicPartition[] | undefined;
}

/** UNKNOWN_SERVER_ERROR: for an answer without what was asked for. */
const UNKNOWN = -1;

/** Groups of all brokers. @throws KafkaError if one does not answer: half a list would mislead */
export async function listGroups(client: KafkaClient, lane: string): Promise<ListedGroup[]> {
  await client.refreshMetadata([]);
  const lists = await Promise.all(
    [...client.cache.brokers.keys()].map((nodeId) =>
      client.request(nodeId, [listGroupsV5.api, listGroupsV4.api, listGroupsV3.api], [[], []], {
        lane,
      }),
    ),
  );
  return lists.flatMap(({ groups }) =>
    groups.map(({ groupId, protocolType, groupState }) => ({
      groupId,
      protocolType,
      state: groupState ?? "",
    })),
  );
}

/** Of any type. A group that does not exist is described as Dead, as brokers do. */
export function describeGroups(
  client: KafkaClient,
  lane: string,
  groupIds: readonly string[],
): Promise<Outcomes<GroupDescription>> {
  return eachGroup(client, groupIds, async (groupId) => {
    const { groups } = await client.send(
      { group: groupId },
      [describeGroupsV5.api, describeGroupsV4.api],
      [[groupId], false],
      { lane },
    );
    const group = groups[0];
    if (group === undefined || group.errorCode !== 0)
      throw protocolError(group?.errorCode ?? UNKNOWN, `describe group ${groupId}`);
    const consumer = group.protocolType === "consumer" && group.groupState === "Stable";
    return {
      groupId,
      state: group.groupState,
      protocolType: group.protocolType,
      protocol: group.protocolData,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId ?? null,
        clientId: member.clientId,
        clientHost: member.clientHost,
        metadata: member.memberMetadata,
        assignment: member.memberAssignment,
        partitions: consumer ? decodeAssignment(member.memberAssignment).partitions : undefined,
      })),
    };
  });
}

export function deleteGroups(
  client: KafkaClient,
  lane: string,
  groupIds: readonly string[],
): Promise<Outcomes<true>> {
  return eachGroup<true>(client, groupIds, async (groupId) => {
    const { results } = await client.send(
      { group: groupId },
      [deleteGroupsV2.api, deleteGroupsV1.api],
      [[groupId]],
      { lane },
    );
    const errorCode = results[0]?.errorCode ?? UNKNOWN;
    if (errorCode !== 0) throw protocolError(errorCode, `delete group ${groupId}`);
    return true;
  });
}

/** @throws KafkaError of the first partition that was refused, such as GROUP_SUBSCRIBED_TO_TOPIC */
export async function deleteGroupOffsets(
  client: KafkaClient,
  lane: string,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const topics = Array.from(
    groupBy(partitions, ({ topic }) => topic),
    ([name, of]) => ({
      name,
      partitions: of.map(({ partition }) => ({ partitionIndex: partition })),
    }),
  );
  const answer = await client.request({ group: groupId }, [offsetDeleteV0.api], [groupId, topics], {
    lane,
  });
  for (const { name, partitions: of } of answer.topics)
    for (const { partitionIndex, errorCode } of of)
      if (errorCode !== 0)
        throw protocolError(errorCode, `delete the offset of group ${groupId} for`, {
          topic: name,
          partition: partitionIndex,
        });
}

/** Each group has its own coordinator, so each is asked for by itself. */
function eachGroup<T>(
  client: KafkaClient,
  groupIds: readonly string[],
  ask: (groupId: string) => Promise<T>,
): Promise<Outcomes<T>> {
  const outcomeOf = async (groupId: string): Promise<[string, T | KafkaError]> => {
    try {
      return [groupId, await ask(groupId)];
    } catch (error) {
      if (!isKafkaError(error)) throw error;
      if (isCoordinatorLost(error)) client.forgetCoordinator({ group: groupId });
      return [groupId, error];
    }
  };
  return settle(
    client,
    groupIds,
    async (pending) => new Map(await Promise.all(pending.map(outcomeOf))),
  );
}
