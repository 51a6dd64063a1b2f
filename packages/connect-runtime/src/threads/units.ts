import type { Props } from "@millrace/connect-api";
import type { ConfigInfos, Definition } from "../herder/config-infos.ts";

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
}

export interface ConnectorListener extends UnitListener {
  /** The connector asks for `taskConfigs` to be called again. */
  onReconfigurationRequest(): void;
}

/** A connector to run; `props` are resolved (no `${…}` left) and include `name`. */
export interface ConnectorSpec {
  readonly name: string;
  readonly type: "source" | "sink";
  readonly props: Props;
  readonly initialState: TargetState;
}

export interface ConnectorUnit {
  /** Applies a target state; the listener tells when it is reached. */
  setTargetState(state: TargetState): void;
  /**
   * One resolved configuration per task, `task.class` included.
   * @throws {ConnectError} what the plugin threw, or that it did not answer in time
   */
  taskConfigs(maxTasks: number): Promise<Props[]>;
  /** Ends the connector; resolves when it has ended or was given up after its grace time. */
  stop(): Promise<void>;
}

/** A task to run; both configurations are resolved. */
export interface TaskSpec {
  readonly connector: string;
  readonly task: number;
  readonly type: "source" | "sink";
  readonly connectorProps: Props;
  readonly taskProps: Props;
  readonly initialState: TargetState;
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

/** Where units run. */
export interface Threads extends AsyncDisposable {
  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit;
  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit;
  /**
   * Validates a connector configuration with the plugins' own code.
   * @param props the raw configuration, variables resolved
   * @throws {ConnectError} when the plugin does not answer within `timeoutMs`
   */
  validate(props: Props, timeoutMs: number): Promise<ConfigInfos>;
  /** The configuration table of a plugin of any kind, by its class. */
  pluginConfig(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): Promise<Definition[]>;
}
