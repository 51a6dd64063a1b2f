import {
  AlreadyExistsError,
  ConnectError,
  type Logger,
  NotFoundError,
  type Props,
} from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import type { Events } from "../feed/events.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import type { Level } from "../logging.ts";
import type { SinkGroup } from "../kafka/sink-group.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import type { StatusStore } from "../store/status-store.ts";
import type { TargetState, Threads } from "../threads/units.ts";
import type { ConfigInfos, Definition } from "./config-infos.ts";
import { connectorHealth } from "./connector-health.ts";
import { ConnectorOffsets } from "./connector-offsets.ts";
import { type DryRun, type DryRunRequest, DryRuns } from "./dry-run/dry-runs.ts";
import type {
  ConnectorHealth,
  ConnectorInfo,
  ConnectorStateInfo,
  Created,
  Herder,
  OffsetTexts,
  RestartRequest,
  TaskInfo,
  TaskState,
  WorkHere,
} from "./herder.ts";
import { inJavaOrder } from "./java-order.ts";
import { settledWithin } from "./limit.ts";
import { type ConnectorDefinition, ManagedConnector } from "./managed-connector.ts";
import type { OffsetChange } from "./offset-change.ts";
import type { PluginSchema } from "./plugin-schema.ts";
import { planRestart } from "./restart-plan.ts";
import { stateInfo } from "./state-info.ts";
import { patched, validConnector } from "./valid-connector.ts";

/** How long plugin code may take to validate a configuration, or to check offsets (Java's REST time-out). */
const REQUEST_LIMIT_MS = 90_000;
/** How long an answer waits for a connector to start; after that it tells what is so far. */
const START_LIMIT_MS = 10_000;

export interface StandaloneHerderOptions {
  readonly threads: Threads;
  readonly registry: PluginRegistry;
  readonly offsets: OffsetStore;
  readonly statuses: StatusStore;
  /** `host:port`, as statuses show it. */
  readonly workerId: string;
  /** Gets what happens to connectors, besides their statuses. */
  readonly events: Events;
  readonly logger: Logger;
  /** For lines about a connector, or about one of its tasks. */
  readonly loggerOf: (connector: string, task?: number) => Logger;
  /** Of this worker. */
  readonly setLogLevel: (logger: string, level: Level) => void;
  readonly openSinkGroup: (connector: string, config: Props) => Promise<SinkGroup>;
}

/** The herder of a worker on its own: configurations and statuses live in memory (Java: `StandaloneHerder`). */
export class StandaloneHerder implements Herder, AsyncDisposable {
  readonly #options: StandaloneHerderOptions;
  readonly #connectors = new Map<string, ManagedConnector>();
  readonly #offsets: ConnectorOffsets;
  readonly #dryRuns: DryRuns;

  constructor(options: StandaloneHerderOptions) {
    this.#options = options;
    this.#offsets = new ConnectorOffsets(options);
    this.#dryRuns = new DryRuns({
      ...options,
      existing: (name) => {
        const connector = this.#connectors.get(name);
        return connector && { config: connector.definition.config, target: connector.target };
      },
    });
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
      connector: stateInfo(status),
      tasks: statuses.tasks(name).map(([id, task]) => ({ id, ...stateInfo(task) })),
      type: connector.definition.type,
    };
  }

  async connectorHealth(name: string): Promise<ConnectorHealth> {
    const { statuses, events } = this.#options;
    const status = statuses.connector(name);
    const connector = this.#connectors.get(name);
    if (status === undefined || connector === undefined) {
      throw new NotFoundError(`No status found for connector ${name}`);
    }
    return connectorHealth(name, status, statuses.tasks(name), {
      taskCount: connector.taskConfigs.length,
      since: (task) => statuses.since(name, task),
      lastError: events.lastError(name),
    });
  }

  async taskStatus(name: string, task: number): Promise<TaskState> {
    const status = this.#options.statuses.task(name, task);
    if (status === undefined) throw new NotFoundError(`No status found for task ${name}-${task}`);
    return { id: task, ...stateInfo(status) };
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
      const { config } = this.#find(name, missing).definition;
      const definition = await this.#valid(patched(config, patch));
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
    const connector = this.#find(name, `Unknown connector ${name}`);
    this.#options.events.add({ type: "target", connector: name, target: "STOPPED" });
    await connector.setTargetState("STOPPED");
  }

  async restartConnector(name: string): Promise<void> {
    const connector = this.#find(name, `Unknown connector: ${name}`);
    this.#tellRestart(name, { includeTasks: false, onlyFailed: false });
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
    this.#tellRestart(name, request);
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
    return this.#offsets.read(name, definition.type, definition.config);
  }

  alterOffsets(name: string, changes: readonly OffsetChange[]): Promise<string> {
    return this.#modifyOffsets(name, changes);
  }

  resetOffsets(name: string): Promise<string> {
    return this.#modifyOffsets(name, undefined);
  }

  async putTaskConfigs(): Promise<void> {
    throw new ConnectError(
      "Kafka Connect in standalone mode does not support externally setting task configurations.",
    );
  }

  async fenceZombies(): Promise<void> {
    throw new ConnectError(
      "Kafka Connect in standalone mode does not support exactly-once source connectors.",
    );
  }

  /** A standalone worker is its own cluster. */
  async setClusterLogLevel(logger: string, level: Level): Promise<void> {
    this.#options.setLogLevel(logger, level);
  }

  workHere(): WorkHere {
    const { statuses } = this.#options;
    const all = [...this.#connectors.values()];
    return {
      connectors: all.map(({ name, definition: { type, config } }) => {
        return { name, type, config, state: statuses.connector(name)?.state };
      }),
      tasks: all.flatMap(({ name, definition: { type, config }, taskConfigs }) =>
        taskConfigs.map((taskConfig, task) => ({
          connector: name,
          task,
          type,
          connectorConfig: config,
          taskConfig,
          state: statuses.task(name, task)?.state,
        })),
      ),
    };
  }

  validate(config: RawProps): Promise<ConfigInfos> {
    // Nulls are kept on the way: the plugin's thread tells what is wrong with them.
    return this.#options.threads.validate(config as Props, REQUEST_LIMIT_MS);
  }

  dryRun(request: DryRunRequest): Promise<DryRun> {
    return this.#dryRuns.run(request);
  }

  pluginConfig(plugin: string, version: string | undefined): Promise<Definition[]> {
    return this.#options.threads.pluginConfig(plugin, version, REQUEST_LIMIT_MS);
  }

  pluginSchema(plugin: string, version: string | undefined): Promise<PluginSchema> {
    return this.#options.threads.pluginSchema(plugin, version, REQUEST_LIMIT_MS);
  }

  /** A task has used a topic. */
  recordActiveTopic(connector: string, task: number, topic: string): void {
    if (this.#connectors.has(connector)) this.#options.statuses.addTopic(connector, topic, task);
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
    this.#options.events.add({ type: "config", connector: name, change: "deleted" });
    this.#options.loggerOf(name).info(`Connector ${name} is deleted`);
  }

  async #modifyOffsets(
    name: string,
    changes: readonly OffsetChange[] | undefined,
  ): Promise<string> {
    const deadlineMs = Date.now() + REQUEST_LIMIT_MS;
    return this.#find(name, `Connector ${name} not found`).whileStopped(({ config, type }) =>
      this.#offsets.modify({ owner: { name, type, props: config }, changes, deadlineMs }),
    );
  }

  /** Waits until no connector of the name is being deleted. */
  async #removed(name: string): Promise<void> {
    for (let old = this.#connectors.get(name); old?.closed; old = this.#connectors.get(name)) {
      await this.#remove(old);
    }
  }

  #tellRestart(connector: string, { includeTasks, onlyFailed }: RestartRequest): void {
    this.#options.events.add({
      type: "restart",
      connector,
      include_tasks: includeTasks,
      only_failed: onlyFailed,
    });
  }

  /** The answer does not wait until the state is reached, as the status tells of it. */
  #steer(name: string, target: TargetState): void {
    const connector = this.#find(name, `Unknown connector ${name}`);
    this.#options.events.add({ type: "target", connector: name, target });
    connector.setTargetState(target).catch((error: unknown) => {
      this.#options.loggerOf(name).error(`Connector ${name} could not be brought to ${target}`, {
        error,
      });
    });
  }

  /** @throws {BadRequestError} listing what is wrong */
  #valid(config: RawProps): Promise<ConnectorDefinition> {
    return validConnector(config, this.#options.registry, (props) => this.validate(props));
  }

  async #create(
    name: string,
    definition: ConnectorDefinition,
    initial: TargetState,
  ): Promise<Created> {
    const { threads, statuses, workerId, events, loggerOf } = this.#options;
    const connector = new ManagedConnector(definition, initial, {
      name,
      threads,
      statuses,
      workerId,
      loggerOf,
      onTasks: (count) => events.add({ type: "tasks", connector: name, count }),
    });
    this.#connectors.set(name, connector);
    events.add({ type: "config", connector: name, change: "created" });
    const className = definition.config["connector.class"] ?? "";
    loggerOf(name).info(`Connector ${name} is created: ${definition.type} ${className}`);
    await connector.start();
    return this.#outcome(connector, true);
  }

  async #change(connector: ManagedConnector, definition: ConnectorDefinition): Promise<Created> {
    const { name } = connector;
    this.#options.loggerOf(name).info(`Connector ${name} gets a new configuration`);
    this.#options.events.add({ type: "config", connector: name, change: "updated" });
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
