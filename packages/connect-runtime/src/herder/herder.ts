import type { Props } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import type { ReportedState } from "../store/status-store.ts";
import type { TargetState } from "../threads/units.ts";
import type { ConfigInfos, Definition } from "./config-infos.ts";

/** What REST asks of a worker, in either mode (Java: `Herder`). Answers are REST's bodies. */
export interface Herder {
  connectors(): Promise<string[]>;
  /** @throws {NotFoundError} */
  connectorInfo(name: string): Promise<ConnectorInfo>;
  /** @throws {NotFoundError} */
  connectorStatus(name: string): Promise<ConnectorStateInfo>;
  /** @throws {NotFoundError} */
  taskStatus(name: string, task: number): Promise<TaskState>;
  /** @throws {NotFoundError} */
  tasks(name: string): Promise<TaskInfo[]>;

  /**
   * Makes a connector of a configuration that is valid.
   * @throws {BadRequestError} for an invalid one
   * @throws {AlreadyExistsError}
   */
  createConnector(name: string, config: RawProps, initial: TargetState): Promise<Created>;
  /**
   * Makes the connector or changes its configuration.
   * @throws {BadRequestError} for an invalid one
   */
  putConnectorConfig(name: string, config: RawProps): Promise<Created>;
  /**
   * Changes single keys; null takes a key away.
   * @throws {NotFoundError}
   * @throws {BadRequestError} when the result is invalid
   */
  patchConnectorConfig(name: string, patch: RawProps): Promise<Created>;
  /** @throws {NotFoundError} */
  deleteConnector(name: string): Promise<void>;

  /** Changes what is wanted; answers before it is reached. @throws {NotFoundError} */
  pauseConnector(name: string): Promise<void>;
  /** Changes what is wanted; answers before it is reached. @throws {NotFoundError} */
  resumeConnector(name: string): Promise<void>;
  /** Ends the tasks and forgets their configurations. @throws {NotFoundError} */
  stopConnector(name: string): Promise<void>;
  /**
   * Restarts the connector without its tasks, and waits for its start.
   * @throws {NotFoundError}
   * @throws {ConnectError} when it does not start
   */
  restartConnector(name: string): Promise<void>;
  /** @returns the status with what is about to be restarted as RESTARTING. @throws {NotFoundError} */
  restartConnectorAndTasks(name: string, what: RestartRequest): Promise<ConnectorStateInfo>;
  /** @throws {NotFoundError} */
  restartTask(name: string, task: number): Promise<void>;

  activeTopics(name: string): Promise<string[]>;
  resetActiveTopics(name: string): Promise<void>;
  /**
   * The connector's offsets, as JSON texts: numbers stay as they were written.
   * @throws {NotFoundError}
   */
  connectorOffsets(name: string): Promise<OffsetTexts[]>;

  /** @throws {ConnectError} when no plugin can be asked, or none answers in time */
  validate(config: RawProps): Promise<ConfigInfos>;
  /** @throws {PluginNotFoundError} */
  pluginConfig(plugin: string, version: string | undefined): Promise<Definition[]>;
}

export interface TaskId {
  readonly connector: string;
  readonly task: number;
}

export type ConnectorType = "source" | "sink" | "unknown";

export interface ConnectorInfo {
  readonly name: string;
  /** As it was submitted: variables are not resolved. */
  readonly config: Props;
  readonly tasks: readonly TaskId[];
  readonly type: ConnectorType;
}

export interface Created {
  /** False when an existing connector was changed. */
  readonly created: boolean;
  readonly info: ConnectorInfo;
  /** Why the connector did not start; it is there all the same, FAILED. */
  readonly failure: string | undefined;
}

export interface TaskInfo {
  readonly id: TaskId;
  readonly config: Props;
}

export interface StateInfo {
  readonly state: ReportedState;
  readonly worker_id: string;
  readonly trace?: string;
  readonly version?: string;
}

export interface TaskState extends StateInfo {
  readonly id: number;
}

export interface ConnectorStateInfo {
  readonly name: string;
  readonly connector: StateInfo;
  readonly tasks: readonly TaskState[];
  readonly type: ConnectorType;
}

/** Which parts of a connector to restart (KIP-745). */
export interface RestartRequest {
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

export interface OffsetTexts {
  readonly partition: string;
  readonly offset: string;
}
