import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import { installHint } from "../../plugins/known-packages.ts";
import {
  CONNECTOR_KINDS,
  PluginNotFoundError,
  type PluginRegistry,
} from "../../plugins/registry.ts";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import type { StatusStore } from "../../store/status-store.ts";
import type { Threads } from "../../threads/units.ts";

/** What the connectors and tasks that run on this worker need of it. */
export interface WorkingContext {
  readonly threads: Threads;
  readonly registry: PluginRegistry;
  readonly statuses: StatusStore;
  /** `host:port`, as statuses show it. */
  readonly workerId: string;
  /** The newest configurations. */
  readonly snapshot: () => ConfigSnapshot;
  /** The group's generation, which statuses bear. */
  readonly generation: () => number;
  /** Makes these the tasks of a connector, by way of the leader. Resolves when that is written. */
  readonly publishTaskConfigs: (connector: string, configs: readonly Props[]) => Promise<void>;
  /** How tasks of sources deliver exactly once; undefined: they don't. */
  readonly exactlyOnce: ExactlyOnceContext | undefined;
  /** For lines about a connector, or about one of its tasks. */
  readonly loggerOf: (connector: string, task?: number) => Logger;
}

export interface ExactlyOnceContext {
  /** Of a task's producer: `<group.id>-<connector>-<task>`. */
  readonly transactionalId: (connector: string, task: number) => string;
  /** Where a connector's offsets go. */
  readonly offsetsTopic: (connector: string) => string;
  /** Asks the leader once to fence off earlier tasks. @throws {ConnectError} why that is not done */
  readonly fence: (connector: string) => Promise<void>;
}

export interface FoundPlugin {
  readonly type: "source" | "sink";
  readonly version: string;
}

/** @throws {ConnectError} naming the package to install */
export function findPlugin(registry: PluginRegistry, config: Props): FoundPlugin {
  const className = config["connector.class"] ?? "";
  try {
    const { kind, version } = registry.find(
      CONNECTOR_KINDS,
      className,
      config["connector.plugin.version"],
    );
    return { type: kind, version };
  } catch (error) {
    if (!(error instanceof PluginNotFoundError) || error.miss !== "unknown") throw error;
    throw new ConnectError(`${error.message}. ${installHint(className)}`, {
      javaName: error.javaName,
      cause: error,
    });
  }
}
