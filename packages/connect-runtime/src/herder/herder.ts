import type { Props } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import type { LastError } from "../feed/events.ts";
import type { Level } from "../logging.ts";
import type { ReportedState } from "../store/status-store.ts";
import type { TaskId } from "../store/work.ts";
import type { TargetState } from "../threads/units.ts";
import type { ConfigInfos, Definition } from "./config-infos.ts";
import type { DryRun, DryRunRequest } from "./dry-run/dry-runs.ts";
import type { PluginSchema } from "./plugin-schema.ts";
import type { OffsetChange } from "./offset-change.ts";

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
  /** How a connector does as a whole. @throws {NotFoundError} */
  connectorHealth(name: string): Promise<ConnectorHealth>;

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
  /**
   * Changes offsets of a connector that is stopped (KIP-875).
   * @returns what became of it, for people
   * @throws {NotFoundError}
   * @throws {BadRequestError} when it is not stopped, and for sink offsets that are none
   * @throws {ConnectError} when the connector refuses them, or tasks of it still run; nothing is changed then
   */
  alterOffsets(name: string, changes: readonly OffsetChange[]): Promise<string>;
  /** Forgets all offsets of a connector that is stopped. Returns and throws as `alterOffsets`. */
  resetOffsets(name: string): Promise<string>;

  /**
   * What the owner of a connector asks the leader: these are its tasks now.
   * @throws {BadRequestError} for a request that is not signed as it must be; {ConnectError} in standalone mode
   */
  putTaskConfigs(name: string, configs: readonly Props[], proof: RequestProof): Promise<void>;
  /**
   * What the owner of a source task asks the leader before it starts one with exactly-once
   * delivery: no older task of the connector can write any more once this resolves.
   * @throws {NotFoundError}; {BadRequestError}; {ConnectError} in standalone mode
   */
  fenceZombies(name: string, proof: RequestProof): Promise<void>;
  /** Sets the level of a logger, and of those below it, on all workers of the cluster. */
  setClusterLogLevel(logger: string, level: Level): Promise<void>;

  /** What this worker has to run, and how it does. */
  workHere(): WorkHere;

  /** @throws {ConnectError} when no plugin can be asked, or none answers in time */
  validate(config: RawProps): Promise<ConfigInfos>;
  /**
   * Tries a configuration out, and changes nothing. What fails is told in the answer.
   * @throws {BadRequestError} when there is no connector to ask
   * @throws {TooManyDryRunsError}
   */
  dryRun(request: DryRunRequest): Promise<DryRun>;
  /** @throws {PluginNotFoundError} */
  pluginConfig(plugin: string, version: string | undefined): Promise<Definition[]>;
  /** The same as a JSON Schema. @throws {PluginNotFoundError} */
  pluginSchema(plugin: string, version: string | undefined): Promise<PluginSchema>;
}

/** Shows that an internal request comes from a worker of the cluster (KIP-507). */
export interface RequestProof {
  /** The request's body, byte by byte. */
  readonly body: Buffer;
  /** Header `X-Connect-Authorization`: base64 of the body's MAC. */
  readonly signature: string | undefined;
  /** Header `X-Connect-Request-Signature-Algorithm`, in Java's names. */
  readonly algorithm: string | undefined;
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

/** Not Java's: what one would conclude from a connector's states. */
export interface ConnectorHealth {
  readonly name: string;
  /**
   * failed: the connector or all of its tasks have failed; stale: a state is of a worker that is
   * gone; degraded: some tasks have failed, or something is not assigned, or has said nothing yet;
   * stopped, paused: as somebody wanted it; healthy: all of it runs.
   */
  readonly health: "healthy" | "degraded" | "failed" | "stale" | "paused" | "stopped";
  /** Why, for people; null where all is well, or as somebody wanted it. */
  readonly reason: string | null;
  /** Since when it is so, ISO 8601; null: that is not known. */
  readonly since: string | null;
  /** What failed last since this worker has started, though it may run again by now. */
  readonly last_error: LastError | null;
  readonly connector: UnitHealth;
  readonly tasks: readonly (UnitHealth & { readonly id: number })[];
}

/** What a worker has to run; a state is undefined until something is known of it. */
export interface WorkHere {
  readonly connectors: readonly {
    readonly name: string;
    readonly type: ConnectorType;
    readonly config: Props;
    readonly state: ReportedState | undefined;
  }[];
  readonly tasks: readonly {
    readonly connector: string;
    readonly task: number;
    readonly type: ConnectorType;
    readonly connectorConfig: Props;
    readonly taskConfig: Props;
    readonly state: ReportedState | undefined;
  }[];
}

export interface UnitHealth {
  readonly state: ReportedState;
  readonly worker_id: string;
  /** When it reached the state, ISO 8601; absent where that is not known. */
  readonly since?: string;
  /** Of what has failed: the first line of its trace. */
  readonly error?: string;
  /** Restarts by itself (`errors.restart.*`); absent while there were none. */
  readonly restarts?: {
    readonly attempts: number;
    /** When the next one is due, ISO 8601; null: none is. */
    readonly next: string | null;
  };
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
