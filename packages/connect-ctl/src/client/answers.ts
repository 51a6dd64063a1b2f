/** JSON of Kafka Connect's REST API. */

/** A configuration: texts by key. */
export type Config = Readonly<Record<string, string>>;

export type State =
  | "RUNNING"
  | "PAUSED"
  | "STOPPED"
  | "FAILED"
  | "UNASSIGNED"
  | "RESTARTING"
  | (string & {});

export interface ServerInfo {
  readonly version: string;
  readonly commit: string;
  readonly kafka_cluster_id: string;
}

export interface WorkerHealth {
  /** `healthy`, `starting`, `unhealthy`. */
  readonly status: string;
  readonly message: string;
}

export interface PartStatus {
  readonly state: State;
  /** Host and port of the worker that runs it, or ran it last. */
  readonly worker_id: string;
  /** Of what made it fail. */
  readonly trace?: string;
  readonly version?: string;
}

export interface TaskStatus extends PartStatus {
  readonly id: number;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: PartStatus;
  readonly tasks: readonly TaskStatus[];
  readonly type: string;
}

export interface ConnectorInfo {
  readonly name: string;
  readonly config: Config;
  readonly tasks: readonly { readonly connector: string; readonly task: number }[];
  readonly type: string;
}

export interface Expanded {
  readonly status?: ConnectorStatus;
  readonly info?: ConnectorInfo;
}

export interface Offset {
  readonly partition: unknown;
  readonly offset: unknown;
}

export interface Plugin {
  readonly class: string;
  readonly type: string;
  readonly version?: string;
}

export interface KeyDefinition {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: string;
  readonly documentation: string;
}

export interface ConfigInfo {
  /** Null for a key that the plugin does not define. */
  readonly definition: KeyDefinition | null;
  readonly value: { readonly name: string; readonly errors: readonly string[] };
}

export interface Validation {
  readonly name: string;
  readonly error_count: number;
  readonly configs: readonly ConfigInfo[];
}

export interface LoggerLevel {
  readonly level: string | null;
  /** Milliseconds since 1970. */
  readonly last_modified?: number | null;
}

/** What Millrace's worker concludes of a connector. */
export interface ConnectorHealth {
  readonly name: string;
  /** `healthy`, `degraded`, `failed`, `stale`, `paused`, `stopped`. */
  readonly health: string;
  /** For people; null where all is well, or as somebody wanted it. */
  readonly reason: string | null;
  /** ISO 8601; null where it is not known. */
  readonly since: string | null;
}

/** What one of Millrace's workers has logged of a connector. */
export interface LogLine {
  /** Which the worker's stream goes on from; absent in the stream itself. */
  readonly id?: string;
  /** ISO 8601. */
  readonly time: string;
  /** `trace` to `error`. */
  readonly level: string;
  /** Absent: of the connector itself. */
  readonly task?: number;
  readonly logger: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Something that has happened to a connector, as Millrace's worker tells of it. */
export type ConnectorEvent = Readonly<Record<string, unknown>>;

/** What a connector is created with, and as. */
export interface Creation {
  readonly name: string;
  readonly config: Config;
  /** Only workers since Kafka 3.7 take it. */
  readonly initial_state?: string;
}
