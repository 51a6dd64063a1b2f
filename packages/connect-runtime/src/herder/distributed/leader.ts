import {
  AlreadyExistsError,
  ConnectError,
  type Logger,
  NotFoundError,
  type Props,
} from "@millrace/connect-api";
import type { RawProps } from "../../config/raw-props.ts";
import type { PluginRegistry } from "../../plugins/registry.ts";
import type { KafkaConfigStore } from "../../store/kafka-config-store.ts";
import type { StatusStore } from "../../store/status-store.ts";
import type { TargetState } from "../../threads/units.ts";
import { type ConnectorOffsets, mustBeStopped } from "../connector-offsets.ts";
import type { Created, RestartRequest } from "../herder.ts";
import { KeyedQueues } from "../keyed-queues.ts";
import type { ConnectorDefinition } from "../managed-connector.ts";
import type { OffsetChange } from "../offset-change.ts";
import type { Stages } from "../stage.ts";
import { patched } from "../valid-connector.ts";
import { findPlugin } from "./working-context.ts";

/** How long a request may take in all (Java: `RestRequestTimeout`). */
const REQUEST_LIMIT_MS = 90_000;

export interface LeaderOptions {
  readonly configs: KafkaConfigStore;
  readonly offsets: ConnectorOffsets;
  readonly registry: PluginRegistry;
  readonly statuses: StatusStore;
  readonly stages: Stages;
  /** Passes on the leader only. @throws {RequestTargetError} */
  readonly requireLeader: () => Promise<void>;
  /** Passes while no rebalance is due. @throws {RebalanceNeededError} */
  readonly requireSettled: () => Promise<void>;
  /** Resolves when no task that a stopped source had can write any more. */
  readonly fenceStopped: (connector: string) => Promise<void>;
  readonly logger: Logger;
}

/**
 * What only the leader of the cluster does: it alone writes configurations, so that two
 * workers never undo each other's changes. Changes of one connector follow one another;
 * one that has timed out before its turn came is not made any more.
 */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #queues = new KeyedQueues();

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** @throws {AlreadyExistsError} */
  create(name: string, definition: ConnectorDefinition, initial: TargetState): Promise<Created> {
    return this.#change(name, async () => {
      const { configs } = this.#options;
      if (configs.snapshot().has(name)) {
        throw new AlreadyExistsError(`Connector ${name} already exists`);
      }
      await configs.putConnector(name, definition.config, initial);
      this.#options.logger.info(`Connector ${name} is created`);
      return this.#created(name, definition, true);
    });
  }

  /** Makes the connector or changes its configuration. */
  put(name: string, definition: ConnectorDefinition): Promise<Created> {
    return this.#change(name, () => this.#put(name, definition));
  }

  /** @param valid checks the outcome. @throws {NotFoundError}, and what `valid` throws */
  patch(
    name: string,
    patch: RawProps,
    valid: (config: RawProps) => Promise<ConnectorDefinition>,
  ): Promise<Created> {
    return this.#change(name, async () => {
      const config = this.#options.configs.snapshot().connectorConfig(name);
      if (config === undefined) throw new NotFoundError(`Connector ${name} not found`);
      return this.#put(name, await valid(patched(config, patch)));
    });
  }

  /** @throws {NotFoundError} */
  remove(name: string): Promise<void> {
    return this.#change(name, async () => {
      const { configs, logger } = this.#options;
      if (!configs.snapshot().has(name)) throw new NotFoundError(`Connector ${name} not found`);
      await configs.removeConnector(name);
      logger.info(`Connector ${name} is deleted`);
    });
  }

  /** Ends the tasks and forgets their configurations. @throws {NotFoundError} */
  stop(name: string): Promise<void> {
    return this.#change(name, async () => {
      const { configs } = this.#options;
      if (!configs.snapshot().has(name)) throw new NotFoundError(`Unknown connector ${name}`);
      await configs.stopConnector(name);
    });
  }

  /** @throws {NotFoundError} */
  putTaskConfigs(name: string, taskConfigs: readonly Props[]): Promise<void> {
    return this.#change(name, async () => {
      const { configs } = this.#options;
      if (!configs.snapshot().has(name)) throw new NotFoundError(`Connector ${name} not found`);
      await configs.putTaskConfigs(name, taskConfigs);
    });
  }

  /**
   * Changes the offsets of a connector that nothing runs of. It gets no tasks meanwhile: they would
   * be written in turn.
   * @param changes undefined resets all
   * @returns what became of it, for people
   * @throws {RebalanceNeededError} tasks may still be about to end
   * @throws {NotFoundError}
   * @throws {BadRequestError} when it is not stopped
   */
  async modifyOffsets(name: string, changes: readonly OffsetChange[] | undefined): Promise<string> {
    const { configs, offsets, registry, stages, requireSettled, fenceStopped } = this.#options;
    await requireSettled();
    return this.#change(name, async (deadlineMs) => {
      await this.#readConfigs("before modifying connector offsets");
      // Only now what was written a moment ago is known to lead to a rebalance: every worker ends
      // tasks that are no more before it joins.
      await requireSettled();
      const snapshot = configs.snapshot();
      const config = snapshot.connectorConfig(name);
      if (config === undefined) throw new NotFoundError(`Connector ${name} not found`);
      if (snapshot.targetState(name) !== "STOPPED" || snapshot.taskCount(name) > 0) {
        throw mustBeStopped(name);
      }
      const owner = { name, type: findPlugin(registry, config).type, props: config };
      return stages.run(`modifying offsets for connector ${name}`, async () => {
        if (owner.type === "source") await fenceStopped(name);
        return offsets.modify({ owner, changes, deadlineMs });
      });
    });
  }

  /** Asks all workers to restart what they run of a connector. */
  requestRestart(name: string, what: RestartRequest): Promise<void> {
    return this.#change(name, () =>
      this.#options.configs.putRestartRequest({ connector: name, ...what }),
    );
  }

  /** Statuses of what is no more are deleted, also where its last worker could not (Java: `updateDeletedConnectorStatus`). */
  cleanStatuses(): void {
    const { configs, statuses } = this.#options;
    const snapshot = configs.snapshot();
    for (const name of statuses.connectors()) {
      if (!snapshot.has(name)) {
        statuses.deleteConnector(name);
        continue;
      }
      if (snapshot.isInconsistent(name)) continue;
      for (const [task] of statuses.tasks(name)) {
        if (task >= snapshot.taskCount(name)) statuses.deleteTask(name, task);
      }
    }
  }

  async #readConfigs(why: string): Promise<void> {
    try {
      await this.#options.configs.refresh();
    } catch (error) {
      throw new ConnectError(`Failed to read to end of config topic ${why}`, { cause: error });
    }
  }

  async #put(name: string, definition: ConnectorDefinition): Promise<Created> {
    const { configs, logger } = this.#options;
    const known = configs.snapshot().has(name);
    await configs.putConnector(name, definition.config);
    logger.info(`Connector ${name} ${known ? "gets a new configuration" : "is created"}`);
    return this.#created(name, definition, !known);
  }

  #created(name: string, { config, type }: ConnectorDefinition, created: boolean): Created {
    const count = this.#options.configs.snapshot().taskCount(name);
    const tasks = Array.from({ length: count }, (_, task) => ({ connector: name, task }));
    return { created, info: { name, config, tasks, type }, failure: undefined };
  }

  async #change<T>(name: string, change: (deadlineMs: number) => Promise<T>): Promise<T> {
    const { requireLeader, stages } = this.#options;
    await requireLeader();
    const deadlineMs = Date.now() + REQUEST_LIMIT_MS;
    let late = false;
    const made = this.#queues.run(name, async () => {
      if (late) throw new ConnectError("The request had timed out before its turn came");
      await requireLeader();
      return change(deadlineMs);
    });
    try {
      return await stages.within(made, REQUEST_LIMIT_MS);
    } finally {
      late = true;
      // Whoever asked has been answered; what becomes of the change is in the log.
      made.catch((error: unknown) =>
        this.#options.logger.debug(`A change of connector ${name} was not made`, { error }),
      );
    }
  }
}
