import type { JoinedMember, ProtocolMetadata } from "./group-transport.ts";

export interface GroupMemberOptions {
  groupId: string;
  /** What kind of group it is: "consumer", or "connect" for workers. */
  protocolType: string;
  /** Java: session.timeout.ms. Silence for so long, and the coordinator gives us up. */
  sessionTimeoutMs: number;
  /** Java: max.poll.interval.ms. How long a rebalance waits for us, and we for the next poll. */
  rebalanceTimeoutMs: number;
  /** Java: heartbeat.interval.ms. */
  heartbeatIntervalMs: number;
  /** Static membership (KIP-345): the id survives restarts, and closing does not leave the group. */
  groupInstanceId?: string | undefined;
  retryBackoffMs: number;
  retryBackoffMaxMs: number;
  /**
   * What the member holds it holds through joins, and must let go when its session ends by our own
   * clock: heartbeats go out during joins too, and `membershipLost` is called in time. Default false.
   */
  watchSession?: boolean;
}

export interface GroupProtocol {
  /** Asked before every join: what we speak, most wanted first. */
  protocols(): ProtocolMetadata[];
  /**
   * Asked of the leader, after every join: what each member gets, as bytes by member id. Members
   * that are left out get nothing. A rejection ends the join and reaches its caller.
   */
  assign(
    protocolName: string,
    members: readonly JoinedMember[],
    leaderId: string,
  ): Promise<ReadonlyMap<string, Buffer>> | ReadonlyMap<string, Buffer>;
}

export interface GroupMemberEvents {
  /** A rebalance waits for us, or our membership is gone: ask for `ensureJoined` soon. */
  rejoinNeeded?: () => void;
  /**
   * We are no member any more, or can't know it: from now on others may be given what we hold.
   * Called at once, whatever is under way; the next join is prepared as for generation -1.
   */
  membershipLost?: (why: string) => void;
  /** The coordinator has answered a heartbeat. */
  heartbeat?: (durationMs: number) => void;
  log?: (level: "info" | "warn", message: string) => void;
}

/** What a finished rebalance gave. */
export interface JoinedGroup {
  generationId: number;
  memberId: string;
  leaderId: string;
  protocolName: string;
  assignment: Buffer;
}

/** Who we are to the coordinator, for commits. */
export interface Generation {
  /** -1 while we are no member. */
  generationId: number;
  /** "" before the coordinator has given one. */
  memberId: string;
}
