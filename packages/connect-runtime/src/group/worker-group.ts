import { ConnectError } from "@millrace/connect-api";
import { GroupMember, groupTransport, systemClock } from "@millrace/kafka-client";
import type { Clock, GroupProtocol, JoinedGroup } from "@millrace/kafka-client";
import { joinError } from "./join-errors.ts";
import { Leader } from "./leader.ts";
import { decodeAssignment, encodeMetadata, OFFERED, versionOf } from "./protocol.ts";
import type { AssignmentMessage, ProtocolVersion } from "./protocol.ts";
import { addAll, filter, isNothing, noUnits, unitsOf, without, workOf } from "./units.ts";
import type { Units } from "./units.ts";
import { isEmpty, NO_WORK } from "../store/work.ts";
import type { Assignment } from "./assignment.ts";
import type { WorkerGroupOptions } from "./worker-group-options.ts";

/**
 * One worker among those of a Connect cluster: joins, learns what it has to run, gives up what
 * others have to, and lets go of everything when it may not be a member any more (Java:
 * `WorkerGroupMember` and `WorkerCoordinator`). I2: nothing here runs in two workers at once, as far
 * as the coordinator's session timeout can tell.
 */
export class WorkerGroup implements AsyncDisposable {
  readonly #options: WorkerGroupOptions;
  readonly #clock: Clock;
  readonly #member: GroupMember;
  readonly #leader: Leader;
  /** What this worker was given and has not been told to stop. */
  #held: Units = noUnits();
  /** What was stopped since the last assignment. */
  #stopped: Units = noUnits();
  /** Stops under way, and when each began. */
  readonly #stopping = new Map<Promise<void>, number>();
  /** What the leader said last; undefined while we are no member. */
  #message: AssignmentMessage | undefined;
  #assignment: Assignment | undefined;
  #version: ProtocolVersion | undefined;
  #completedGeneration = -1;
  #cancelDelay: (() => void) | undefined;
  #cancelKeepAlive: (() => void) | undefined;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#leader = new Leader({ ...options, now: () => this.#clock.now() });
    this.#member = this.#newMember();
    this.#keepAlive();
  }

  /** Whether `ensureJoined` has something to do. */
  get rejoinNeeded(): boolean {
    return this.#member.rejoinNeeded;
  }

  /** -1 while this worker is no member. */
  get generation(): number {
    return this.#member.generation.generationId;
  }

  /** "" before the coordinator has given one. */
  get memberId(): string {
    return this.#member.generation.memberId;
  }

  get isLeader(): boolean {
    return this.#assignment?.isLeader ?? false;
  }

  /** Where the leader's REST API is, with a slash at the end; undefined while this worker is no member. */
  get leaderUrl(): string | undefined {
    return this.#assignment?.leaderUrl;
  }

  /**
   * Where the REST API of the worker is that runs a connector, or one of its tasks. Only the leader
   * knows; undefined for others, and for what nobody runs.
   */
  ownerUrl(connector: string, task?: number): string | undefined {
    const assignment = this.#assignment;
    if (assignment?.isLeader !== true) return undefined;
    return this.#leader.ownerUrl(assignment.generation, connector, task);
  }

  /**
   * Whether this is still what the group has agreed on. To be asked before any of its work is
   * started: membership may have been lost since `ensureJoined` gave it.
   */
  isCurrent(assignment: Assignment): boolean {
    return this.#assignment === assignment;
  }

  /** The next `ensureJoined` joins again. */
  requestRejoin(reason: string): void {
    this.#member.requestRejoin(reason);
  }

  /**
   * Asks the coordinator at once whether the group rebalances.
   * @returns whether it answered; false while this worker is no member
   */
  heartbeatNow(): Promise<boolean> {
    return this.#member.heartbeatNow();
  }

  /**
   * Joins if that is needed, for as long as it takes; undefined when nothing is to do. One call at a
   * time. What must be given up has stopped when it resolves: with the eager protocol everything,
   * before the join; with the others what the leader takes away, after it. When the signal ends the
   * wait, a join that is under way goes on, and the next call picks it up.
   *
   * After a `failed` assignment, or one whose `configOffset` is not that of the config topic here,
   * the caller reads that topic to its end and requests to rejoin.
   *
   * @throws {ConnectError} what no repetition heals, with the key to change; an assignment that
   *   cannot be read. Also what `listener.revoked` throws, and the signal's reason.
   */
  async ensureJoined(signal?: AbortSignal): Promise<Assignment | undefined> {
    for (;;) {
      const joined = await this.#join(signal);
      if (joined === undefined) return undefined;
      const assignment = await this.#take(joined);
      if (assignment !== undefined) return assignment;
    }
  }

  /** Leaves the group. What this worker ran has stopped before, and says so in the status topic. */
  async close(): Promise<void> {
    this.#cancelDelay?.();
    this.#cancelKeepAlive?.();
    this.#message = this.#assignment = undefined;
    await this.#member.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #join(signal: AbortSignal | undefined): Promise<JoinedGroup | undefined> {
    try {
      return await this.#member.ensureJoined((generation) => this.#prepare(generation), signal);
    } catch (error) {
      throw joinError(error, this.#options);
    }
  }

  /** Before JoinGroup. @param generation -1: others may have been given already what runs here */
  async #prepare(generation: number): Promise<void> {
    await Promise.allSettled(this.#stopping.keys());
    if (generation < 0 || this.#version === 0) await this.#giveUp(this.#held);
  }

  /** After SyncGroup. @returns undefined when membership was lost before all was given up */
  async #take(joined: JoinedGroup): Promise<Assignment | undefined> {
    if (joined.generationId !== this.generation) return undefined;
    const message = this.#read(joined);
    const { failed, leader, leaderUrl, configOffset, delayMs } = message;
    const version = versionOf(joined.protocolName);
    this.#message = message;
    this.#version = version;
    this.#completedGeneration = joined.generationId;
    this.#cancelDelay?.();
    if (delayMs > 0)
      this.#cancelDelay = this.#clock.after(delayMs, () =>
        this.requestRejoin("work has waited long enough for a lost worker"),
      );
    const assigned = unitsOf(message.assigned);
    const revoked = unitsOf(message.revoked);
    // Only in a group that turns eager is something held that an eager assignment does not name.
    const taken = filter(this.#held, (kind, unit) =>
      version === 0 ? !assigned[kind].has(unit) : revoked[kind].has(unit),
    );
    addAll(this.#held, assigned);
    if (!isNothing(revoked)) this.requestRejoin("work was revoked that others wait for");
    await this.#giveUp(taken).catch((error: unknown) => {
      this.requestRejoin("revoked work could not be stopped");
      throw error;
    });
    if (this.#message !== message) return undefined;
    const stopped = this.#stopped;
    this.#stopped = noUnits();
    this.#assignment = {
      generation: joined.generationId,
      protocolVersion: version,
      failed,
      leader,
      leaderUrl,
      isLeader: leader === joined.memberId,
      configOffset,
      work: workOf(this.#held),
      revoked: workOf(stopped),
      delayMs,
    };
    return this.#assignment;
  }

  #read({ leaderId, assignment }: JoinedGroup): AssignmentMessage {
    try {
      return decodeAssignment(assignment);
    } catch (error) {
      this.requestRejoin("an assignment could not be read");
      throw new ConnectError(
        `Could not read what ${leaderId}, the leader of group ${this.#options.groupId}, assigned: check that ` +
          "only Connect workers use this group.id",
        { cause: error },
      );
    }
  }

  /** Has it stopped; where that fails it is held still. */
  async #giveUp(units: Units): Promise<void> {
    if (isNothing(units)) return;
    this.#held = without(this.#held, units);
    const stop = this.#options.listener.revoked(workOf(units));
    this.#stopping.set(stop, this.#clock.now());
    try {
      await stop;
      addAll(this.#stopped, units);
    } catch (error) {
      addAll(this.#held, units);
      throw error;
    } finally {
      this.#stopping.delete(stop);
    }
  }

  #membershipLost(why: string): void {
    this.#message = this.#assignment = undefined;
    this.#completedGeneration = -1;
    this.#cancelDelay?.();
    if (isNothing(this.#held)) return;
    const { groupId, logger } = this.#options;
    logger.warn(`No member of group ${groupId} any more: stopping everything`, { why });
    this.#giveUp(this.#held).catch((error: unknown) => {
      // The next join tries once more, and does not happen before that succeeds.
      logger.error(`Could not stop what may run in other workers of group ${groupId} now`, {
        error,
      });
    });
  }

  /**
   * Whatever the caller is waiting for, an event loop that turns is alive. Only a stop that takes
   * longer than a rebalance may is not waited for: others are to have the rest of the work then.
   */
  #keepAlive(): void {
    const { heartbeatIntervalMs, rebalanceTimeoutMs } = this.#options;
    const now = this.#clock.now();
    const stuck = [...this.#stopping.values()].some((since) => now - since > rebalanceTimeoutMs);
    if (!stuck) this.#member.keepAlive();
    this.#cancelKeepAlive = this.#clock.after(
      Math.min(heartbeatIntervalMs, rebalanceTimeoutMs / 3),
      () => this.#keepAlive(),
    );
  }

  #newMember(): GroupMember {
    const { client, logger, listener } = this.#options;
    const options = { ...this.#options, protocolType: "connect", watchSession: true };
    const transport = groupTransport(client, { ...options, groupInstanceId: null });
    const protocol: GroupProtocol = {
      protocols: () => this.#offers(),
      assign: (protocolName, members, leaderId) =>
        this.#leader.assign({
          version: versionOf(protocolName),
          leaderId,
          members,
          generation: this.generation,
          completedGeneration: this.#completedGeneration,
        }),
    };
    const events = {
      rejoinNeeded: () => listener.rejoinNeeded(),
      heartbeat: (durationMs: number) => listener.heartbeat?.(durationMs),
      membershipLost: (why: string) => this.#membershipLost(why),
      log: (level: "info" | "warn", message: string) => logger[level](message),
    };
    return new GroupMember(transport, options, protocol, events, this.#clock);
  }

  /** What this worker says in a join: under each name that it speaks, in that version. */
  #offers(): { name: string; metadata: Buffer }[] {
    const { protocol, url, configs } = this.#options;
    const configOffset = configs.snapshot().offset;
    const assigned = workOf(this.#held);
    const allocation =
      this.#message === undefined || isEmpty(assigned)
        ? null
        : { ...this.#message, failed: false, assigned, revoked: NO_WORK };
    return OFFERED[protocol].map(([name, version]) => ({
      name,
      metadata: encodeMetadata(version, { url, configOffset, allocation }),
    }));
  }
}
