/** What a member does about an error code in an answer of its coordinator. */
export interface Reaction {
  /** Look for the coordinator again. */
  coordinatorLost?: true;
  /** Wait before the next attempt. */
  backoff?: true;
  /** Take the member id of the answer for the next attempt (KIP-394). */
  takeMemberId?: true;
  /** We are no member of that generation any more, or not under that id. */
  forget?: "generation" | "member";
  /** Join when the caller polls next; until then we are still a member. */
  rejoin?: true;
  /** No repetition heals it. */
  fatal?: true;
}

const FATAL: Reaction = { fatal: true };
const LOST: Reaction = { coordinatorLost: true, backoff: true };

/** Java: AbstractCoordinator.JoinGroupResponseHandler. */
const JOIN: Record<string, Reaction> = {
  MEMBER_ID_REQUIRED: { takeMemberId: true },
  UNKNOWN_MEMBER_ID: { forget: "member" },
  COORDINATOR_LOAD_IN_PROGRESS: { backoff: true },
  COORDINATOR_NOT_AVAILABLE: LOST,
  NOT_COORDINATOR: LOST,
  REBALANCE_IN_PROGRESS: { backoff: true },
  FENCED_INSTANCE_ID: { forget: "member", fatal: true },
};

/** Java: AbstractCoordinator.SyncGroupResponseHandler. */
const SYNC: Record<string, Reaction> = {
  REBALANCE_IN_PROGRESS: {},
  UNKNOWN_MEMBER_ID: { forget: "member" },
  ILLEGAL_GENERATION: { forget: "generation" },
  COORDINATOR_LOAD_IN_PROGRESS: { backoff: true },
  COORDINATOR_NOT_AVAILABLE: LOST,
  NOT_COORDINATOR: LOST,
  FENCED_INSTANCE_ID: { forget: "member", fatal: true },
};

/** Java: AbstractCoordinator.HeartbeatResponseHandler. */
const HEARTBEAT: Record<string, Reaction> = {
  REBALANCE_IN_PROGRESS: { rejoin: true },
  UNKNOWN_MEMBER_ID: { forget: "member" },
  ILLEGAL_GENERATION: { forget: "generation" },
  COORDINATOR_LOAD_IN_PROGRESS: {},
  COORDINATOR_NOT_AVAILABLE: { coordinatorLost: true },
  NOT_COORDINATOR: { coordinatorLost: true },
  FENCED_INSTANCE_ID: { forget: "member", fatal: true },
};

export const joinReaction = (code: string): Reaction => JOIN[code] ?? FATAL;
export const syncReaction = (code: string): Reaction => SYNC[code] ?? FATAL;
export const heartbeatReaction = (code: string): Reaction => HEARTBEAT[code] ?? FATAL;
