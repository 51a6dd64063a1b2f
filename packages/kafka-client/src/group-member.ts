import { Backoff, abortable } from "./backoff.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { KafkaError, errorName, isKafkaError, isRetriable, protocolError } from "./errors.ts";
import { Heartbeats } from "./group-heartbeats.ts";
import { heartbeatReaction, joinReaction, syncReaction } from "./group-reactions.ts";
import type { Reaction } from "./group-reactions.ts";
import type {
  GroupTransport,
  JoinAnswer,
  JoinedMember,
  ProtocolMetadata,
} from "./group-transport.ts";

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

type State =
  /** No member, or not any more. */
  | "unjoined"
  /** JoinGroup is under way. */
  | "preparing"
  /** SyncGroup is under way. */
  | "completing"
  | "stable";

type Outcome = { joined: JoinedGroup } | { error: unknown } | "again";

const NO_GENERATION = -1;
/** A good-bye is a courtesy: nobody waits longer for its answer. */
const LEAVE_TIMEOUT_MS = 5000;

/**
 * One member of a classic group, of any protocol type: joins, synchronises, keeps the session alive
 * in the background, leaves (Java: AbstractCoordinator). Rebalances happen when the caller asks,
 * in `ensureJoined`; everything the coordinator says in between is remembered for then.
 */
export class GroupMember {
  readonly #transport: GroupTransport;
  readonly #options: GroupMemberOptions;
  readonly #protocol: GroupProtocol;
  readonly #events: GroupMemberEvents;
  readonly #clock: Clock;
  readonly #heartbeats: Heartbeats;
  readonly #backoff: Backoff;
  #state: State = "unjoined";
  #generationId = NO_GENERATION;
  #memberId = "";
  /** Why to join again; undefined when there is no reason to. */
  #rejoinReason: string | undefined = "the member is new";
  /** The caller has given up what it had to before a join. */
  #prepared = false;
  /** The join under way. It goes on while no one waits for it, and never rejects. */
  #attempt: Promise<Outcome> | undefined;
  #failure: KafkaError | undefined;
  #closed = false;
  #cancelSleep: (() => void) | undefined;

  constructor(
    transport: GroupTransport,
    options: GroupMemberOptions,
    protocol: GroupProtocol,
    events: GroupMemberEvents = {},
    clock: Clock = systemClock,
  ) {
    this.#transport = transport;
    this.#options = options;
    this.#protocol = protocol;
    this.#events = events;
    this.#clock = clock;
    this.#backoff = new Backoff(options.retryBackoffMs, options.retryBackoffMaxMs);
    this.#heartbeats = new Heartbeats(clock, options, {
      send: () => this.#heartbeat(),
      sessionExpired: () => {
        this.#log("warn", "The coordinator was not heard of for the session timeout");
        this.#transport.coordinatorLost();
      },
      pollExpired: () => void this.#leaveForSilence(),
    });
  }

  get generation(): Generation {
    return { generationId: this.#generationId, memberId: this.#memberId };
  }

  /** A member with an assignment, as far as we know. */
  get stable(): boolean {
    return this.#state === "stable";
  }

  /** Whether `ensureJoined` has something to do. */
  get rejoinNeeded(): boolean {
    return (
      this.#rejoinReason !== undefined || this.#attempt !== undefined || this.#failure !== undefined
    );
  }

  /** The next `ensureJoined` joins again, as after a change of what the member wants. */
  requestRejoin(reason: string): void {
    this.#rejoinReason ??= reason;
    this.#events.rejoinNeeded?.();
  }

  /** The caller is alive: the poll interval starts anew. */
  keepAlive(): void {
    this.#heartbeats.polled();
  }

  /**
   * Joins if that is needed, for as long as it takes; undefined when nothing is to do. When the
   * signal ends the wait, a join that is under way goes on, and the next call picks it up.
   *
   * @param prepare runs before the JoinGroup request, while the old assignment still counts: give
   *   up here what must not be held any more. Told the generation, -1 if membership was lost.
   * @throws KafkaError what no repetition heals: FENCED_INSTANCE_ID, GROUP_AUTHORIZATION_FAILED,
   *   INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT… Also what `prepare` or `assign` throw.
   */
  async ensureJoined(
    prepare: (generationId: number) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<JoinedGroup | undefined> {
    this.keepAlive();
    for (;;) {
      if (this.#closed) throw closedError(this.#options.groupId);
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (this.#rejoinReason === undefined && this.#attempt === undefined) return undefined;
      if (!this.#prepared && this.#attempt === undefined) {
        await prepare(this.#generationId);
        this.#prepared = true;
        continue; // membership may have been lost meanwhile
      }
      this.#attempt ??= this.#join();
      const outcome = await abortable(this.#attempt, signal);
      this.#attempt = undefined;
      if (outcome === "again") continue;
      if ("error" in outcome) throw outcome.error;
      this.#prepared = false;
      this.#backoff.reset();
      return outcome.joined;
    }
  }

  /** The coordinator refused a commit for this reason: reacts as to a heartbeat. */
  handleCommitError(code: string): void {
    if (code === "UNKNOWN_MEMBER_ID" || code === "FENCED_INSTANCE_ID") this.#reset(true, code);
    else if (code === "ILLEGAL_GENERATION") this.#reset(false, code);
    else if (code === "REBALANCE_IN_PROGRESS") this.requestRejoin("a commit met a rebalance");
  }

  /**
   * Stops heartbeats and leaves the group, so that others need not wait for the session to end. A
   * static member only falls silent, unless told otherwise: it is expected back.
   */
  async close({ leaveStatic = false } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#heartbeats.stop();
    this.#cancelSleep?.();
    if (this.#options.groupInstanceId === undefined || leaveStatic)
      await this.#leave("the consumer is being closed");
    this.#transport.close();
  }

  async #join(): Promise<Outcome> {
    const reason = this.#rejoinReason ?? "";
    this.#rejoinReason = undefined;
    this.#state = "preparing";
    this.#heartbeats.stop();
    try {
      const protocols = this.#protocol.protocols();
      const answer = await this.#transport.join({ memberId: this.#memberId, protocols, reason });
      if (this.#closed) return { error: closedError(this.#options.groupId) };
      if (answer.errorCode !== 0) return await this.#react(joinReaction, answer, "join");
      return await this.#sync(answer);
    } catch (error) {
      this.#state = "unjoined";
      this.requestRejoin("the last join failed");
      if (!isRetriable(error)) return { error };
      // No answer: the client has forgotten the coordinator and looks for it again.
      await this.#sleep(this.#backoff.nextMs());
      return "again";
    }
  }

  async #sync(joined: JoinAnswer): Promise<Outcome> {
    const { generationId, memberId, leader, members } = joined;
    const protocolName = joined.protocolName ?? "";
    this.#state = "completing";
    this.#generationId = generationId;
    this.#memberId = memberId;
    // From here on the coordinator expects them, however long the leader takes to assign.
    this.#heartbeats.start();

    const leads = leader === memberId && joined.skipAssignment !== true;
    const assigned = leads ? await this.#protocol.assign(protocolName, members, memberId) : [];
    const answer = await this.#transport.sync({
      generationId,
      memberId,
      protocolName,
      assignments: Array.from(assigned, ([id, assignment]) => ({ memberId: id, assignment })),
    });
    if (this.#closed) return { error: closedError(this.#options.groupId) };
    if (answer.errorCode !== 0) return this.#react(syncReaction, { ...answer, memberId }, "sync");
    // A heartbeat, or a poll that came too late, ended the membership meanwhile.
    if (this.#state !== "completing" || this.#generationId !== generationId) return "again";
    this.#state = "stable";
    const { assignment } = answer;
    return { joined: { generationId, memberId, leaderId: leader, protocolName, assignment } };
  }

  async #react(
    table: (code: string) => Reaction,
    answer: { errorCode: number; memberId: string },
    step: string,
  ): Promise<Outcome> {
    const code = errorName(answer.errorCode);
    const reaction = table(code);
    this.#state = "unjoined";
    this.requestRejoin(`${step} was answered ${code}`);
    if (reaction.coordinatorLost === true) this.#transport.coordinatorLost();
    if (reaction.takeMemberId === true) this.#memberId = answer.memberId;
    if (reaction.forget !== undefined) this.#reset(reaction.forget === "member", code);
    if (reaction.fatal === true) return { error: this.#fatalError(answer.errorCode, step) };
    if (reaction.backoff === true) await this.#sleep(this.#backoff.nextMs());
    return "again";
  }

  /** @returns whether the coordinator was heard of */
  async #heartbeat(): Promise<boolean> {
    const { generationId, memberId } = this.generation;
    let errorCode: number;
    try {
      ({ errorCode } = await this.#transport.heartbeat(generationId, memberId));
    } catch (error) {
      if (!isRetriable(error)) this.#fail(error);
      return false;
    }
    if (errorCode === 0) return true;
    // An answer to who we were before a join that has happened meanwhile says nothing.
    if (generationId !== this.#generationId || memberId !== this.#memberId) return true;
    const code = errorName(errorCode);
    const reaction = heartbeatReaction(code);
    if (reaction.coordinatorLost === true) this.#transport.coordinatorLost();
    if (reaction.rejoin === true && this.#state === "stable")
      this.requestRejoin("the group is rebalancing");
    if (reaction.forget !== undefined) this.#reset(reaction.forget === "member", code);
    if (reaction.fatal === true) this.#fail(this.#fatalError(errorCode, "stay"));
    return reaction.coordinatorLost !== true;
  }

  /** The poll interval passed: better no member than one that holds partitions and does nothing. */
  async #leaveForSilence(): Promise<void> {
    const { rebalanceTimeoutMs, groupInstanceId } = this.#options;
    this.#log(
      "warn",
      `No poll within max.poll.interval.ms (${rebalanceTimeoutMs} ms): leaving the group. The next poll ` +
        "joins again. Raise max.poll.interval.ms, or lower max.poll.records",
    );
    const why = "no poll within the poll interval";
    if (groupInstanceId === undefined) await this.#leave(why);
    else this.#reset(true, why);
  }

  async #leave(reason: string): Promise<void> {
    const memberId = this.#memberId;
    // First of all we are no member: a join may start while the good-bye is on its way.
    this.#reset(true, reason);
    if (memberId === "") return;
    const outcome = await this.#sayGoodbye(memberId, reason);
    // The session timeout does then what we could not.
    if (outcome !== "NONE") this.#log("info", `Could not leave: ${outcome}`);
  }

  /** @returns the name of the answer's code, or why there was no answer */
  #sayGoodbye(memberId: string, reason: string): Promise<string> {
    return new Promise((resolve) => {
      const end = (outcome: string): void => {
        cancel();
        resolve(outcome);
      };
      const cancel = this.#clock.after(LEAVE_TIMEOUT_MS, () =>
        resolve(`no answer within ${LEAVE_TIMEOUT_MS} ms`),
      );
      this.#transport.leave(memberId, reason).then(
        ({ errorCode }) => end(errorName(errorCode)),
        (error: unknown) => end(error instanceof Error ? error.message : String(error)),
      );
    });
  }

  #reset(forgetMember: boolean, why: string): void {
    this.#heartbeats.stop();
    this.#state = "unjoined";
    this.#generationId = NO_GENERATION;
    this.#prepared = false;
    if (forgetMember) this.#memberId = "";
    if (!this.#closed) this.requestRejoin(`membership ended: ${why}`);
  }

  #fail(error: unknown): void {
    this.#failure = isKafkaError(error)
      ? error
      : new KafkaError("UNKNOWN_SERVER_ERROR", `Could not stay in group ${this.#options.groupId}`, {
          cause: error,
        });
    this.#events.rejoinNeeded?.();
  }

  #fatalError(errorCode: number, step: string): KafkaError {
    const { groupId, groupInstanceId } = this.#options;
    const fenced = errorName(errorCode) === "FENCED_INSTANCE_ID";
    const who = groupInstanceId === undefined ? "" : ` as ${groupInstanceId}`;
    return protocolError(errorCode, `${step} in group ${groupId}${who}`, {
      retriable: false,
      fatal: fenced,
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#cancelSleep = undefined;
        cancel();
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      this.#cancelSleep = wake;
    });
  }

  #log(level: "info" | "warn", message: string): void {
    this.#events.log?.(level, `Group ${this.#options.groupId}: ${message}`);
  }
}

function closedError(groupId: string): KafkaError {
  return new KafkaError("CLOSED", `The member of group ${groupId} was closed`);
}
