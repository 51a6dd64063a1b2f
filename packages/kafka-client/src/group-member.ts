import { Backoff, abortable } from "./backoff.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { KafkaError, errorName, isKafkaError, isRetriable, protocolError } from "./errors.ts";
import { sayGoodbye } from "./group-goodbye.ts";
import { Heartbeats } from "./group-heartbeats.ts";
import { heartbeatReaction, joinReaction, syncReaction } from "./group-reactions.ts";
import type { Reaction } from "./group-reactions.ts";
import type {
  Generation,
  GroupMemberEvents,
  GroupMemberOptions,
  GroupProtocol,
  JoinedGroup,
} from "./group-membership.ts";
import type { GroupTransport, JoinAnswer } from "./group-transport.ts";
import { SessionWatch } from "./session-watch.ts";

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
  readonly #session: SessionWatch;
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
  /** How often membership was lost: an answer to a request from before says nothing. */
  #losses = 0;
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
    this.#session = new SessionWatch(clock, options.sessionTimeoutMs, () => this.#endSession());
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
   * Sends a heartbeat now, or waits for the one under way: what has happened to the group shows at
   * once. @returns whether the coordinator was heard of; false while we are no member
   */
  heartbeatNow(): Promise<boolean> {
    return this.#heartbeats.now();
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
    this.#session.check();
    for (;;) {
      if (this.#closed) throw closedError(this.#options.groupId);
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (this.#rejoinReason === undefined && this.#attempt === undefined) return undefined;
      if (!this.#prepared && this.#attempt === undefined) {
        const losses = this.#losses;
        await prepare(this.#generationId);
        this.#prepared = losses === this.#losses;
        continue;
      }
      this.#attempt ??= this.#join();
      const outcome = await abortable(this.#attempt, signal);
      this.#attempt = undefined;
      if (outcome === "again") continue;
      if ("error" in outcome) throw outcome.error;
      // Membership ended while nobody waited for this.
      if (outcome.joined.generationId !== this.#generationId) continue;
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
    this.#session.stop();
    this.#cancelSleep?.();
    if (this.#options.groupInstanceId === undefined || leaveStatic)
      await this.#leave("the consumer is being closed");
    this.#transport.close();
  }

  async #join(): Promise<Outcome> {
    const reason = this.#rejoinReason ?? "";
    this.#rejoinReason = undefined;
    this.#state = "preparing";
    if (this.#options.watchSession !== true) this.#heartbeats.stop();
    const losses = this.#losses;
    try {
      const protocols = this.#protocol.protocols();
      const answer = await this.#transport.join({ memberId: this.#memberId, protocols, reason });
      if (this.#closed) return { error: closedError(this.#options.groupId) };
      if (losses !== this.#losses) return "again"; // what we said we hold we hold no more
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
    const sentAt = this.#clock.now();
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
    if (this.#options.watchSession === true) this.#session.start(sentAt);
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
    const sentAt = this.#clock.now();
    let errorCode: number;
    try {
      ({ errorCode } = await this.#transport.heartbeat(generationId, memberId));
    } catch (error) {
      if (!isRetriable(error)) this.#fail(error);
      return false;
    }
    this.#events.heartbeat?.(this.#clock.now() - sentAt);
    const code = errorName(errorCode);
    const reaction = errorCode === 0 ? {} : heartbeatReaction(code);
    if (errorCode === 0 || reaction.rejoin === true) this.#session.heard(sentAt);
    // An answer to who we were before a join that has happened meanwhile says nothing.
    if (generationId !== this.#generationId || memberId !== this.#memberId) return true;
    if (reaction.coordinatorLost === true) this.#transport.coordinatorLost();
    if (reaction.rejoin === true && this.#state === "stable")
      this.requestRejoin("the group is rebalancing");
    // The coordinator may have finished a join whose answer is still on its way to us.
    const joining =
      this.#options.watchSession === true &&
      (this.#state === "preparing" || this.#state === "unjoined");
    if (reaction.forget === "member" || (reaction.forget === "generation" && !joining))
      this.#reset(reaction.forget === "member", code);
    if (reaction.fatal === true) this.#fail(this.#fatalError(errorCode, "stay"));
    return reaction.coordinatorLost !== true;
  }

  /** Others may have been told that we are gone. */
  #endSession(): void {
    const { sessionTimeoutMs } = this.#options;
    this.#log(
      "warn",
      `No answer from the coordinator for the session timeout (${sessionTimeoutMs} ms)`,
    );
    this.#transport.coordinatorLost();
    if (this.#attempt !== undefined) this.#transport.abandonJoin();
    // If the coordinator still knows us it is better to come back under the same id.
    this.#reset(false, "the session timed out");
  }

  /** The poll interval passed: better no member than one that holds partitions and does nothing. */
  async #leaveForSilence(): Promise<void> {
    const { groupInstanceId } = this.#options;
    this.#log("warn", silence(this.#options));
    const why = "no poll within the poll interval";
    if (groupInstanceId === undefined) await this.#leave(why);
    else this.#reset(true, why);
  }

  async #leave(reason: string): Promise<void> {
    const memberId = this.#memberId;
    // First of all we are no member: a join may start while the good-bye is on its way.
    this.#reset(true, reason);
    if (memberId === "") return;
    const outcome = await sayGoodbye(this.#transport, this.#clock, memberId, reason);
    // The session timeout does then what we could not.
    if (outcome !== "NONE") this.#log("info", `Could not leave: ${outcome}`);
  }

  #reset(forgetMember: boolean, why: string): void {
    this.#heartbeats.stop();
    this.#session.stop();
    this.#losses++;
    this.#state = "unjoined";
    this.#generationId = NO_GENERATION;
    this.#prepared = false;
    if (forgetMember) this.#memberId = "";
    if (this.#closed) return;
    this.#events.membershipLost?.(why);
    this.requestRejoin(`membership ended: ${why}`);
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

function silence({ protocolType, rebalanceTimeoutMs: ms }: GroupMemberOptions): string {
  return protocolType === "consumer"
    ? `No poll within max.poll.interval.ms (${ms} ms): leaving the group. The next poll joins again. ` +
        "Raise max.poll.interval.ms, or lower max.poll.records"
    : `No sign of life within the rebalance timeout (${ms} ms): leaving the group`;
}

function closedError(groupId: string): KafkaError {
  return new KafkaError("CLOSED", `The member of group ${groupId} was closed`);
}
