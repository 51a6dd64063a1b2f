import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@millrace/connect-api";
import type { Assignment } from "../../group/assignment.ts";
import type { RebalanceMeasures } from "../../metrics/rebalance-measures.ts";
import type { Work, WorkSnapshot } from "../../store/work.ts";
import type { Stages } from "../stage.ts";
import { RebalanceNeededError, RequestTargetError } from "../target-errors.ts";
import { Coalescer } from "./coalescer.ts";
import type { WorkingSet } from "./working-set.ts";

/** What membership needs of the worker's group (WorkerGroup). */
export interface ClusterGroup {
  /** A rebalance is due. */
  readonly rejoinNeeded: boolean;
  /** -1 while this worker is no member. */
  readonly generation: number;
  ensureJoined(signal?: AbortSignal): Promise<Assignment | undefined>;
  requestRejoin(reason: string): void;
  /** Whether this is still what the group has agreed on. */
  isCurrent(assignment: Assignment): boolean;
  /** Where a connector or task runs, as far as the leader knows; undefined for others. */
  ownerUrl(connector: string, task?: number): string | undefined;
}

/** What the group asks of the herder. */
export interface GroupParts {
  readonly revoked: (work: Work) => Promise<void>;
  readonly rejoinNeeded: () => void;
  readonly released: {
    readonly refresh: () => Promise<void>;
    readonly isReleased: (connector: string, task?: number) => boolean;
  };
}

export interface MembershipOptions {
  readonly group: ClusterGroup;
  readonly configs: {
    snapshot(): WorkSnapshot;
    refresh(timeoutMs?: number): Promise<void>;
  };
  readonly working: Pick<WorkingSet, "adopt" | "stopped" | "has">;
  readonly stages: Stages;
  /** `worker.sync.timeout.ms` */
  readonly syncTimeoutMs: number;
  /** `rest.wait.for.rebalance.ms` */
  readonly waitMs: number;
  readonly rebalances: RebalanceMeasures;
  /** An assignment is in force. */
  readonly onAdopted: (assignment: Assignment) => void;
  readonly logger: Logger;
}

/** Java's words for it, which its clients see when a request times out. */
const JOINING = "ensuring membership in the cluster";
const CATCHING_UP = "reading to the end of the config topic";
/** How long to wait before something that failed is tried again. */
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * This worker's place in the cluster: joins, takes the work it is given, gives up what it
 * is told to, for as long as the worker runs (Java: the tick of `DistributedHerder`). It
 * waits for plugins only while they stop, which has a limit.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #stop = new AbortController();
  readonly #changes: Coalescer;
  #assignment: Assignment | undefined;
  #adopting = false;
  /** Of the changes that are being gathered. */
  #coveredBy = 0;
  #wake: () => void = () => undefined;
  #settled: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#changes = new Coalescer((reasons) => this.#rebalance(reasons));
  }

  /** Joins the cluster. @returns resolves with the first assignment. @throws why there can be none */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = this.#run(resolve, reject);
    });
  }

  /** Has no more to do with the cluster; what runs goes on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#changes.close();
    this.#wake();
    await this.#running;
  }

  /** The group wants this worker to do something. */
  wake(): void {
    this.#wake();
  }

  /**
   * Work was added or taken away. What comes at nearly the same time leads to one rebalance.
   * @param coveredBy offset of the config topic from which on an assignment takes it into account
   * already, and nothing is left to do; by default there is always something
   */
  rebalanceSoon(reason: string, coveredBy = Infinity): void {
    this.#coveredBy = Math.max(this.#coveredBy, coveredBy);
    this.#changes.add(reason);
  }

  get generation(): number {
    return Math.max(this.#assignment?.generation ?? 0, 0);
  }

  /** The assignment in force; undefined while this worker is no member. */
  get assignment(): Assignment | undefined {
    return this.#options.group.generation < 0 ? undefined : this.#assignment;
  }

  /** A rebalance is due, or under way. */
  get unsettled(): boolean {
    return this.#options.group.rejoinNeeded || this.#changes.pending || this.#adopting;
  }

  /** Resolves once this worker has a place in the cluster. */
  async joined(): Promise<void> {
    while (this.assignment === undefined) {
      await new Promise<void>((resolve) => this.#settled.push(resolve));
    }
  }

  /**
   * Passes on the leader only.
   * @throws {RequestTargetError} with the leader's address
   */
  async requireLeader(): Promise<void> {
    await this.#waitFor(() => this.assignment !== undefined);
    const { assignment } = this;
    if (assignment?.isLeader === true) return;
    throw new RequestTargetError("Only the leader can do this", assignment?.leaderUrl);
  }

  /**
   * Passes while nothing is about to move.
   * @throws {RebalanceNeededError}
   */
  async requireSettled(): Promise<void> {
    await this.#waitFor(() => !this.unsettled && this.assignment !== undefined);
    if (this.unsettled) throw new RebalanceNeededError();
  }

  /**
   * Passes where a connector or task runs.
   * @throws {RequestTargetError} with the address of its worker, or of the leader, who knows it
   * @throws {RebalanceNeededError} while a rebalance may move it
   */
  async requireOwner(connector: string, task?: number): Promise<void> {
    await this.requireSettled();
    const { group, working } = this.#options;
    if (working.has(connector, task)) return;
    const what = task === undefined ? `Connector ${connector}` : `Task ${connector}-${task}`;
    const { assignment } = this;
    if (assignment === undefined || !assignment.isLeader) {
      throw new RequestTargetError(`${what} does not run on this worker`, assignment?.leaderUrl);
    }
    const url = group.ownerUrl(connector, task);
    // Known, but not given out: the rebalance that does so is on its way.
    if (url === undefined) throw new RebalanceNeededError();
    throw new RequestTargetError(`${what} runs on another worker`, url);
  }

  /** Not where others heard of the changes first, and the work is shared out by them already. */
  #rebalance(reasons: readonly string[]): void {
    const { assignment } = this;
    const coveredBy = this.#coveredBy;
    this.#coveredBy = 0;
    if (assignment?.failed === false && assignment.configOffset >= coveredBy) this.#tellSettled();
    else this.#options.group.requestRejoin(reasons.join(", "));
  }

  async #waitFor(met: () => boolean): Promise<void> {
    const deadline = Date.now() + this.#options.waitMs;
    while (!met() && Date.now() < deadline && !this.#stop.signal.aborted) {
      const over = new AbortController();
      const late = delay(deadline - Date.now(), undefined, { signal: over.signal });
      const settled = new Promise<void>((resolve) => this.#settled.push(resolve));
      await Promise.race([settled, late]);
      over.abort();
      late.catch(() => undefined);
    }
  }

  async #run(joined: () => void, refused: (error: unknown) => void): Promise<void> {
    const { group, rebalances, logger } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#turn();
        failures = 0;
        if (this.#assignment !== undefined) joined();
        await this.#untilNeeded();
      } catch (error) {
        if (signal.aborted) return;
        rebalances.failedOnce();
        if (this.#assignment === undefined) return refused(error);
        const pauseMs = Math.min(RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS);
        logger.error(
          `This worker has no place in the cluster, and tries again in ${pauseMs} ms: ${(error as Error).message}`,
        );
        await this.#pause(pauseMs);
        group.requestRejoin("the last attempt to join failed");
      }
    }
  }

  async #turn(): Promise<void> {
    const { group, stages, working, rebalances } = this.#options;
    const { signal } = this.#stop;
    if (group.rejoinNeeded) rebalances.begun();
    // What was told to end must have ended before others may get it.
    if (group.rejoinNeeded) await working.stopped();
    const assignment = await stages.run(JOINING, () => group.ensureJoined(signal));
    if (assignment === undefined) rebalances.unneeded();
    else await this.#adopt(assignment);
    this.#tellSettled();
  }

  async #untilNeeded(): Promise<void> {
    if (this.#options.group.rejoinNeeded || this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async #adopt(assignment: Assignment): Promise<void> {
    const { working, onAdopted, group, rebalances, logger } = this.#options;
    this.#assignment = assignment;
    this.#adopting = true;
    try {
      if (assignment.failed || !(await this.#caughtUp(assignment.configOffset))) {
        if (assignment.failed) await this.#caughtUp(Infinity);
        logger.warn(
          `No work was taken: ${assignment.failed ? "the leader could not read config.storage.topic as far as another worker" : `config.storage.topic could not be read up to offset ${assignment.configOffset} within worker.sync.timeout.ms`}. Joining again in ${RETRY_MS} ms; check that all workers can reach the leader of that topic's partition`,
        );
        rebalances.failedOnce();
        await this.#pause(RETRY_MS);
        group.requestRejoin("configurations are out of date");
        return;
      }
      // Meanwhile the session may have ended, and others may have the work.
      if (!group.isCurrent(assignment)) return;
      working.adopt(assignment.work);
    } finally {
      this.#adopting = false;
    }
    rebalances.finished();
    onAdopted(assignment);
  }

  /** Reads the config topic as far as the leader had read it. Being ahead does no harm: what came since leads to a rebalance of its own. */
  async #caughtUp(offset: number): Promise<boolean> {
    const { configs, stages, syncTimeoutMs, logger } = this.#options;
    if (configs.snapshot().offset >= offset) return true;
    try {
      await stages.run(CATCHING_UP, () => configs.refresh(syncTimeoutMs));
    } catch (error) {
      logger.warn(`The config topic could not be read to its end: ${(error as Error).message}`);
    }
    return configs.snapshot().offset >= offset;
  }

  #tellSettled(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  async #pause(ms: number): Promise<void> {
    // Ends early, and quietly, when the worker stops.
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
