import type { Props, TopicPartition } from "@millrace/connect-api";
import type { DryRunSteps } from "../dry-run/steps.ts";
import type { ConfigInfos, Definition } from "../herder/config-infos.ts";
import type { PluginMetric } from "../metrics/plugin-families.ts";
import type { ThreadSubject } from "../metrics/worker-groups.ts";
import type { PluginSchema } from "../herder/plugin-schema.ts";

/**
 * What the main thread asks of the threads that plugin code runs in. Connectors and
 * tasks are *units*: each is started in some thread and watched from the main thread,
 * which itself never runs plugin code and never waits for it without a limit.
 */

/** What an operator wants of a connector (config topic: `target-state-<connector>`). */
export type TargetState = "STARTED" | "PAUSED" | "STOPPED";

/** What a unit says of itself; the text goes into its status as it is. */
export type UnitState = "RUNNING" | "PAUSED" | "STOPPED" | "FAILED" | "UNASSIGNED";

/** Called as a unit changes state, in order. After `stop()` was answered nothing more comes. */
export interface UnitListener {
  /** `trace` is given with FAILED: Java's shape, `class: message` and stack lines. */
  onState(state: UnitState, trace?: string): void;
  /** What plugins of the unit measure themselves, as far as they do. */
  onPluginMetrics?(metrics: readonly PluginMetric[]): void;
}

export interface ConnectorListener extends UnitListener {
  /** The connector asks for `taskConfigs` to be called again. */
  onReconfigurationRequest(): void;
  /** Values from a config provider are out of date: the connector is to be restarted. */
  onReloadRequest(): void;
}

/** A connector to run; `props` are as submitted, variables in them, and include `name`. */
export interface ConnectorSpec {
  readonly name: string;
  readonly type: "source" | "sink";
  readonly props: Props;
  readonly initialState: TargetState;
}

/** How a connector splits its work. */
export interface TaskConfigs {
  /**
   * One configuration per task, `task.class` included. Keys that have a variable in the
   * connector's configuration have it here too (Java: `reverseTransform`).
   */
  readonly configs: readonly Props[];
  /** `tasks.max` */
  readonly tasksMax: number;
  /** `tasks.max.enforce` */
  readonly enforced: boolean;
}

export interface ConnectorUnit {
  /** Applies a target state; the listener tells when it is reached. */
  setTargetState(state: TargetState): void;
  /** @throws {ConnectError} what the plugin threw, or that it is not running */
  taskConfigs(): Promise<TaskConfigs>;
  /** Ends the connector; resolves when it has ended or was given up after its grace time. */
  stop(): Promise<void>;
}

/** A task to run; both configurations are as stored, variables in them. */
export interface TaskSpec {
  readonly connector: string;
  readonly task: number;
  readonly type: "source" | "sink";
  readonly connectorProps: Props;
  readonly taskProps: Props;
  readonly initialState: TargetState;
  /** Where it measures itself (`newTaskMemory`); absent where nobody looks. */
  readonly memory?: SharedArrayBuffer;
  /** A source that is to deliver exactly once (KIP-618). */
  readonly exactlyOnce?: ExactlyOnceSpec;
}

export interface ExactlyOnceSpec {
  /** Of its producer; whoever takes it over can't be disturbed by this task any more. */
  readonly transactionalId: string;
  /** Where its offsets go, in the same transactions as its records. */
  readonly offsetsTopic: string;
  /** Of the task configurations that it was started with (`ConfigSnapshot.taskConfigGeneration`). */
  readonly generation: number;
}

export interface TaskUnit {
  setTargetState(state: TargetState): void;
  /**
   * Stops gracefully: intake ends, what is under way is finished, offsets are committed.
   * Past `task.shutdown.graceful.timeout.ms` the task is cancelled: nothing more is
   * committed. Resolves when it has ended either way.
   */
  stop(): Promise<void>;
}

/** A connector whose offsets are to change; it need not run. `props` may hold variables. */
export interface AlteredConnector {
  readonly name: string;
  readonly props: Props;
}

/** The committed offset of a topic partition; null: none. */
export interface GroupOffset extends TopicPartition {
  readonly offset: number | null;
}

/** Offsets that an operator wants a connector to have; null resets. */
export type NewOffsets =
  | {
      readonly type: "source";
      /** Keys and values as the store has them: `["connector",{partition}]` and `{offset}`. */
      readonly entries: ReadonlyMap<string, string | null>;
    }
  | { readonly type: "sink"; readonly entries: readonly GroupOffset[] };

/** A configuration without variables. */
export interface ResolvedProps {
  readonly props: Props;
  /** The values that came from config providers, to be hidden (I5). */
  readonly secrets: readonly string[];
}

/** Where units run. */
export interface Threads extends AsyncDisposable {
  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit;
  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit;
  /**
   * Validates a connector configuration with the plugins' own code.
   * @param props the configuration as submitted; its variables are resolved to be checked
   * @throws {ConnectError} when the plugin does not answer within `timeoutMs`
   */
  validate(props: Props, timeoutMs: number): Promise<ConfigInfos>;
  /**
   * Replaces the variables of a configuration, for what the main thread does itself.
   * @throws {ConnectError} what a config provider threw, or that it did not answer within `timeoutMs`
   */
  resolve(props: Props, timeoutMs: number): Promise<ResolvedProps>;
  /** The configuration table of a plugin of any kind, by its class. */
  pluginConfig(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): Promise<Definition[]>;
  /** The same table as a JSON Schema. */
  pluginSchema(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): Promise<PluginSchema>;
  /**
   * Lets the plugin of a connector that is stopped check new offsets, and do its own part of it.
   * @returns false when it has nothing to do beyond what the worker does
   * @throws {ConnectError} what the plugin throws, or that it does not answer within `timeoutMs`
   */
  alterOffsets(
    connector: AlteredConnector,
    offsets: NewOffsets,
    timeoutMs: number,
  ): Promise<boolean>;
  /** How busy the threads are that there are now. */
  use(): readonly ThreadSubject[];
  /**
   * One step of a dry run, in a thread of its own, which is ended after it: nothing that the
   * plugin did there is left.
   * @throws {ConnectError} what the plugin throws, or that it does not answer within `timeoutMs`
   */
  dryRun<Step extends keyof DryRunSteps>(
    step: Step,
    args: Parameters<DryRunSteps[Step]>,
    timeoutMs: number,
  ): Promise<Awaited<ReturnType<DryRunSteps[Step]>>>;
}
