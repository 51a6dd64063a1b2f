import type { ConfigDef } from "./config/def.ts";
import { type ConfigValue, validateConfig } from "./config/validate.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { PluginMetrics } from "./plugin-metrics.ts";
import type { ConnectPlugin, Logger, Props } from "./plugin.ts";
import type { SourceOffset, SourcePartition } from "./record.ts";
import type { SinkTask } from "./sink-task.ts";
import type { OffsetStorageReader, SourceTask } from "./source-task.ts";
import type { TopicPartitionMap } from "./topic-partition.ts";

/** What the worker offers a connector. */
export interface ConnectorContext {
  /** Asks the worker to call `taskConfigs` again, e.g. because tables have appeared. */
  requestTaskReconfiguration(): void;
  /** Fails the connector, from a background job of its own. */
  raiseError(error: Error): void;
  readonly logger: Logger;
  /** For metrics of the plugin's own; absent where the worker keeps none. */
  readonly pluginMetrics?: PluginMetrics;
}

export interface SourceConnectorContext extends ConnectorContext {
  readonly offsetStorageReader: OffsetStorageReader;
}

export type ExactlyOnceSupport = "SUPPORTED" | "UNSUPPORTED";
export type ConnectorTransactionBoundaries = "SUPPORTED" | "UNSUPPORTED";

/**
 * Splits a job into tasks and watches over the split. The worker makes one instance per
 * running connector, and short-lived ones to validate configurations and to alter
 * offsets. Calls never overlap on one instance, and a method that does not return holds
 * up nothing but its own connector.
 *
 * Life: `initialize` → `start` → `taskConfigs` (again on request) → `stop`. Pausing and
 * stopping the connector call `stop` as well; resuming starts a new instance.
 */
export abstract class Connector<
  Context extends ConnectorContext = ConnectorContext,
> implements ConnectPlugin {
  #context: Context | undefined;

  abstract config(): ConfigDef;

  /** The worker's gift, there from `initialize` on. */
  get context(): Context {
    if (this.#context === undefined) throw new Error("The connector is not initialized yet");
    return this.#context;
  }

  /** Called once, before `start`. */
  initialize(context: Context): void {
    this.#context = context;
  }

  /**
   * Called once with the connector's configuration, variables resolved, `name` included.
   * What it throws makes the connector FAILED.
   */
  abstract start(props: Props): MaybePromise<void>;

  /** The class of the tasks. */
  abstract taskClass(): new () => SourceTask | SinkTask;

  /**
   * One configuration per task, at most `maxTasks`; none means there is nothing to do.
   * What it throws is retried with backoff while the old tasks go on.
   */
  abstract taskConfigs(maxTasks: number): MaybePromise<readonly Props[]>;

  /** Ends what `start` began. Called also after `start` failed. */
  abstract stop(): MaybePromise<void>;

  /**
   * Checks a configuration, on an instance that is not started. The default checks each
   * key by the table of `config()`; override it to connect to the other system or to
   * check keys against each other, and add to the errors of the values it returns.
   */
  validate(props: Props): MaybePromise<ConfigValue[]> {
    return validateConfig(this.config(), props);
  }

  /**
   * Tries whether the other system can be reached as the configuration says, and changes nothing
   * there. Called by dry runs, on an instance that is not started, with a configuration that
   * `validate` found nothing wrong with, variables resolved. Leave it out where there is nothing to
   * reach. (Java has no such method.)
   * @param signal aborted when nobody waits for the answer any more
   * @returns what was reached, in a few words for people, such as the server and its version
   * @throws {ConnectError} why it is not reached, and what to do about it
   */
  testConnection?(props: Props, signal: AbortSignal): MaybePromise<string>;
}

/** A connector that brings data into Kafka. */
export abstract class SourceConnector extends Connector<SourceConnectorContext> {
  abstract override taskClass(): new () => SourceTask;

  /** Whether tasks of this configuration can run exactly-once; undefined = not known (KIP-618). */
  exactlyOnceSupport(_props: Props): ExactlyOnceSupport | undefined {
    return undefined;
  }

  /** Whether tasks of this configuration can say where transactions end (KIP-618). */
  canDefineTransactionBoundaries(_props: Props): ConnectorTransactionBoundaries {
    return "UNSUPPORTED";
  }

  /**
   * Checks offsets an operator wants to set (null resets a partition), on an instance
   * that is not started; it may be called again with the same ones (KIP-875).
   * @returns false when the connector has nothing to do beyond what the worker does
   * @throws {ConnectError} to refuse them
   */
  alterOffsets(
    _props: Props,
    _offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): MaybePromise<boolean> {
    return false;
  }
}

/** A connector that takes data out of Kafka. */
export abstract class SinkConnector extends Connector {
  abstract override taskClass(): new () => SinkTask;

  /** As for sources; null resets a partition. */
  alterOffsets(_props: Props, _offsets: TopicPartitionMap<number | null>): MaybePromise<boolean> {
    return false;
  }
}
