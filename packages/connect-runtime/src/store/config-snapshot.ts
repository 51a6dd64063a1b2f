import type { Props } from "@millrace/connect-api";
import type { WorkSnapshot } from "./work.ts";
import type { TargetState } from "../threads/units.ts";

/** The config topic as far as it was read; does not change any more (Java: `ClusterConfigState`). */
export interface ConfigSnapshot extends WorkSnapshot {
  /** As it was submitted: variables are not resolved. */
  connectorConfig(connector: string): Props | undefined;
  /** STARTED where nothing else was asked for. */
  targetState(connector: string): TargetState;
  /** In the order of the tasks' numbers; none while they are not complete. */
  taskConfigs(connector: string): readonly Props[];
  /** A commit came without all of its task configurations: its tasks are unknown until the next one. */
  isInconsistent(connector: string): boolean;
  /** The connector's configuration when its task configurations were committed last. */
  appliedConnectorConfig(connector: string): Props | undefined;
  /** How often task configurations of this name were committed (Java: task config generation). */
  taskConfigGeneration(connector: string): number;
  /** `tasks-fencing-<connector>`; undefined: no such record. */
  taskCountRecord(connector: string): number | undefined;
  /** Task configurations were committed since the last `tasks-fencing-<connector>`. */
  pendingFencing(connector: string): boolean;
  readonly sessionKey: SessionKey | undefined;
}

/** What workers sign their requests to each other with (KIP-507). */
export interface SessionKey {
  readonly key: Buffer;
  /** In Java's names, as `HmacSHA256`. */
  readonly algorithm: string;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
}
