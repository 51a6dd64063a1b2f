import type { KafkaClient } from "./client.ts";
import {
  heartbeatV3,
  heartbeatV4,
  joinGroupV5,
  joinGroupV6,
  joinGroupV7,
  joinGroupV8,
  joinGroupV9,
  leaveGroupV3,
  leaveGroupV4,
  leaveGroupV5,
  syncGroupV3,
  syncGroupV4,
  syncGroupV5,
} from "./protocol.ts";

export interface ProtocolMetadata {
  name: string;
  metadata: Buffer;
}

export interface JoinedMember {
  memberId: string;
  groupInstanceId?: string | null | undefined;
  metadata: Buffer;
}

export interface JoinRequest {
  memberId: string;
  protocols: ProtocolMetadata[];
  /** For the broker's log (KIP-800). */
  reason: string;
}

export interface JoinAnswer {
  errorCode: number;
  generationId: number;
  protocolType?: string | null | undefined;
  protocolName?: string | null | undefined;
  leader: string;
  /** A static leader came back and nothing changed: the old assignment stands (KIP-814). */
  skipAssignment?: boolean | undefined;
  memberId: string;
  /** Empty for all but the leader. */
  members: JoinedMember[];
}

export interface SyncRequest {
  generationId: number;
  memberId: string;
  protocolName: string | null;
  assignments: { memberId: string; assignment: Buffer }[];
}

export interface SyncAnswer {
  errorCode: number;
  protocolName?: string | null | undefined;
  assignment: Buffer;
}

/**
 * The four requests of the classic group protocol. Error codes are data; a rejection is a
 * KafkaError and means that there was no answer.
 */
export interface GroupTransport {
  join(request: JoinRequest): Promise<JoinAnswer>;
  sync(request: SyncRequest): Promise<SyncAnswer>;
  heartbeat(generationId: number, memberId: string): Promise<{ errorCode: number }>;
  leave(memberId: string, reason: string): Promise<{ errorCode: number }>;
  /** Looks for the coordinator again before the next request. */
  coordinatorLost(): void;
  /** Ends a join or sync that waits for its answer: it rejects. */
  abandonJoin(): void;
  close(): void;
}

export interface GroupTransportOptions {
  groupId: string;
  protocolType: string;
  groupInstanceId: string | null;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
}

/** What Java adds to the rebalance timeout, so that the broker's own answer is not cut off. */
const JOIN_LAPSE_MS = 5000;

/** @param lane for all but joins; until it is closed, for other short requests of the group too */
export function groupTransport(
  client: KafkaClient,
  options: GroupTransportOptions,
  lane = client.newLane("group"),
): GroupTransport {
  const { groupId, protocolType, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = options;
  const coordinator = { group: groupId };
  // A join waits at the broker for the other members, and nothing behind it on its connection is
  // read meanwhile: heartbeats and the good-bye go another way.
  const joinLane = client.newLane("group-join");
  const { requestTimeoutMs } = client.options;
  const joinTimeoutMs = Math.max(requestTimeoutMs, rebalanceTimeoutMs + JOIN_LAPSE_MS);
  const heartbeatTimeoutMs = Math.min(requestTimeoutMs, sessionTimeoutMs);

  return {
    join: ({ memberId, protocols, reason }) =>
      client.send(
        coordinator,
        [joinGroupV9.api, joinGroupV8.api, joinGroupV7.api, joinGroupV6.api, joinGroupV5.api],
        [
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          groupInstanceId,
          protocolType,
          protocols,
          reason.slice(0, 255),
        ],
        { lane: joinLane, timeoutMs: joinTimeoutMs },
      ),
    sync: ({ generationId, memberId, protocolName, assignments }) =>
      client.send(
        coordinator,
        [syncGroupV5.api, syncGroupV4.api, syncGroupV3.api],
        [groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments],
        { lane: joinLane, timeoutMs: joinTimeoutMs },
      ),
    heartbeat: (generationId, memberId) =>
      client.send(
        coordinator,
        [heartbeatV4.api, heartbeatV3.api],
        [groupId, generationId, memberId, groupInstanceId],
        { lane, timeoutMs: heartbeatTimeoutMs },
      ),
    async leave(memberId, reason) {
      const { errorCode, members } = await client.send(
        coordinator,
        [leaveGroupV5.api, leaveGroupV4.api, leaveGroupV3.api],
        [groupId, [{ memberId, groupInstanceId, reason: reason.slice(0, 255) }]],
        { lane },
      );
      return { errorCode: errorCode === 0 ? (members[0]?.errorCode ?? 0) : errorCode };
    },
    coordinatorLost: () => client.forgetCoordinator(coordinator),
    abandonJoin: () => client.closeLane(joinLane),
    close() {
      client.closeLane(joinLane);
      client.closeLane(lane);
    },
  };
}
