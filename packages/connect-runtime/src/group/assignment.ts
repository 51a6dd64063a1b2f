import type { Work } from "../store/work.ts";

/** What a finished rebalance means for this worker. */
export interface Assignment {
  readonly generation: number;
  /** 0 eager, 1 compatible, 2 sessioned: internal requests are signed. */
  readonly protocolVersion: 0 | 1 | 2;
  /** No work was given out, since the leader could not read the config topic far enough. */
  readonly failed: boolean;
  /** Member id. */
  readonly leader: string;
  /** Where the leader's REST API is, with a slash at the end. */
  readonly leaderUrl: string;
  readonly isLeader: boolean;
  /** The version of the config topic that the assignment was made by. */
  readonly configOffset: number;
  /** Everything that this worker has to run now. */
  readonly work: Work;
  /** What it had to give up in this rebalance, and has given up. */
  readonly revoked: Work;
  /** Milliseconds after which the group rebalances again, since work waits for a lost worker; 0: it does not. */
  readonly delayMs: number;
}
