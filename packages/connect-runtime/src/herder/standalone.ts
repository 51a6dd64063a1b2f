import {
  AlreadyExistsError,
  ConnectError,
  type Logger,
  NotFoundError,
  type Props,
} from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { CONNECTOR_KINDS, type PluginRegistry } from "../plugins/registry.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import type { MemoryStatusStore, Status } from "../store/status-store.ts";
import type { TargetState, Threads } from "../threads/units.ts";
import { BadRequestError, connectorClassOf } from "./bad-request.ts";
import type { ConfigInfos, Definition } from "./config-infos.ts";
import type {
  ConnectorInfo,
  ConnectorStateInfo,
  Created,
  Herder,
  OffsetTexts,
  RestartRequest,
  StateInfo,
  TaskInfo,
  TaskState,
} from "./herder.ts";
import { inJavaOrder } from "./java-order.ts";
import { settledWithin } from "./limit.ts";
import { type ConnectorDefinition, ManagedConnector } from "./managed-connector.ts";
import { planRestart } from "./restart-plan.ts";

/** How long plugin code may take to validate a configuration (Java's REST time-out). */
const VALIDATE_LIMIT_MS = 90_000;
/** How long an answer waits for a connector to start; after that it tells what is so far. */
const START_LIMIT_MS = 10_000;

export interface StandaloneHerderOptions {
  readonly threads: Threads;
  readonly registry: PluginRegistry;
  readonly offsets: OffsetStore;
  readonly statuses: MemoryStatusStore;
  /** `host:port`, as statuses show it. */
  readonly workerId: string;
  readonly logger: Logger;
  /** Asks Kafka for what a sink's consumer group has committed. */
  readonly sinkOffsets: (connector: string, config: Props) => Promise<OffsetTexts[]>;
}

/** The herder of a worker on its own: configurations and statuses live in memory (Java: `StandaloneHerder`). */
export class StandaloneHerder implements Herder, AsyncDisposable {
  readonly #options: StandaloneHerderOptions;
  readonly #connectors = new Map<string, ManagedConnector>();

  constructor(options: StandaloneHerderOptions) {
    this.#options = options;
  }

  async connectors(): Promise<string[]> {
    return inJavaOrder(this.#connectors.keys());
  }

  async connectorInfo(name: string): Promise<ConnectorInfo> {
    return infoOf(this.#find(name, `Connector ${name} not found`));
  }

  async connectorStatus(name: string): Promise<ConnectorStateInfo> {
    const { statuses } = this.#options;
    const status = statuses.connector(name);
    const connector = this.#connectors.get(name);
    if (status === undefined || connector === undefined) {
      throw new NotFoundError(`No status found for connector ${name}`);
    }
    return {
      name,
      connector: stateOf(status),
      tasks: statuses.tasks(name).map(([id, task]) => ({ id, ...stateOf(task) })),
      type: connector.definition.type,
    };
  }

  async taskStatus(name: string, task: number): Promise<TaskState> {
    const status = this.#options.statuses.task(name, task);
    if (status === undefined) throw new NotFoundError(`No status found for task ${name}-${task}`);
    return { id: task, ...stateOf(status) };
  }

  async tasks(name: string): Promise<TaskInfo[]> {
    const connector = this.#find(name, `Connector ${name} not found`);
    return connector.taskConfigs.map((config, task) => ({ id: { connector: name, task }, config }));
  }

  async createConnector(name: string, config: RawProps, initial: TargetState): Promise<Created> {
    const definition = await this.#valid(config);
    await this.#removed(name);
    if (this.#connectors.has(name)) {
      throw new AlreadyExistsError(`Connector ${name} already exists`);
    }
    return this.#create(name, definition, initial);
  }

  async putConnectorConfig(name: string, config: RawProps): Promise<Created> {
    const definition = await this.#valid(config);
    await this.#removed(name);
    const connector = this.#connectors.get(name);
    if (connector === undefined) return this.#create(name, definition, "STARTED");
    return connector.changes.run(() =>
      // Deleted while other changes were made, it is made anew.
      connector.closed
        ? this.putConnectorConfig(name, config)
        : this.#change(connector, definition),
    );
  }

  async patchConnectorConfig(name: string, patch: RawProps): Promise<Created> {
    const missing = `Connector ${name} not found`;
    return this.#find(name, missing).changes.run(async () => {
      const patched = new Map<string, string>(
        Object.entries(this.#find(name, missing).definition.config),
      );
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) patched.delete(key);
        else patched.set(key, value);
      }
      const definition = await this.#valid(Object.fromEntries(patched));
      return this.#change(this.#find(name, missing), definition);
    });
  }

  async deleteConnector(name: string): Promise<void> {
    await this.#remove(this.#find(name, `Connector ${name} not found`));
  }

  async pauseConnector(name: string): Promise<void> {
    this.#steer(name, "PAUSED");
  }

  async resumeConnector(name: string): Promise<void> {
    this.#steer(name, "STARTED");
  }

  async stopConnector(name: string): Promise<void> {
    await this.#find(name, `Unknown connector ${name}`).setTargetState("STOPPED");
  }

  async restartConnector(name: string): Promise<void> {
    const connector = this.#find(name, `Unknown connector: ${name}`);
    await connector.restart(true, []);
    const { failure } = await this.#outcome(connector, false);
    if (failure !== undefined) {
      throw new ConnectError(`Failed to start connector ${name}: ${failure}`);
    }
  }

  async restartConnectorAndTasks(
    name: string,
    request: RestartRequest,
  ): Promise<ConnectorStateInfo> {
    const connector = this.#find(name, `Unknown connector: ${name}`);
    if (this.#options.statuses.connector(name) === undefined) {
      throw new NotFoundError(`Status for connector ${name} not found`);
    }
    const plan = planRestart(await this.connectorStatus(name), request);
    if (plan.connector || plan.tasks.length > 0)
      await connector.restart(plan.connector, plan.tasks);
    return plan.status;
  }

  async restartTask(name: string, task: number): Promise<void> {
    const connector = this.#find(name, `Unknown connector: ${name}`);
    if (task >= connector.taskConfigs.length) {
      throw new NotFoundError(`Unknown task: ${name}-${task}`);
    }
    await connector.restart(false, [task]);
  }

  async activeTopics(name: string): Promise<string[]> {
    return this.#options.statuses.topics(name);
  }

  async resetActiveTopics(name: string): Promise<void> {
    this.#options.statuses.resetTopics(name);
  }

  async connectorOffsets(name: string): Promise<OffsetTexts[]> {
    const { definition } = this.#find(name, `Connector ${name} not found`);
    if (definition.type === "sink") return this.#options.sinkOffsets(name, definition.config);
    const prefix = `[${JSON.stringify(name)},`;
    const entries = await this.#options.offsets.entries(name);
    return [...entries].map(([key, offset]) => ({
      partition: key.slice(prefix.length, -1),
      offset,
    }));
  }

  validate(config: RawProps): Promise<ConfigInfos> {
    // Nulls are kept on the way: the plugin's thread tells what is wrong with them.
    return this.#options.threads.validate(config as Props, VALIDATE_LIMIT_MS);
  }

  pluginConfig(plugin: string, version: string | undefined): Promise<Definition[]> {
    return this.#options.threads.pluginConfig(plugin, version, VALIDATE_LIMIT_MS);
  }

  /** A task has used a topic. */
  recordActiveTopic(connector: string, topic: string): void {
    if (this.#connectors.has(connector)) this.#options.statuses.addTopic(connector, topic);
  }

  /** Ends all connectors and tasks, together. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#connectors.values()].map((connector) => connector.close()));
  }

  /** @throws {NotFoundError} also for one that is being deleted */
  #find(name: string, otherwise: string): ManagedConnector {
    const connector = this.#connectors.get(name);
    if (connector === undefined || connector.closed) throw new NotFoundError(otherwise);
    return connector;
  }

  /** Ends a connector and forgets it; any number of callers may ask for it. */
  async #remove(connector: ManagedConnector): Promise<void> {
    await connector.close();
    const { name } = connector;
    if (this.#connectors.get(name) !== connector) return;
    this.#connectors.delete(name);
    this.#options.statuses.deleteConnector(name);
    this.#options.logger.info(`Connector ${name} is deleted`);
  }

  /** Waits until no connector of the name is being deleted. */
  async #removed(name: string): Promise<void> {
    for (let old = this.#connectors.get(name); old?.closed; old = this.#connectors.get(name)) {
      await this.#remove(old);
    }
  }

  /** The answer does not wait until the state is reached, as the status tells of it. */
  #steer(name: string, target: TargetState): void {
    const connector = this.#find(name, `Unknown connector ${name}`);
    connector.setTargetState(target).catch((error: unknown) => {
      this.#options.logger.error(`Connector ${name} could not be brought to ${target}`, {
        error,
      });
    });
  }

  /** @throws {BadRequestError} listing what is wrong */
  async #valid(config: RawProps): Promise<ConnectorDefinition> {
    const className = connectorClassOf(config);
    const infos = await this.validate(config);
    refuseErrors(infos);
    // A configuration without errors holds no nulls.
    const valid = config as Props;
    const { kind, version } = this.#options.registry.find(
      CONNECTOR_KINDS,
      className,
      valid["connector.plugin.version"],
    );
    return { config: valid, type: kind, version };
  }

  async #create(
    name: string,
    definition: ConnectorDefinition,
    initial: TargetState,
  ): Promise<Created> {
    const { threads, statuses, workerId, logger } = this.#options;
    const connector = new ManagedConnector(definition, initial, {
      name,
      threads,
      statuses,
      workerId,
      logger,
    });
    this.#connectors.set(name, connector);
    const className = definition.config["connector.class"] ?? "";
    logger.info(`Connector ${name} is created: ${definition.type} ${className}`);
    await connector.start();
    return this.#outcome(connector, true);
  }

  async #change(connector: ManagedConnector, definition: ConnectorDefinition): Promise<Created> {
    this.#options.logger.info(`Connector ${connector.name} gets a new configuration`);
    await connector.change(definition);
    return this.#outcome(connector, false);
  }

  /** Waits for a start, but tells the truth early about one that takes its time. */
  async #outcome(connector: ManagedConnector, created: boolean): Promise<Created> {
    let failure: string | undefined;
    const settled = connector.settled().then((outcome) => (failure = outcome));
    await settledWithin(settled, START_LIMIT_MS);
    return { created, info: infoOf(connector), failure };
  }
}

function infoOf(connector: ManagedConnector): ConnectorInfo {
  const { name, definition, taskConfigs } = connector;
  return {
    name,
    config: definition.config,
    tasks: taskConfigs.map((_, task) => ({ connector: name, task })),
    type: definition.type,
  };
}

function stateOf({ state, workerId, trace, version }: Status): StateInfo {
  return {
    state,
    worker_id: workerId,
    ...(trace && { trace }),
    ...(version && { version }),
  };
}

function refuseErrors({ error_count: count, configs }: ConfigInfos): void {
  if (count === 0) return;
  const errors = configs.flatMap(({ value }) => value.errors);
  throw new BadRequestError(
    [
      `Connector configuration is invalid and contains the following ${count} error(s):`,
      ...errors,
      "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    ].join("\n"),
  );
}
