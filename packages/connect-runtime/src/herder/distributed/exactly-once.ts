import { RetriableError } from "@millrace/connect-api";
import { type DistributedConfig, exactlyOnceSupport } from "../../config/distributed-config.ts";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import { BadRequestError } from "../bad-request.ts";
import { InternalRequestError } from "../internal-signature.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { ExactlyOnceContext } from "./working-context.ts";
import type { WorkingSet } from "./working-set.ts";
import { ZombieFencing, type ZombieFencingOptions } from "./zombie-fencing.ts";

export interface ExactlyOnceOptions {
  readonly config: DistributedConfig;
  readonly configs: ZombieFencingOptions["configs"];
  readonly fenceProducers: ZombieFencingOptions["fence"];
  readonly view: ClusterView;
  readonly working: () => Pick<WorkingSet, "has">;
  /** Passes on the leader only. @throws {RequestTargetError} */
  readonly requireLeader: () => Promise<void>;
  readonly logger: ZombieFencingOptions["logger"];
}

/** What a worker does besides for sources that deliver exactly once (KIP-618). */
export class ExactlyOnceSources {
  readonly #options: ExactlyOnceOptions;
  readonly #fencing: ZombieFencing;

  constructor(options: ExactlyOnceOptions) {
    this.#options = options;
    this.#fencing = new ZombieFencing({
      ...options,
      transactionalId: (connector, task) => this.#transactionalId(connector, task),
      fence: options.fenceProducers,
    });
  }

  /** For the tasks of this worker; undefined where they don't deliver exactly once. */
  context(fence: ExactlyOnceContext["fence"]): ExactlyOnceContext | undefined {
    const { config, view } = this.#options;
    if (exactlyOnceSupport(config) !== "enabled") return undefined;
    return {
      transactionalId: (connector, task) => this.#transactionalId(connector, task),
      offsetsTopic: (connector) =>
        ownOffsetsTopic(view.snapshot, connector, config) ?? config["offset.storage.topic"],
      fence,
    };
  }

  /**
   * As the leader: resolves when no earlier task of the connector can write any more.
   * @throws {RequestTargetError}; {NotFoundError}; {BadRequestError}; and as {@link ZombieFencing.fence}
   */
  async fence(name: string): Promise<void> {
    const { config, view, requireLeader } = this.#options;
    await requireLeader();
    const connector = await view.config(name, `Connector ${name} not found`);
    // A leader that is only preparing fences for those that are enabled already.
    if (exactlyOnceSupport(config) === "disabled") {
      throw new InternalRequestError(
        503,
        "The leader takes no part in exactly-once delivery (exactly.once.source.support=disabled): let all workers be preparing before one is enabled",
      );
    }
    if (view.typeOf(connector) === "sink") {
      throw new BadRequestError(`Connector ${name} is not a source connector`);
    }
    await this.#fencing.fence(name);
  }

  /** As the leader, before offsets of a stopped connector are changed: no task writes others behind them. */
  async fenceStopped(name: string): Promise<void> {
    if (exactlyOnceSupport(this.#options.config) !== "disabled") await this.#fencing.fence(name);
  }

  /**
   * Whether a task that has begun, and has fenced off all others with its transactional id, is still
   * this worker's to run, with the task configurations that it was started with.
   * @throws {RetriableError} when the brokers do not tell
   */
  async isCurrent(connector: string, task: number, generation: number): Promise<boolean> {
    const { configs, working } = this.#options;
    await configs.refresh().catch((error: unknown) => {
      throw new RetriableError((error as Error).message, { cause: error });
    });
    const snapshot = configs.snapshot();
    return (
      working().has(connector, task) &&
      snapshot.has(connector) &&
      snapshot.taskConfigGeneration(connector) === generation
    );
  }

  #transactionalId(connector: string, task: number): string {
    return `${this.#options.config["group.id"]}-${connector}-${task}`;
  }
}

/** `offsets.storage.topic` of a connector, where that is not the worker's own anyway. */
export function ownOffsetsTopic(
  snapshot: ConfigSnapshot,
  connector: string,
  config: DistributedConfig,
): string | undefined {
  const topic = snapshot.connectorConfig(connector)?.["offsets.storage.topic"]?.trim();
  return topic === undefined || topic === "" || topic === config["offset.storage.topic"]
    ? undefined
    : topic;
}
