import { NotFoundError, type Props } from "@millrace/connect-api";
import type { PluginRegistry } from "../../plugins/registry.ts";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import type { StatusStore } from "../../store/status-store.ts";
import type { Work } from "../../store/work.ts";
import type {
  ConnectorHealth,
  ConnectorInfo,
  ConnectorStateInfo,
  ConnectorType,
  TaskInfo,
  TaskState,
  WorkHere,
} from "../herder.ts";
import { connectorHealth, type HealthContext } from "../connector-health.ts";
import { inJavaOrderOfCopy } from "../java-order.ts";
import { settledWithin } from "../limit.ts";
import { stateInfo } from "../state-info.ts";
import { findPlugin } from "./working-context.ts";

/** How long a connector that is not known is looked for in the config topic. */
const LOOK_MS = 2_000;

export interface ClusterViewOptions {
  readonly configs: { snapshot(): ConfigSnapshot; refresh(): Promise<void> };
  readonly statuses: StatusStore;
  readonly registry: PluginRegistry;
}

/** What any worker knows of the cluster's connectors, from its own copies of the topics. */
export class ClusterView {
  readonly #options: ClusterViewOptions;

  constructor(options: ClusterViewOptions) {
    this.#options = options;
  }

  get snapshot(): ConfigSnapshot {
    return this.#options.configs.snapshot();
  }

  connectors(): string[] {
    return inJavaOrderOfCopy(this.snapshot.connectors());
  }

  /** @throws {NotFoundError} */
  async info(name: string): Promise<ConnectorInfo> {
    const config = await this.config(name, `Connector ${name} not found`);
    const count = this.snapshot.taskCount(name);
    const tasks = Array.from({ length: count }, (_, task) => ({ connector: name, task }));
    return { name, config, tasks, type: this.typeOf(config) };
  }

  /** @throws {NotFoundError} */
  status(name: string): ConnectorStateInfo {
    const { statuses } = this.#options;
    const status = statuses.connector(name);
    const config = this.snapshot.connectorConfig(name);
    if (status === undefined || config === undefined) {
      throw new NotFoundError(`No status found for connector ${name}`);
    }
    return {
      name,
      connector: stateInfo(status),
      tasks: statuses.tasks(name).map(([id, task]) => ({ id, ...stateInfo(task) })),
      type: this.typeOf(config),
    };
  }

  /**
   * @param context what its own copies of the topics do not tell
   * @throws {NotFoundError}
   */
  health(name: string, context: Pick<HealthContext, "workers" | "lastError">): ConnectorHealth {
    const { statuses } = this.#options;
    const status = statuses.connector(name);
    if (status === undefined || !this.snapshot.has(name)) {
      throw new NotFoundError(`No status found for connector ${name}`);
    }
    return connectorHealth(name, status, statuses.tasks(name), {
      ...context,
      taskCount: this.snapshot.taskCount(name),
      since: (task) => statuses.since(name, task),
    });
  }

  /** @throws {NotFoundError} */
  taskStatus(name: string, task: number): TaskState {
    const status = this.#options.statuses.task(name, task);
    if (status === undefined) throw new NotFoundError(`No status found for task ${name}-${task}`);
    return { id: task, ...stateInfo(status) };
  }

  /** @throws {NotFoundError} */
  async tasks(name: string): Promise<TaskInfo[]> {
    await this.config(name, `Connector ${name} not found`);
    const configs = this.snapshot.taskConfigs(name);
    return configs.map((config, task) => ({ id: { connector: name, task }, config }));
  }

  /** @throws {NotFoundError} also after a look whether the connector was made a moment ago */
  async config(name: string, otherwise: string): Promise<Props> {
    const known = this.snapshot.connectorConfig(name);
    if (known !== undefined) return known;
    await settledWithin(this.#options.configs.refresh(), LOOK_MS);
    const config = this.snapshot.connectorConfig(name);
    if (config === undefined) throw new NotFoundError(otherwise);
    return config;
  }

  /** What is to run on this worker, as far as its configuration is still there. */
  workHere({ connectors, tasks }: Work): WorkHere {
    const { snapshot } = this;
    const { statuses } = this.#options;
    return {
      connectors: connectors.flatMap((name) => {
        const config = snapshot.connectorConfig(name);
        const state = statuses.connector(name)?.state;
        return config === undefined ? [] : [{ name, type: this.typeOf(config), config, state }];
      }),
      tasks: tasks.flatMap(({ connector, task }) => {
        const connectorConfig = snapshot.connectorConfig(connector);
        const taskConfig = snapshot.taskConfigs(connector)[task];
        if (connectorConfig === undefined || taskConfig === undefined) return [];
        const type = this.typeOf(connectorConfig);
        const state = statuses.task(connector, task)?.state;
        return [{ connector, task, type, connectorConfig, taskConfig, state }];
      }),
    };
  }

  typeOf(config: Props): ConnectorType {
    try {
      return findPlugin(this.#options.registry, config).type;
    } catch {
      // The plugin is not installed here: nobody can tell.
      return "unknown";
    }
  }
}
