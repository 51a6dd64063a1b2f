import type { JoinedMember } from "@millrace/kafka-client";
import { assignEagerly } from "./eager-assignor.ts";
import { IncrementalAssignor } from "./incremental-assignor.ts";
import { decodeMetadata, encodeAssignment } from "./protocol.ts";
import type { AssignmentMessage, ProtocolVersion, WorkerMetadata } from "./protocol.ts";
import { taskName, unitsOf } from "./units.ts";
import type { Units } from "./units.ts";
import { NO_WORK } from "../store/work.ts";
import type { Work, WorkSnapshot } from "../store/work.ts";
import type { WorkerGroupOptions } from "./worker-group-options.ts";

type LeaderOptions = Pick<
  WorkerGroupOptions,
  "groupId" | "configs" | "released" | "maxDelayMs" | "logger"
> & { readonly now: () => number };

export interface Election {
  readonly version: ProtocolVersion;
  readonly leaderId: string;
  readonly members: readonly JoinedMember[];
  readonly generation: number;
  /** The last one that this worker took part in to its end; -1 for none. */
  readonly completedGeneration: number;
}

/** What the members get, and what they run then; undefined where nobody could tell. */
interface Deal {
  readonly configOffset: number;
  readonly assigned: ReadonlyMap<string, Work>;
  readonly revoked: ReadonlyMap<string, Work>;
  readonly owned: ReadonlyMap<string, Units>;
  readonly delayMs: number;
}

/** What the leader of a group does in a rebalance, and knows after it (Java: `WorkerCoordinator.LeaderState`). */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #incremental: IncrementalAssignor;
  #generation = -1;
  /** Names of connectors and tasks, and the URL of the worker that runs them. */
  #connectorUrls = new Map<string, string>();
  #taskUrls = new Map<string, string>();

  constructor(options: LeaderOptions) {
    this.#options = options;
    const { maxDelayMs, now, released } = options;
    this.#incremental = new IncrementalAssignor({
      maxDelayMs,
      now,
      isReleased: (connector, task) => released.isReleased(connector, task),
    });
  }

  /** Deals out the work. @returns what each member is told, by member id */
  async assign(election: Election): Promise<Map<string, Buffer>> {
    const { version, leaderId, members } = election;
    const workers = this.#decode(members);
    const deal = await this.#deal(election, workers);
    this.#remember(election.generation, workers, deal);

    const refusal: AssignmentMessage = {
      failed: true,
      leader: leaderId,
      leaderUrl: workers.get(leaderId)?.url ?? "",
      configOffset: deal?.configOffset ?? newestOffset(workers),
      assigned: NO_WORK,
      revoked: NO_WORK,
      delayMs: 0,
    };
    return new Map(
      members.map(({ memberId }) => {
        const assigned = deal?.assigned.get(memberId);
        if (deal === undefined || assigned === undefined)
          return [memberId, encodeAssignment(version, refusal)];
        const revoked = deal.revoked.get(memberId) ?? NO_WORK;
        const message = { ...refusal, failed: false, assigned, revoked, delayMs: deal.delayMs };
        return [memberId, encodeAssignment(version, message)];
      }),
    );
  }

  /**
   * Where the REST API of the worker is that runs this.
   * @param generation as which the caller leads: what was dealt out in another is out of date
   */
  ownerUrl(generation: number, connector: string, task?: number): string | undefined {
    if (generation !== this.#generation) return undefined;
    return task === undefined
      ? this.#connectorUrls.get(connector)
      : this.#taskUrls.get(taskName({ connector, task }));
  }

  /** Without those who say what is no worker's: they get nothing, and the others their work (I7). */
  #decode(members: readonly JoinedMember[]): Map<string, WorkerMetadata> {
    const workers = new Map<string, WorkerMetadata>();
    for (const { memberId, metadata } of members)
      try {
        workers.set(memberId, decodeMetadata(metadata));
      } catch (error) {
        this.#options.logger.error(
          `Member ${memberId} of group ${this.#options.groupId} (client ${clientOf(memberId)}) says what no ` +
            "Connect worker says, and gets no work: stop it, or give it another group.id",
          { error },
        );
      }
    return workers;
  }

  async #deal(
    { version, members, generation, completedGeneration }: Election,
    workers: ReadonlyMap<string, WorkerMetadata>,
  ): Promise<Deal | undefined> {
    const snapshot = await this.#snapshot(newestOffset(workers));
    if (snapshot === undefined) {
      this.#incremental.skip({ generation, completedGeneration });
      return undefined;
    }
    const configOffset = snapshot.offset;
    if (version === 0) {
      const ids = members.map(({ memberId }) => memberId).filter((id) => workers.has(id));
      const assigned = assignEagerly(snapshot, ids);
      const owned = new Map(Array.from(assigned, ([id, work]) => [id, unitsOf(work)]));
      return { configOffset, assigned, revoked: new Map(), owned, delayMs: 0 };
    }
    const running = new Map(
      Array.from(workers, ([id, { allocation }]) => [id, allocation?.assigned ?? NO_WORK]),
    );
    const round = { generation, completedGeneration, snapshot, running };
    if (this.#incremental.misses(round)) await this.#refreshReleased();
    return { configOffset, ...this.#incremental.assign(round) };
  }

  /** @returns undefined where the config topic could not be read as far as another worker has */
  async #snapshot(newest: number): Promise<WorkSnapshot | undefined> {
    const { configs, logger } = this.#options;
    if (configs.snapshot().offset >= newest) return configs.snapshot();
    try {
      await configs.refresh();
    } catch (error) {
      logger.error("Could not read the config topic to its end, to assign work", { error });
    }
    const snapshot = configs.snapshot();
    if (snapshot.offset >= newest) return snapshot;
    logger.error(
      `No work is assigned: a worker has read the config topic up to offset ${newest}, and its leader ` +
        `only up to ${snapshot.offset}. Check that all workers have the same config.storage.topic`,
    );
    return undefined;
  }

  async #refreshReleased(): Promise<void> {
    try {
      await this.#options.released.refresh();
    } catch (error) {
      // Work that was released waits then as if its worker had crashed.
      this.#options.logger.warn(
        "Could not read the status topic to its end, to see whether a worker that is gone has stopped its work",
        { error },
      );
    }
  }

  #remember(
    generation: number,
    workers: ReadonlyMap<string, WorkerMetadata>,
    deal: Deal | undefined,
  ): void {
    this.#generation = generation;
    this.#connectorUrls = new Map();
    this.#taskUrls = new Map();
    for (const [id, { connectors, tasks }] of deal?.owned ?? []) {
      const url = workers.get(id)?.url;
      if (url === undefined) continue;
      for (const connector of connectors) this.#connectorUrls.set(connector, url);
      for (const task of tasks) this.#taskUrls.set(task, url);
    }
  }
}

function newestOffset(workers: ReadonlyMap<string, WorkerMetadata>): number {
  return Math.max(-1, ...Array.from(workers.values(), ({ configOffset }) => configOffset));
}

/** A coordinator makes member ids of the client's id and a UUID. */
function clientOf(memberId: string): string {
  return memberId.replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "");
}
